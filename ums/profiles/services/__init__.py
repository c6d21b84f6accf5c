"""All writes to catalogues, profiles, revisions and assignments."""

from ums.profiles.services.assignments import profiles_assign, profiles_unassign
from ums.profiles.services.catalogues import builtin_catalogues_store, catalogue_store
from ums.profiles.services.files import profile_files_assign, profile_files_unassign
from ums.profiles.services.profiles import (
    profile_create,
    profile_delete,
    profile_move,
    profile_roll_back,
    profile_save,
    profile_update,
)

__all__ = [
    "builtin_catalogues_store",
    "catalogue_store",
    "profile_create",
    "profile_delete",
    "profile_move",
    "profile_roll_back",
    "profile_save",
    "profile_update",
    "profiles_assign",
    "profiles_unassign",
]
    "profile_files_assign",
    "profile_files_unassign",
