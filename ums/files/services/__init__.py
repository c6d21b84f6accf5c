"""All writes to files, their contents and assignments."""

from ums.files.services.assignments import files_assign, files_unassign
from ums.files.services.copies import copies_completed, copies_in_state, copy_retry
from ums.files.services.files import file_create, file_move, file_replace, file_update, files_delete

__all__ = [
    "copies_completed",
    "copies_in_state",
    "copy_retry",
    "file_create",
    "file_move",
    "file_replace",
    "file_update",
    "files_assign",
    "files_delete",
    "files_unassign",
]
