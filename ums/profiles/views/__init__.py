"""Pages about profiles: lists, the editor, revisions, assignments."""

from ums.profiles.views.assigning import assign, assign_candidates, assign_reach
from ums.profiles.views.assignments import (
    assigned_for_device,
    assigned_for_directory,
    assignment_remove,
    assignments_restore,
    profile_assignments,
)
from ums.profiles.views.catalogues import (
    catalogue_delete,
    catalogue_detail,
    catalogue_import,
    catalogue_list,
    catalogue_menu,
)
from ums.profiles.views.changes import (
    profile_create,
    profile_delete,
    profile_properties,
    profiles_delete,
    profiles_move,
)
from ums.profiles.views.compare import compare, profile_compare
from ums.profiles.views.editor import catalogue_data, profile_detail, profile_save
from ums.profiles.views.files import profile_files, profile_files_add, profile_files_remove, profiles_of_file
from ums.profiles.views.lists import profile_list, profile_menu
from ums.profiles.views.making import profile_copy, start_candidates
from ums.profiles.views.rebase import profile_rebase
from ums.profiles.views.recycle import profiles_bin, profiles_purge, profiles_restore, recycle_bin
from ums.profiles.views.revisions import profile_revisions, revision_detail, revision_roll_back
from ums.profiles.views.template_assigning import (
    template_assign,
    template_assign_candidates,
    template_assign_reach,
    template_assignment_remove,
    template_assignments_restore,
)
from ums.profiles.views.template_changes import (
    template_key_create,
    template_key_delete,
    template_key_edit,
    template_value_create,
    template_value_delete,
    template_value_edit,
    value_group_create,
    value_group_delete,
    value_group_edit,
)
from ums.profiles.views.template_pane import values_for_device, values_for_directory
from ums.profiles.views.templates import (
    template_key_detail,
    template_key_list,
    value_group_detail,
    value_group_list,
)
from ums.profiles.views.transfer import import_plan, import_undo, profiles_export, profiles_import

__all__ = [
    "assign",
    "assign_candidates",
    "assign_reach",
    "assigned_for_device",
    "assigned_for_directory",
    "assignment_remove",
    "assignments_restore",
    "catalogue_data",
    "catalogue_delete",
    "catalogue_detail",
    "catalogue_import",
    "catalogue_list",
    "catalogue_menu",
    "compare",
    "import_plan",
    "import_undo",
    "profile_assignments",
    "profile_compare",
    "profile_copy",
    "profile_create",
    "profile_delete",
    "profile_detail",
    "profile_files",
    "profile_files_add",
    "profile_files_remove",
    "profile_list",
    "profile_menu",
    "profile_properties",
    "profile_rebase",
    "profile_revisions",
    "profile_save",
    "profiles_bin",
    "profiles_delete",
    "profiles_export",
    "profiles_import",
    "profiles_move",
    "profiles_of_file",
    "profiles_purge",
    "profiles_restore",
    "recycle_bin",
    "revision_detail",
    "revision_roll_back",
    "start_candidates",
    "template_assign",
    "template_assign_candidates",
    "template_assign_reach",
    "template_assignment_remove",
    "template_assignments_restore",
    "template_key_create",
    "template_key_delete",
    "template_key_detail",
    "template_key_edit",
    "template_key_list",
    "template_value_create",
    "template_value_delete",
    "template_value_edit",
    "value_group_create",
    "value_group_delete",
    "value_group_detail",
    "value_group_edit",
    "value_group_list",
    "values_for_device",
    "values_for_directory",
]
