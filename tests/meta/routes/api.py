"""Routes of /api/v1/. What an administrator may not see does not exist; what it may see but not change is refused."""

from tests.meta.routes.shape import API_ROOT_ONLY, API_SEEING, API_SIGNED_IN, API_WRITING, Budget, Route

MADE = "201 201 403 404 401"
GONE = "204 204 403 404 401"
ROOT_MADE = "201 403 403 403 401"
ROOT_GONE = "204 403 403 403 401"
ELSEWHERE = "200 404 404 404 401"
"""A thing in a directory that only root may see."""

DEVICE = {"pk": "device"}
DIRECTORY = {"pk": "directory"}
PROFILE = {"pk": "profile"}
REVISION = {"profile_id": "profile", "number": "revision.number"}
KEY = {"pk": "enrolment_key"}
PRIORITY = {"name": "=priority_profiles"}
EMPTY: dict[str, object] = {"values": {}, "instances": {}}

ROUTES = [
    Route("api:api-root", API_SIGNED_IN),
    Route("api:schema", API_SIGNED_IN),
    Route("api:docs", "200 200 200 200 login"),
    Route(
        "api:bulk",
        "207 207 207 207 401",
        "POST",
        json={"operations": [{"method": "=DELETE", "path": "=devices/1/"}]},
    ),
    Route("api:unknown", "404 404 404 404 401", path="/api/v1/nothing/"),
    # devices
    Route("api:device-list", API_SIGNED_IN),
    Route("api:device-detail", API_SEEING, at=DEVICE),
    Route("api:device-detail", ELSEWHERE, at={"pk": "elsewhere"}),
    Route("api:device-detail", API_WRITING, "PATCH", at=DEVICE, json={"name": "=New name"}),
    Route("api:device-detail", GONE, "DELETE", at=DEVICE),
    Route("api:device-move", "200 200 403 404 401", "POST", json={"devices": ["device"], "directory": "directory"}),
    Route("api:device-allow-reenrolment", API_WRITING, "POST", at=DEVICE),
    Route("api:delivery-list", API_SEEING, at={"device_id": "device"}),
    Route("api:delivery-list", ELSEWHERE, at={"device_id": "elsewhere"}),
    Route("api:effective-settings", API_SEEING, at={"device_id": "device"}),
    Route("api:profile-effect", API_SEEING, at={"profile_id": "profile"}),
    Route("api:profile-for-users", API_SEEING, at={"profile_id": "profile"}),
    Route("api:device-view-list", API_SIGNED_IN),
    Route("api:device-view-list", "201 201 201 201 401", "POST", json={"name": "=New", "filter": "=site:Bremen"}),
    Route("api:device-view-detail", "200 200 200 200 401", at={"pk": "saved_view"}),
    Route("api:device-view-detail", "204 204 403 403 401", "DELETE", at={"pk": "saved_view"}),
    # directories
    Route("api:directory-list", API_SIGNED_IN),
    Route("api:directory-list", "201 201 403 404 401", "POST", json={"parent": "directory", "name": "=New"}),
    Route("api:directory-detail", API_SEEING, at=DIRECTORY),
    Route("api:directory-detail", ELSEWHERE, at={"pk": "other_directory"}),
    Route("api:directory-detail", API_WRITING, "PATCH", at=DIRECTORY, json={"name": "=New"}),
    Route("api:directory-detail", GONE, "DELETE", at=DIRECTORY),
    Route("api:directory-move", "200 200 403 404 401", "POST", at=DIRECTORY, json={"parent": "own_directory"}),
    # profiles
    Route("api:profile-list", API_SIGNED_IN),
    Route(
        "api:profile-list",
        "201 201 403 404 401",
        "POST",
        json={"name": "=New", "directory": "own_profile_directory", "based_on": "catalogue"},
    ),
    Route("api:profile-detail", API_SEEING, at=PROFILE),
    Route("api:profile-detail", API_WRITING, "PATCH", at=PROFILE, json={"name": "=New"}),
    Route("api:profile-detail", GONE, "DELETE", at=PROFILE),
    Route("api:profile-restore", "409 409 403 404 401", "POST", at=PROFILE),
    Route("api:profile-list", API_SIGNED_IN, query={"deleted": "=true"}),
    Route("api:profile-detail", GONE, "DELETE", at=PROFILE, query={"permanent": "=true"}),
    Route("api:profile-move", "200 200 403 404 401", "POST", at=PROFILE, json={"directory": "own_profile_directory"}),
    Route("api:profile-copy", MADE, "POST", at=PROFILE, json={"name": "=Copy"}),
    Route("api:profile-export", API_SEEING, query={"profiles": "profile"}),
    Route("api:profile-export", API_WRITING, "POST", json={"profiles": ["profile"], "secrets": True}),
    Route("api:profile-plan", "415 415 415 415 401", "POST"),
    Route("api:profile-import", "415 415 415 415 401", "POST"),
    Route("api:profile-settings", API_SEEING, at=PROFILE),
    Route("api:profile-settings", API_WRITING, "PUT", at=PROFILE, json={"base": 1, "settings": EMPTY}),
    # revisions
    Route(
        "api:profile-rebase",
        MADE,
        "POST",
        at={"pk": "profile"},
        json={"catalogue": "catalogue", "base": "revision.number"},
    ),
    Route("api:revision-list", API_SEEING, at={"profile_id": "profile"}),
    Route("api:revision-detail", API_SEEING, at=REVISION),
    Route("api:revision-roll-back", MADE, "POST", at=REVISION),
    # assignments and catalogues
    Route("api:assignment-list", API_SIGNED_IN),
    Route(
        "api:assignment-list",
        "201 201 403 404 401",
        "POST",
        json={"profiles": ["profile"], "directories": ["directory"]},
    ),
    Route("api:assignment-detail", API_SEEING, at={"pk": "assignment"}),
    Route("api:assignment-detail", GONE, "DELETE", at={"pk": "assignment"}),
    Route("api:catalogue-list", API_SIGNED_IN),
    Route("api:catalogue-list", "400 403 403 403 401", "POST", json={"definition": {}}),
    Route("api:catalogue-detail", API_SEEING, at={"pk": "catalogue"}),
    Route("api:catalogue-detail", "409 403 403 404 401", "DELETE", at={"pk": "catalogue"}),
    # commands
    Route("api:command-list", API_SIGNED_IN),
    Route("api:command-list", "201 201 403 404 401", "POST", json={"kind": "=reboot", "devices": ["device"]}),
    Route("api:command-detail", API_SEEING, at={"pk": "command"}),
    Route("api:batch-list", API_SIGNED_IN),
    Route("api:batch-detail", "404 200 404 404 401", at={"pk": "batch"}),
    Route("api:batch-cancel", "404 200 404 404 401", "POST", at={"pk": "batch"}),
    # the whole network
    Route("api:enrolment-key-list", API_ROOT_ONLY),
    Route("api:enrolment-key-list", ROOT_MADE, "POST", json={"kind": "=one_time", "name": "=New"}),
    Route("api:enrolment-key-detail", API_ROOT_ONLY, at=KEY),
    Route("api:enrolment-key-detail", API_ROOT_ONLY, "PATCH", at=KEY, json={"name": "=New"}),
    Route("api:enrolment-key-detail", ROOT_GONE, "DELETE", at=KEY),
    Route("api:enrolment-key-enable", API_ROOT_ONLY, "POST", at=KEY),
    Route("api:enrolment-key-disable", API_ROOT_ONLY, "POST", at=KEY),
    Route("api:enrolment-key-reveal", API_ROOT_ONLY, "POST", at=KEY),
    Route("api:event-list", API_ROOT_ONLY),
    Route("api:event-detail", API_ROOT_ONLY, at={"pk": "event"}),
    Route("api:network", API_ROOT_ONLY),
    Route("api:network", API_ROOT_ONLY, "PATCH", json={"cluster_host": "=ums.example.org"}),
    Route("api:process-list", API_ROOT_ONLY),
    Route("api:process-detail", API_ROOT_ONLY, at={"pk": "process"}),
    Route("api:process-detail", "409 403 403 403 401", "DELETE", at={"pk": "process"}),
    Route("api:process-detail", "204 403 403 403 401", "DELETE", at={"pk": "lost_process"}),
    Route("api:process-start", API_ROOT_ONLY, "POST", at={"pk": "watched_process"}),
    Route("api:process-ping", "409 403 403 403 401", "POST", at={"pk": "process"}),
    Route("api:process-stop", API_ROOT_ONLY, "POST", at={"pk": "watched_process"}, json={"confirmed": True}),
    Route("api:network-event-list", API_ROOT_ONLY),
    Route("api:feature-list", API_ROOT_ONLY),
    Route("api:feature-detail", API_ROOT_ONLY, at=PRIORITY),
    Route("api:feature-detail", API_ROOT_ONLY, "PATCH", at=PRIORITY, json={"enabled": False, "confirmed": True}),
]

BUDGETS = [
    Budget("api:device-list", 6),
    Budget("api:device-view-list", 6),
    Budget("api:delivery-list", 7, at={"device_id": "device"}),
    Budget("api:directory-list", 6),
    Budget("api:profile-list", 6),
    Budget("api:revision-list", 7, at={"profile_id": "profile"}),
    Budget("api:assignment-list", 6),
    Budget("api:catalogue-list", 6),
    Budget("api:command-list", 6),
    Budget("api:batch-list", 6),
    Budget("api:enrolment-key-list", 6),
    Budget("api:event-list", 6),
]
