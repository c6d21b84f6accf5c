"""Pages of the whole network below /webapp/: first-authentication keys and the audit log."""

from tests.meta.routes.shape import ROOT_ONLY, Budget, Route

KEY = {"pk": "enrolment_key"}
IDS = {"ids": "enrolment_key"}
CATALOGUE = {"pk": "catalogue"}
SERVERS = {"kind": "=servers"}
PROCESS = {"pk": "process"}
WATCHED = {"pk": "watched_process"}
PRIORITY = {"name": "=priority_profiles"}
CHANGED = "204 403 403 403 login"

ROUTES = [
    Route("connector:key_list", ROOT_ONLY),
    Route("connector:key_list", "422 403 403 403 login", query={"f": "=state:wrong"}),
    Route("connector:key_create", ROOT_ONLY),
    Route("connector:key_create", ROOT_ONLY, "POST", data={"kind": "=one_time", "name": "=New", "count": "=2"}),
    Route("connector:key_create", "422 403 403 403 login", "POST"),
    Route("connector:key_edit", ROOT_ONLY, at=KEY),
    Route("connector:key_edit", CHANGED, "POST", at=KEY, data={"name": "=New name"}),
    Route("connector:key_reveal", ROOT_ONLY, "POST", at=KEY),
    Route("connector:key_menu", ROOT_ONLY, at=KEY),
    Route("connector:key_enable", CHANGED, "POST", data=IDS),
    Route("connector:key_disable", CHANGED, "POST", data=IDS),
    Route("connector:key_delete", ROOT_ONLY, query=IDS),
    Route("connector:key_delete", CHANGED, "POST", data=IDS),
    Route("connector:key_export", ROOT_ONLY, "POST", data={**IDS, "format": "=csv"}),
    Route("features:feature_list", ROOT_ONLY),
    Route("features:feature_switch", ROOT_ONLY, at=PRIORITY),
    Route("features:feature_switch", CHANGED, "POST", at=PRIORITY, query={"enabled": "=0"}),
    Route("ha:process_list", ROOT_ONLY, at=SERVERS),
    Route("ha:process_list", "404 403 403 403 login", at={"kind": "=others"}),
    Route("ha:process_detail", ROOT_ONLY, at=PROCESS),
    Route("ha:process_stop", ROOT_ONLY, at=PROCESS),
    Route("ha:process_stop", "409 403 403 403 login", "POST", at=PROCESS),
    Route("ha:process_stop", CHANGED, "POST", at=WATCHED, data={"left": "=0"}),
    Route("ha:process_start", CHANGED, "POST", at=WATCHED),
    Route("ha:process_ping", "409 403 403 403 login", "POST", at=PROCESS),
    Route("ha:process_delete", ROOT_ONLY, at=PROCESS),
    Route("ha:process_delete", "409 403 403 403 login", "POST", at=PROCESS),
    Route("ha:process_delete", CHANGED, "POST", at={"pk": "lost_process"}),
    Route("ha:event_list", ROOT_ONLY),
    Route("ha:event_list", "422 403 403 403 login", query={"f": "=kind:wrong"}),
    Route("ha:network_settings", ROOT_ONLY),
    Route("ha:network_settings", ROOT_ONLY, "POST", data={"cluster_host": "=ums.example.org", "cluster_port": "=443"}),
    Route("ha:network_settings", "422 403 403 403 login", "POST", data={"cluster_port": "=0"}),
    Route("profiles:catalogue_list", ROOT_ONLY),
    Route("profiles:catalogue_import", ROOT_ONLY),
    Route("profiles:catalogue_import", "422 403 403 403 login", "POST"),
    Route("profiles:catalogue_detail", ROOT_ONLY, at=CATALOGUE),
    Route("profiles:catalogue_detail", ROOT_ONLY, at=CATALOGUE, query={"q": "=volume"}),
    Route("profiles:catalogue_menu", ROOT_ONLY, at=CATALOGUE),
    Route("profiles:catalogue_delete", ROOT_ONLY, at=CATALOGUE),
    Route("profiles:catalogue_delete", "409 403 403 403 login", "POST", at=CATALOGUE),
    Route("audit:event_list", ROOT_ONLY),
    Route("audit:event_list", ROOT_ONLY, query={"f": "=who:root", "q": "=device"}),
    Route("audit:event_export", ROOT_ONLY),
]

BUDGETS = [
    Budget("connector:key_list", 16),
    Budget("profiles:catalogue_list", 12),
    Budget("audit:event_list", 18),
    Budget("features:feature_list", 12),
    Budget("ha:process_list", 16, at=SERVERS),
    Budget("ha:process_detail", 20, at=PROCESS),
    Budget("ha:event_list", 14),
]
