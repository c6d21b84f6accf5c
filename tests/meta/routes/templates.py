"""Pages, dialogs and API of template keys, their values, and groups of values."""

from tests.meta.routes.shape import (
    API_SEEING,
    API_SIGNED_IN,
    API_WRITING,
    SEEING,
    SIGNED_IN,
    WRITING,
    Budget,
    Route,
)

DONE = "204 204 403 404 login"
CREATING = "200 200 403 403 login"
NOWHERE = "404 404 404 404 login"
BELOW = {"directory": "own_template_directory"}
KEY = {"pk": "template_key"}
VALUE = {"pk": "template_value"}
GROUP = {"pk": "value_group"}
ON = {"values": ["template_value"], "directories": ["directory"]}
OF_KEY = {"key_id": "template_key"}
API_MADE = "201 201 403 404 401"
API_GONE = "204 204 403 404 401"
NAMED = {"name": "=NEW", "type": "=string", **BELOW}
ASSIGNED = {"value": "template_value", "directory": "directory"}

ROUTES = [
    Route("profiles:template_key_list", SIGNED_IN),
    Route("profiles:template_key_list", SIGNED_IN, query={"f": "=nonsense:1"}),
    Route("profiles:template_key_list", SEEING, query=BELOW),
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
    Route("profiles:values_for_device", SEEING, at={"pk": "device"}),
    Route("profiles:values_for_device", "200 404 404 404 login", at={"pk": "elsewhere"}),
    Route("profiles:values_for_directory", SEEING, at={"pk": "directory"}),
    Route("effective:template_check", SEEING, at={"pk": "profile"}),
    Route("api:template-key-list", API_SIGNED_IN),
    Route("api:template-key-list", API_MADE, "POST", json={"name": "=NEW", **BELOW}),
    Route("api:template-key-detail", API_SEEING, at=KEY),
    Route("api:template-key-detail", API_WRITING, "PATCH", at=KEY, json={"name": "=NEW"}),
    Route("api:template-key-detail", API_GONE, "DELETE", at=KEY),
    Route("api:template-value-list", API_SEEING, at=OF_KEY),
    Route("api:template-value-list", API_MADE, "POST", at=OF_KEY, json={"value": "=new"}),
    Route("api:template-value-detail", API_SEEING, at={**OF_KEY, **VALUE}),
    Route("api:template-value-detail", API_WRITING, "PATCH", at={**OF_KEY, **VALUE}, json={"value": "=new"}),
    Route("api:template-value-detail", API_GONE, "DELETE", at={**OF_KEY, **VALUE}),
    Route("api:value-group-list", API_SIGNED_IN),
    Route("api:value-group-list", API_MADE, "POST", json={"name": "=New", "values": ["template_value"], **BELOW}),
    Route("api:value-group-detail", API_SEEING, at=GROUP),
    Route("api:value-group-detail", API_WRITING, "PATCH", at=GROUP, json={"name": "=New"}),
    Route("api:value-group-detail", API_GONE, "DELETE", at=GROUP),
    Route("api:template-assignment-list", API_SIGNED_IN),
    Route("api:template-assignment-list", API_MADE, "POST", json=ON),
    Route("api:template-assignment-detail", API_SEEING, at={"pk": "template_assignment"}),
    Route("api:template-assignment-detail", API_GONE, "DELETE", at={"pk": "template_assignment"}),
]  # fmt: skip

BUDGETS = [
    Budget("profiles:template_key_list", 20),
    Budget("profiles:value_group_list", 20),
    Budget("profiles:template_key_detail", 24, at=KEY),
    Budget("profiles:value_group_detail", 24, at=GROUP),
    Budget("profiles:template_assign", 12, query={"value": "template_value"}),
    Budget("profiles:values_for_device", 8, at={"pk": "device"}),
    Budget("effective:template_check", 10, at={"pk": "profile"}),
    Budget("api:template-key-list", 6),
    Budget("api:template-value-list", 6, at=OF_KEY),
    Budget("api:value-group-list", 6),
    Budget("api:template-assignment-list", 6),
]
"""Those of whole pages hold the tree and the counters of the frame."""
