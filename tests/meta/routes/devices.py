"""Pages and dialogs about devices, directories and commands."""

from tests.meta.routes.shape import SEEING, SIGNED_IN, WRITING, Budget, Route

DONE = "204 204 403 404 login"
"""A dialog that was sent: nothing to show but a toast."""
ELSEWHERE = "200 404 404 404 login"

DEVICE = {"pk": "device"}
DIRECTORY = {"pk": "directory"}
PROFILE_DIRECTORY = {"pk": "own_profile_directory"}
BATCH = {"pk": "batch"}
ONE = {"ids": "device", "expect": "=1"}
PROPERTIES = {"name": "=New name", "initial-name": "device.name"}

ROUTES = [
    Route("devices:device_list", SIGNED_IN),
    Route("devices:device_list", SEEING, query={"directory": "own_directory"}),
    Route("devices:device_list", ELSEWHERE, query={"directory": "other_directory"}),
    Route("devices:device_list", "422 422 422 422 login", query={"f": "=nonsense:1"}),
    Route("devices:device_rows", SIGNED_IN, query={"ids": "device"}),
    Route("devices:device_added", SIGNED_IN),
    Route("devices:device_export", SIGNED_IN),
    Route("devices:device_detail", SEEING, at=DEVICE),
    Route("devices:device_detail", ELSEWHERE, at={"pk": "elsewhere"}),
    Route("devices:device_edit", WRITING, "POST", at=DEVICE, data=PROPERTIES),
    Route("devices:device_system", SEEING, at=DEVICE),
    Route("devices:device_history", SEEING, at=DEVICE),
    Route("devices:device_deliveries", SEEING, at=DEVICE),
    Route("devices:device_deliveries", ELSEWHERE, at={"pk": "elsewhere"}),
    Route("devices:device_status", SEEING, at=DEVICE),
    Route("devices:device_menu", SEEING, at=DEVICE),
    Route("devices:device_reenrol", WRITING, at=DEVICE),
    Route("devices:device_reenrol", DONE, "POST", at=DEVICE),
    Route("devices:devices_move", WRITING, query={"ids": "device"}),
    Route("devices:devices_move", DONE, "POST", data={**ONE, "directory": "directory"}),
    Route("devices:devices_move_back", "400 400 400 400 login", "POST", query={"request": "=nothing"}),
    Route("devices:devices_assign", "302 302 403 403 login", query={"ids": "device"}),
    Route("devices:device_delete", WRITING, query={"ids": "device"}),
    Route("devices:device_delete", DONE, "POST", data=ONE),
    Route("devices:directory_picker", SIGNED_IN, query={"picker_kind": "=device", "find": "=own"}),
    Route("devices:directory_create", WRITING, at=DIRECTORY),
    Route("devices:directory_create", DONE, "POST", at=DIRECTORY, data={"name": "=New"}),
    Route("devices:directory_create", DONE, "POST", at=PROFILE_DIRECTORY, data={"name": "=New"}),
    Route("devices:directory_rename", WRITING, at=DIRECTORY),
    Route("devices:directory_rename", DONE, "POST", at=DIRECTORY, data={"name": "=New"}),
    Route("devices:directory_move", WRITING, at=DIRECTORY),
    Route("devices:directory_move", DONE, "POST", at=DIRECTORY, data={"parent": "own_directory"}),
    Route("devices:directory_delete", WRITING, at=DIRECTORY),
    Route("devices:directory_delete", DONE, "POST", at=DIRECTORY),
    Route("devices:directory_menu", SEEING, at=DIRECTORY),
    Route("devices:directory_menu", ELSEWHERE, at={"pk": "other_directory"}),
    Route("jobs:batch_list", SIGNED_IN),
    Route("jobs:batch_detail", SEEING, at=BATCH),
    Route("jobs:batch_cancel", DONE, "POST", at=BATCH),
    Route("jobs:command_dialog", WRITING, query={"ids": "device", "kind": "=reboot"}),
    Route("jobs:command_dialog", DONE, "POST", data={**ONE, "kind": "=reboot"}),
    Route("jobs:message_preview", SIGNED_IN, "POST", data={"text": "=Hello"}),
    Route("jobs:messages", SIGNED_IN),
]

BUDGETS = [
    Budget("devices:device_list", 20),
    Budget("devices:device_list", 26, query={"directory": "own_directory"}),
    Budget("devices:device_rows", 4, query={"ids": "device"}),
    Budget("devices:device_history", 26, at=DEVICE),
    Budget("devices:device_deliveries", 24, at=DEVICE),
    Budget("devices:directory_picker", 6, query={"picker_kind": "=device"}),
    Budget("jobs:batch_list", 20),
    Budget("jobs:batch_detail", 22, at=BATCH),
    Budget("jobs:messages", 6),
]
