"""Writing what Shared Workplace knows."""

from swp.services.administrators import (
    administrator_actions_set,
    administrator_came,
    administrator_remove,
    administrators_forget,
    administrators_import,
)
from swp.services.assignments import (
    user_assignments_add,
    user_assignments_add_seen,
    user_assignments_remove,
    user_assignments_restore,
)
from swp.services.directories import directory_change, directory_link, directory_unlink
from swp.services.objects import objects_seen
from swp.services.orphans import objects_checked, orphans_clean
from swp.services.refreshes import sessions_claim, sessions_refreshed, sessions_unclaim
from swp.services.retention import logins_prune
from swp.services.sessions import session_end, sessions_end
from swp.services.settings import workplace_settings_set
from swp.services.switches import service_switch

__all__ = [
    "administrator_actions_set",
    "administrator_came",
    "administrator_remove",
    "administrators_forget",
    "administrators_import",
    "directory_change",
    "directory_link",
    "directory_unlink",
    "logins_prune",
    "objects_checked",
    "objects_seen",
    "orphans_clean",
    "service_switch",
    "session_end",
    "sessions_claim",
    "sessions_end",
    "sessions_refreshed",
    "sessions_unclaim",
    "user_assignments_add",
    "user_assignments_add_seen",
    "user_assignments_remove",
    "user_assignments_restore",
    "workplace_settings_set",
]
