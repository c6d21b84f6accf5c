"""Parameter catalogues, profiles with their revisions, template keys, and what all this is assigned to."""

from ums.profiles.models.assignments import Assignment
from ums.profiles.models.catalogues import Catalogue
from ums.profiles.models.files import ProfileFile
from ums.profiles.models.profiles import Profile, ProfileKind, Revision, UseCase
from ums.profiles.models.templates import KeyType, TemplateAssignment, TemplateKey, TemplateValue, ValueGroup

__all__ = [
    "Assignment",
    "Catalogue",
    "KeyType",
    "Profile",
    "ProfileFile",
    "ProfileKind",
    "Revision",
    "TemplateAssignment",
    "TemplateKey",
    "TemplateValue",
    "UseCase",
    "ValueGroup",
]
