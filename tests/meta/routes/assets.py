"""Assets: pages, dialogs and API."""

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

ASSET = {"pk": "asset"}
DEVICE = {"pk": "device"}
RULE = {"pk": "asset_rule"}
NETWORK_RULE = {"pk": "network_asset_rule"}
ELSEWHERE = "200 404 404 404 login"
MAKING = "200 200 403 403 login"
DONE = "204 204 403 404 login"
NEW = {"name": "=New", "kind": "=vanished", "directory": "own_directory", "level": "=info"}

ROUTES = [
    Route("assets:asset_list", SIGNED_IN),
    Route("assets:asset_list", SIGNED_IN, query={"shown": "=duplicates", "f": "=category:mouse"}),
    Route("assets:asset_list", "422 422 422 422 login", query={"f": "=category:wrong"}),
    Route("assets:asset_export", SIGNED_IN),
    Route("assets:event_list", SIGNED_IN),
    Route("assets:event_list", "422 422 422 422 login", query={"f": "=event:wrong"}),
    Route("assets:event_export", SIGNED_IN),
    Route("assets:asset_detail", SEEING, at=ASSET),
    Route("assets:asset_detail", ELSEWHERE, at={"pk": "elsewhere_asset"}),
    Route("assets:device_assets", SEEING, at=DEVICE),
    Route("assets:device_assets", ELSEWHERE, at={"pk": "elsewhere"}),
    Route("assets:rule_list", SIGNED_IN),
    Route("assets:rule_create", MAKING),
    Route("assets:rule_create", "204 204 403 403 login", "POST", data=NEW),
    Route("assets:rule_create", "422 422 403 403 login", "POST", data={**NEW, "filter": "=colour:red"}),
    Route("assets:rule_create", "204 422 403 403 login", "POST", data={**NEW, "directory": "="}),
    Route("assets:rule_count", SIGNED_IN, query={"filter": "=category:mouse"}),
    Route("assets:rule_edit", WRITING, at=RULE),
    Route("assets:rule_edit", DONE, "POST", at=RULE, data=NEW),
    Route("assets:rule_edit", ELSEWHERE, at=NETWORK_RULE),
    Route("assets:rule_switch", DONE, "POST", at=RULE, query={"enabled": "=0"}),
    Route("assets:rule_delete", WRITING, at=RULE),
    Route("assets:rule_delete", DONE, "POST", at=RULE),
    Route("assets:settings_edit", ROOT_ONLY),
    Route("assets:settings_edit", "204 403 403 403 login", "POST", data={"history_days": "=30"}),
    Route("api:asset-list", API_SIGNED_IN, query={"category": "=mouse", "device": "device"}),
    Route("api:asset-detail", API_SEEING, at=ASSET),
    Route("api:asset-detail", "200 404 404 404 401", at={"pk": "elsewhere_asset"}),
    Route("api:asset-event-list", API_SIGNED_IN, query={"asset": "asset"}),
    Route("api:asset-event-detail", API_SEEING, at={"pk": "asset_event"}),
    Route("api:asset-rule-list", API_SIGNED_IN),
    Route(
        "api:asset-rule-list",
        "201 201 403 404 401",
        "POST",
        json={"name": "=New", "kind": "=vanished", "directory": "own_directory"},
    ),
    Route("api:asset-rule-list", "201 403 403 403 401", "POST", json={"name": "=New", "kind": "=vanished"}),
    Route("api:asset-rule-detail", API_SEEING, at=RULE),
    Route("api:asset-rule-detail", "200 404 404 404 401", at=NETWORK_RULE),
    Route("api:asset-rule-detail", API_WRITING, "PATCH", at=RULE, json={"enabled": False}),
    Route("api:asset-rule-detail", "204 204 403 404 401", "DELETE", at=RULE),
    Route("api:asset-settings", API_ROOT_ONLY),
    Route("api:asset-settings", API_ROOT_ONLY, "PATCH", json={"history_days": 30}),
]

BUDGETS = [
    Budget("assets:asset_list", 20),
    Budget("assets:asset_list", 20, query={"shown": "=duplicates"}),
    Budget("assets:event_list", 20),
    Budget("assets:rule_list", 20),
    Budget("assets:asset_detail", 24, at=ASSET),
    Budget("assets:device_assets", 26, at=DEVICE),
    Budget("api:asset-list", 9),
    Budget("api:asset-event-list", 9),
    Budget("api:asset-rule-list", 9),
]
