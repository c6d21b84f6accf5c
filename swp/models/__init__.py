"""Rows of Shared Workplace."""

from swp.models.administrators import DirectoryAdministrator
from swp.models.assignments import UserAssignment
from swp.models.directories import DirectoryCertificate, DirectoryObject, LinkedDirectory, SharedWorkplaceSettings
from swp.models.logins import Login, Session, SessionPrincipal
from swp.models.services import ServiceOff

__all__ = [
    "DirectoryAdministrator",
    "DirectoryCertificate",
    "DirectoryObject",
    "LinkedDirectory",
    "Login",
    "ServiceOff",
    "Session",
    "SessionPrincipal",
    "SharedWorkplaceSettings",
    "UserAssignment",
]
