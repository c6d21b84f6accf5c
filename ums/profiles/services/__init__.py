"""All writes to catalogues, profiles, revisions, template keys and assignments."""

from ums.profiles.services.apply import profiles_apply, profiles_difference, profiles_tree
from ums.profiles.services.assignments import profiles_assign, profiles_unassign
from ums.profiles.services.catalogue_files import catalogue_files_import
from ums.profiles.services.catalogues import (
    builtin_catalogues_store,
    catalogue_delete,
    catalogue_import,
    catalogue_store,
)
from ums.profiles.services.copies import profile_copy
from ums.profiles.services.files import profile_files_assign, profile_files_unassign
from ums.profiles.services.profiles import (
    profile_create,
    profile_move,
    profile_roll_back,
    profile_save,
    profile_update,
)
from ums.profiles.services.rebase import profile_rebase
from ums.profiles.services.recycle import (
    profile_delete,
    profile_delete_for_good,
    profile_restore,
    recycle_bin_empty,
)
from ums.profiles.services.template_assignments import templates_assign, templates_unassign
from ums.profiles.services.templates import (
    group_create,
    group_delete,
    group_update,
    key_create,
    key_delete,
    key_update,
    value_create,
    value_delete,
    value_update,
)
from ums.profiles.services.transfer import import_plan, profiles_export, profiles_import, profiles_import_undo

__all__ = [
    "builtin_catalogues_store",
    "catalogue_delete",
    "catalogue_files_import",
    "catalogue_import",
    "catalogue_store",
    "group_create",
    "group_delete",
    "group_update",
    "import_plan",
    "key_create",
    "key_delete",
    "key_update",
    "profile_copy",
    "profile_create",
    "profile_delete",
    "profile_delete_for_good",
    "profile_files_assign",
    "profile_files_unassign",
    "profile_move",
    "profile_rebase",
    "profile_restore",
    "profile_roll_back",
    "profile_save",
    "profile_update",
    "profiles_apply",
    "profiles_assign",
    "profiles_difference",
    "profiles_export",
    "profiles_import",
    "profiles_import_undo",
    "profiles_tree",
    "profiles_unassign",
    "recycle_bin_empty",
    "templates_assign",
    "templates_unassign",
    "value_create",
    "value_delete",
    "value_update",
]
