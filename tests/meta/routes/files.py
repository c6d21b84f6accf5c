"""Pages, dialogs and API of files."""

from tests.meta.routes.shape import (
    API_ROOT_ONLY,
    API_SEEING,
    API_SIGNED_IN,
    API_WRITING,
    ROOT_ONLY,
    SEEING,
    SIGNED_IN,
    WRITING,
    Budget,
    Route,
)

DONE = "204 204 403 404 login"
ELSEWHERE = "200 404 404 404 login"
REFUSED = "422 422 403 403 login"
"""A form without what it needs."""

FILE = {"pk": "file"}
IDS = {"ids": "file"}
COPY = {"pk": "failed_copy"}
HERE = {"directory": "own_file_directory"}
NEW = {"name": "=New", "description": "=", "classification": "=undefined", "device_path": "=/a", "mode": "=600"}

ROUTES = [
    Route("files:file_list", SIGNED_IN),
    Route("files:file_list", SEEING, query=HERE),
    Route("files:file_list", SIGNED_IN, query={"f": "=nonsense:1"}),
    Route("files:file_create", "200 200 403 403 login"),
    Route("files:file_create", REFUSED, "POST", data={"name": "=New"}),
    Route("files:file_detail", SEEING, at=FILE),
    Route("files:file_content", SEEING, at=FILE),
    Route("files:file_menu", SEEING, at=FILE),
    Route("files:transfer_list", ROOT_ONLY),
    Route("api:transfer-entry-list", API_ROOT_ONLY),
    Route("files:copies_of_node", ROOT_ONLY, at={"pk": "failed_copy.node_id"}),
    Route("files:copy_retry", "204 403 403 403 login", "POST", at=COPY),
    Route("api:content-copy-list", API_ROOT_ONLY),
    Route("api:content-copy-detail", API_ROOT_ONLY, at=COPY),
    Route("api:content-copy-retry", API_ROOT_ONLY, "POST", at=COPY),
    Route("files:file_replace", WRITING, at=FILE),
    Route("files:file_properties", WRITING, at=FILE),
    Route("files:file_properties", DONE, "POST", at=FILE, data={**NEW, "owner": "=root"}),
    Route("files:file_delete", WRITING, at=FILE),
    Route("files:file_delete", DONE, "POST", at=FILE, data={"confirm": "file.name"}),
    Route("files:files_delete", WRITING, query=IDS),
    Route("files:files_delete", DONE, "POST", data={**IDS, "confirm": "file.name"}),
    Route("files:files_move", WRITING, query=IDS),
    Route("files:files_move", DONE, "POST", data={**IDS, **HERE}),
    Route("files:assign", WRITING, query=IDS),
    Route("files:assign", WRITING, query={"target": "=device", "target_id": "device"}),
    Route("files:assign", ELSEWHERE, query={"target": "=device", "target_id": "elsewhere"}),
    Route("files:assign", DONE, "POST", data={"file": "file", "directory": "directory"}),
    Route("files:assign_candidates", SEEING, query=IDS),
    Route("files:assign_reach", SEEING, query={**IDS, "device": "device"}),
    Route("files:assign", WRITING, "POST", query={"preview": "=1"}, data={"file": "file", "directory": "directory"}),
    Route("files:file_delete", WRITING, "POST", at=FILE, query={"preview": "=1"}),
    Route("files:assignment_remove", WRITING, query={"ids": "file_assignment"}),
    Route("files:assignment_remove", DONE, "POST", data={"ids": "file_assignment"}),
    Route("files:assignments_restore", "404 404 404 404 login", "POST", data={"pairs": "=nothing"}),
    Route("files:assigned_for_directory", SEEING, at={"pk": "directory"}),
    Route("files:assigned_for_device", SEEING, at={"pk": "device"}),
    Route("files:assigned_for_device", ELSEWHERE, at={"pk": "elsewhere"}),
    Route("profiles:profile_files", SEEING, at={"pk": "profile"}),
    Route("profiles:profile_files_add", WRITING, at={"pk": "profile"}),
    Route("profiles:profile_files_add", DONE, "POST", at={"pk": "profile"}, data={"file": "file"}),
    Route("profiles:profile_files_remove", DONE, "POST", data={"ids": "profile_file"}),
    Route("profiles:profiles_of_file", SEEING, at=FILE),
    # API
    Route("api:file-list", API_SIGNED_IN),
    Route("api:file-list", "400 400 400 400 401", "POST"),
    Route("api:file-detail", API_SEEING, at=FILE),
    Route("api:file-detail", API_WRITING, "PATCH", at=FILE, json={"name": "=New"}),
    Route("api:file-detail", "409 409 403 404 401", "DELETE", at=FILE),
    Route("api:file-move", API_WRITING, "POST", at=FILE, json=HERE),
    Route("api:file-content", API_SEEING, at=FILE),
    Route("api:file-content", "400 400 400 404 401", "PUT", at=FILE),
    Route("api:file-assignment-list", API_SIGNED_IN),
    Route(
        "api:file-assignment-list",
        "201 201 403 404 401",
        "POST",
        json={"files": ["file"], "directories": ["directory"]},
    ),
    Route("api:file-assignment-detail", API_SEEING, at={"pk": "file_assignment"}),
    Route("api:file-assignment-detail", "204 204 403 404 401", "DELETE", at={"pk": "file_assignment"}),
    Route("api:profile-file-list", API_SIGNED_IN),
    Route("api:profile-file-list", "201 201 403 404 401", "POST", json={"profiles": ["profile"], "files": ["file"]}),
    Route("api:profile-file-detail", API_SEEING, at={"pk": "profile_file"}),
    Route("api:profile-file-detail", "204 204 403 404 401", "DELETE", at={"pk": "profile_file"}),
    # devices
    Route("device_connector:device_file", "401 401 401 401 401", at={"sha256": "=" + 64 * "0"}),
]

BUDGETS = [
    Budget("files:file_list", 24),
    Budget("files:file_detail", 32, at=FILE),
    Budget("files:assign", 14, query=IDS),
    Budget("files:assigned_for_device", 10, at={"pk": "device"}),
    Budget("profiles:profile_files", 26, at={"pk": "profile"}),
    Budget("files:transfer_list", 26),
    Budget("api:transfer-entry-list", 8),
    Budget("files:copies_of_node", 8, at={"pk": "failed_copy.node_id"}),
    Budget("api:content-copy-list", 6),
    Budget("api:file-list", 8),
    Budget("api:file-assignment-list", 10),
    Budget("api:profile-file-list", 6),
]
"""Those of whole pages hold the tree and the counters of the frame."""
