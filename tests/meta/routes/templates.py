"""Pages and dialogs about template keys, their values, and groups of values."""

from tests.meta.routes.shape import SEEING, SIGNED_IN, WRITING, Budget, Route

DONE = "204 204 403 404 login"
CREATING = "200 200 403 403 login"
NOWHERE = "404 404 404 404 login"
BELOW = {"directory": "own_template_directory"}
KEY = {"pk": "template_key"}
VALUE = {"pk": "template_value"}
GROUP = {"pk": "value_group"}
NAMED = {"name": "=NEW", "type": "=string", **BELOW}
ASSIGNED = {"value": "template_value", "directory": "directory"}

ROUTES = [
    Route("profiles:template_key_list", SIGNED_IN),
    Route("profiles:template_key_list", SIGNED_IN, query={"f": "=nonsense:1"}),
    Route("profiles:template_key_list", SEEING, query=BELOW),
    Route("profiles:template_key_names", SIGNED_IN),
    Route("profiles:template_key_create", CREATING),
    Route("profiles:template_key_create", DONE.replace("404", "403"), "POST", data=NAMED),
    Route("profiles:template_key_detail", SEEING, at=KEY),
    Route("profiles:template_key_edit", WRITING, at=KEY),
    Route("profiles:template_key_edit", DONE, "POST", at=KEY, data=NAMED),
    Route("profiles:template_key_delete", WRITING, at=KEY),
    Route("profiles:template_key_delete", DONE, "POST", at=KEY),
    Route("profiles:template_value_create", WRITING, at=KEY),
    Route("profiles:template_value_create", DONE, "POST", at=KEY, data={"value": "=new"}),
    Route("profiles:template_value_edit", WRITING, at=VALUE),
    Route("profiles:template_value_edit", DONE, "POST", at=VALUE, data={"value": "=new"}),
    Route("profiles:template_value_delete", WRITING, at=VALUE),
    Route("profiles:template_value_delete", DONE, "POST", at=VALUE),
    Route("profiles:value_group_list", SIGNED_IN),
    Route("profiles:value_group_create", CREATING),
    Route("profiles:value_group_create", DONE.replace("404", "403"), "POST", data=NAMED),
    Route("profiles:value_group_detail", SEEING, at=GROUP),
    Route("profiles:value_group_edit", WRITING, at=GROUP),
    Route("profiles:value_group_edit", DONE, "POST", at=GROUP, data=NAMED),
    Route("profiles:value_group_delete", WRITING, at=GROUP),
    Route("profiles:value_group_delete", DONE, "POST", at=GROUP),
    Route("profiles:template_assign", WRITING, query={"value": "template_value"}),
    Route("profiles:template_assign", WRITING, query={"target": "=device", "target_id": "device"}),
    Route("profiles:template_assign", "200 404 404 404 login", query={"target": "=device", "target_id": "elsewhere"}),
    Route("profiles:template_assign", DONE, "POST", data=ASSIGNED),
    Route("profiles:template_assign_candidates", SEEING, query={"group": "value_group"}),
    Route("profiles:template_assign_reach", SEEING, query=ASSIGNED),
    Route("profiles:template_assignment_remove", DONE, "POST", data={"ids": "template_assignment"}),
    Route("profiles:template_assignments_restore", NOWHERE, "POST", data={"quads": "=nothing"}),
]  # fmt: skip

BUDGETS = [
    Budget("profiles:template_key_list", 20),
    Budget("profiles:value_group_list", 20),
    Budget("profiles:template_key_detail", 24, at=KEY),
    Budget("profiles:value_group_detail", 24, at=GROUP),
    Budget("profiles:template_assign", 12, query={"value": "template_value"}),
]
"""Those of whole pages hold the tree and the counters of the frame."""
