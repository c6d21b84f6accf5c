"""Pages about files: list, one file, dialogs, assignments."""

from ums.files.views.assigning import assign, assign_candidates, assign_reach
from ums.files.views.assignments import (
    assigned_for_device,
    assigned_for_directory,
    assignment_remove,
    assignments_restore,
)
from ums.files.views.changes import file_create, file_delete, file_properties, file_replace, files_delete, files_move
from ums.files.views.contents import content_for_server
from ums.files.views.copies import copies_of_node, copy_retry
from ums.files.views.lists import file_content, file_detail, file_list, file_menu
from ums.files.views.transfer import transfer_list

__all__ = [
    "assign",
    "assign_candidates",
    "assign_reach",
    "assigned_for_device",
    "assigned_for_directory",
    "assignment_remove",
    "assignments_restore",
    "content_for_server",
    "copies_of_node",
    "copy_retry",
    "file_content",
    "file_create",
    "file_delete",
    "file_detail",
    "file_list",
    "file_menu",
    "file_properties",
    "file_replace",
    "files_delete",
    "files_move",
    "transfer_list",
]
