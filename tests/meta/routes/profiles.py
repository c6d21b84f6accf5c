"""Pages and dialogs about profiles, assignments and effective settings."""

from tests.meta.routes.shape import SEEING, SIGNED_IN, WRITING, Budget, Route

DONE = "204 204 403 404 login"
"""A dialog that was sent: nothing to show but a toast."""
ELSEWHERE = "200 404 404 404 login"

PROFILE = {"pk": "profile"}
REVISION = {"pk": "profile", "number": "revision.number"}
DEVICE = {"pk": "device"}
IDS = {"ids": "profile"}
NOTHING: dict[str, object] = {"values": {}, "instances": {}}
SAVE = {"base": "revision.number", "settings": NOTHING, "overwrite_sessions": True}
NEW = {"name": "=New", "directory": "own_profile_directory", "based_on": "catalogue"}

COPY = {"name": "=Copy", "directory": "own_profile_directory"}
GUID = "11111111-2222-3333-4444-555555555555"

ROUTES = [
    Route("profiles:profile_list", SIGNED_IN),
    Route("profiles:profile_list", SEEING, query={"directory": "own_profile_directory"}),
    Route("profiles:profile_list", SIGNED_IN, query={"kind": "=priority", "f": "=nonsense:1"}),
    Route("profiles:profile_create", "200 200 403 403 login"),
    Route("profiles:profile_create", DONE, "POST", query={"directory": "own_profile_directory"}, data=NEW),
    Route("profiles:profile_detail", SEEING, at=PROFILE),
    Route("profiles:catalogue_data", SEEING, at={"pk": "catalogue", "checksum": "catalogue.checksum"}),
    Route("profiles:profile_save", WRITING, "POST", at=PROFILE, json=SAVE),
    Route("profiles:profile_properties", WRITING, at=PROFILE),
    Route("profiles:profile_properties", DONE, "POST", at=PROFILE, data={"name": "=New"}),
    Route("profiles:profile_rebase", WRITING, at=PROFILE),
    Route("profiles:profile_rebase", "422 422 403 404 login", "POST", at=PROFILE),
    Route("profiles:profile_menu", SEEING, at=PROFILE),
    Route("profiles:profile_delete", WRITING, at=PROFILE),
    Route("profiles:profile_delete", DONE, "POST", at=PROFILE, data={"confirm": "profile.name"}),
    Route("profiles:profiles_delete", WRITING, query=IDS),
    Route("profiles:profiles_delete", DONE, "POST", data={**IDS, "confirm": "profile.name"}),
    Route("profiles:recycle_bin", SIGNED_IN),
    Route("profiles:recycle_bin", SIGNED_IN, query={"f": "=kind:standard", "q": "=own"}),
    Route("profiles:profiles_restore", WRITING, query={"ids": "deleted_profile"}),
    Route("profiles:profiles_restore", "204 204 403 404 login", "POST", data={"ids": "deleted_profile"}),
    Route("profiles:profiles_restore", "404 404 404 404 login", "POST", data=IDS),
    Route("profiles:profiles_bin", DONE, "POST", data=IDS),
    Route("profiles:profiles_purge", WRITING, query={"ids": "deleted_profile"}),
    Route("profiles:profiles_purge", DONE, "POST", data={"ids": "deleted_profile"}),
    Route("profiles:profiles_purge", "422 422 404 404 login", "POST", data={"everything": "=1", "confirm": "=x"}),
    Route("profiles:profiles_move", WRITING, query=IDS),
    Route("profiles:profiles_move", DONE, "POST", data={**IDS, "directory": "own_profile_directory"}),
    Route("profiles:profiles_export", SEEING, query=IDS),
    Route("profiles:profiles_export", SEEING, "POST", data={**IDS, "format": "=toml"}),
    Route("profiles:profiles_export", WRITING, "POST", data={**IDS, "format": "=ipm", "secrets": "=1"}),
    Route("profiles:profiles_import", "200 200 403 403 login"),
    Route("profiles:profiles_import", "422 422 403 403 login", "POST"),
    Route("profiles:import_plan", "422 422 422 422 login", "POST"),
    Route("profiles:import_undo", "404 404 404 404 login", "POST", data={"undo": "=nothing"}),
    Route("profiles:profile_assignments", SEEING, at=PROFILE),
    Route("profiles:profile_revisions", SEEING, at=PROFILE),
    Route("profiles:revision_detail", SEEING, at=REVISION),
    Route("profiles:compare", SEEING, query={"left": "profile", "right": "priority_profile"}),
    Route("profiles:profile_compare", SEEING, at=PROFILE),
    Route("profiles:profile_copy", "200 200 403 404 login", at=PROFILE),
    Route("profiles:profile_copy", DONE, "POST", at=PROFILE, data=COPY),
    Route("profiles:start_candidates", SIGNED_IN, query={"start": "=profile"}),
    Route("profiles:revision_roll_back", WRITING, at=REVISION),
    Route("profiles:revision_roll_back", DONE, "POST", at=REVISION),
    Route("profiles:assign", WRITING, query=IDS),
    Route("profiles:assign", WRITING, query={"target": "=device", "target_id": "device"}),
    Route("profiles:assign", ELSEWHERE, query={"target": "=device", "target_id": "elsewhere"}),
    Route("profiles:assign", DONE, "POST", data={"profile": "profile", "directory": "directory"}),
    Route("profiles:assign_candidates", SEEING, query=IDS),
    Route("profiles:assign_reach", SEEING, query={**IDS, "device": "device"}),
    Route("profiles:assignment_remove", WRITING, query={"ids": "assignment"}),
    Route("profiles:assignment_remove", DONE, "POST", data={"ids": "assignment"}),
    Route("profiles:assignment_remove", WRITING, "POST", query={"preview": "=1"}, data={"ids": "assignment"}),
    Route("profiles:profile_save", WRITING, "POST", at=PROFILE, query={"preview": "=1"}, json=SAVE),
    Route("profiles:profile_delete", WRITING, "POST", at=PROFILE, query={"preview": "=1"}),
    Route("profiles:assignments_restore", "404 404 404 404 login", "POST", data={"pairs": "=nothing"}),
    Route("profiles:assigned_for_directory", SEEING, at={"pk": "directory"}),
    Route("profiles:assigned_for_device", SEEING, at=DEVICE),
    Route("profiles:assigned_for_device", ELSEWHERE, at={"pk": "elsewhere"}),
    Route("effective:profile_effect", SEEING, at=PROFILE),
    Route("effective:for_users", SEEING, query={"profile": "profile"}),
    Route("effective:device_settings", SEEING, at=DEVICE, query={"user": "=nobody"}),
    Route("effective:user_pick", "200 403 403 403 login", at=DEVICE),
    Route("effective:user_candidates", "200 403 403 403 login", at=DEVICE),
    Route("effective:device_pick", "200 403 403 403 login", at={"key": f"=1-{GUID}"}),
    Route("effective:device_candidates", "200 403 403 403 login", at={"key": f"=1-{GUID}"}),
    Route("effective:device_settings", SEEING, at=DEVICE),
    Route("effective:device_settings", ELSEWHERE, at={"pk": "elsewhere"}),
    Route("effective:device_compare", SEEING, at=DEVICE, query={"profile": "profile"}),
    Route("effective:device_compare", ELSEWHERE, at={"pk": "elsewhere"}, query={"profile": "profile"}),
    Route("effective:parameter_explained", SEEING, at=DEVICE, query={"path": "=system.timezone"}),
    Route("effective:parameter_explained", "404 404 404 404 login", at=DEVICE, query={"path": "=no.such.parameter"}),
]

BUDGETS = [
    Budget("profiles:profile_list", 18),
    Budget("profiles:profile_detail", 18, at=PROFILE),
    Budget("profiles:profile_assignments", 26, at=PROFILE),
    Budget("profiles:profile_revisions", 20, at=PROFILE),
    Budget("profiles:compare", 24, query={"left": "profile", "right": "priority_profile"}),
    Budget("profiles:profile_compare", 10, at=PROFILE),
    Budget("profiles:start_candidates", 6, query={"start": "=device"}),
    Budget("effective:device_compare", 34, at=DEVICE, query={"profile": "profile"}),
    Budget("profiles:assign", 14, query=IDS),
    Budget("profiles:assigned_for_device", 10, at=DEVICE),
    Budget("effective:device_settings", 28, at=DEVICE),
    Budget("effective:profile_effect", 34, at=PROFILE),
]
"""Those of whole pages hold the tree and the counters of the frame."""
