"""Pages, dialogs and API of the users of linked directories. No directory answers here."""

from tests.meta.routes.shape import API_ROOT_ONLY, ROOT_ONLY, Budget, Route

TOP = {"pk": "linked_directory", "at": "=root"}
IDS = {"ids": "user_assignment"}
ORPHAN = {"ids": "orphan"}
DONE = "204 403 403 403 login"
REFUSED = "422 403 403 403 login"
BROWSE = {"directory": "linked_directory"}
GUID = "=00000000-0000-0000-0000-000000000001"

ROUTES = [
    Route("swp:users", ROOT_ONLY),
    Route("swp:object", ROOT_ONLY, at=TOP),
    Route("swp:object", "404 403 403 403 login", at={"pk": "linked_directory", "at": "=nonsense"}),
    Route("swp:contents", ROOT_ONLY, at=TOP),
    Route("swp:contents_more", ROOT_ONLY, at=TOP),
    Route("swp:assigned", ROOT_ONLY, at=TOP),
    Route("swp:object_menu", ROOT_ONLY, at=TOP, query={"kind": "=domain"}),
    Route("swp:sign_in", ROOT_ONLY, at={"pk": "linked_directory"}),
    Route("swp:sign_in", REFUSED, "POST", at={"pk": "linked_directory"}, data={"user": "=anna"}),
    Route("swp:sign_out", DONE, "POST", at={"pk": "linked_directory"}),
    Route("swp:assign", ROOT_ONLY, query={"ids": "profile"}),
    Route("swp:assign", REFUSED, "POST", data={"profile": "profile"}),
    Route("swp:assign_candidates", ROOT_ONLY, query={"profile": "profile", "q": "=anna"}),
    Route("swp:assign_reach", ROOT_ONLY, query={"profile": "profile"}),
    Route("swp:users_of_profile", ROOT_ONLY, at={"pk": "profile"}),
    Route("swp:assignment_remove", ROOT_ONLY, query=IDS),
    Route("swp:assignment_remove", ROOT_ONLY, "POST", query={"preview": "=1"}, data=IDS),
    Route("swp:assignment_remove", DONE, "POST", data=IDS),
    Route("swp:assignments_restore", "404 403 403 403 login", "POST", data={"pairs": "=nonsense"}),
    Route("swp:orphans", ROOT_ONLY),
    Route("swp:orphans_check", DONE, "POST"),
    Route("swp:orphans_clean", ROOT_ONLY, query=ORPHAN),
    Route("swp:orphans_clean", ROOT_ONLY, "POST", query={"preview": "=1"}, data=ORPHAN),
    Route("swp:orphans_clean", DONE, "POST", data=ORPHAN),
    Route("console:users_children", ROOT_ONLY, at=TOP),
    # API
    Route("api:directory-object-list", API_ROOT_ONLY),
    Route("api:directory-object-detail", API_ROOT_ONLY, at={"pk": "orphan"}),
    Route("api:directory-object-browse", "409 403 403 403 401", query=BROWSE),
    Route("api:directory-object-check", API_ROOT_ONLY, "POST"),
    Route("api:directory-object-clean", API_ROOT_ONLY, "POST", json={"objects": ["orphan"]}),
    Route("api:user-assignment-list", API_ROOT_ONLY),
    Route("api:user-assignment-detail", API_ROOT_ONLY, at={"pk": "user_assignment"}),
    Route("api:user-assignment-detail", "204 403 403 403 401", "DELETE", at={"pk": "user_assignment"}),
    Route(
        "api:user-assignment-list",
        "409 403 403 403 401",
        "POST",
        json={"profiles": ["profile"], "directory": "linked_directory", "objects": [GUID]},
    ),
]

BUDGETS = [
    Budget("swp:users", 18),
    Budget("swp:users_of_profile", 14, at={"pk": "profile"}),
    Budget("swp:orphans", 18),
    Budget("api:directory-object-list", 8),
    Budget("api:user-assignment-list", 8),
]
