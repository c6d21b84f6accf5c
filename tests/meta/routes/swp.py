"""Pages, dialogs and API of Shared Workplace: linked directories, their administrators."""

from tests.meta.routes.shape import API_ROOT_ONLY, ROOT_ONLY, Budget, Route

LINKED = {"pk": "linked_directory"}
COMES = {"pk": "directory_administrator"}
CHANGED = "204 403 403 403 login"
REFUSED = "422 403 403 403 login"
FORM = {
    "kind": "=ad",
    "domain_name": "=other.test",
    "controllers": "=dc1.other.test",
    "page_size": "=1000",
    "ldaps": "=on",
}

ROUTES = [
    Route("swp:directory_list", ROOT_ONLY),
    Route("swp:directory_create", ROOT_ONLY),
    Route("swp:directory_create", CHANGED, "POST", data=FORM),
    Route("swp:directory_create", REFUSED, "POST"),
    Route("swp:directory_edit", ROOT_ONLY, at=LINKED),
    Route("swp:directory_edit", CHANGED, "POST", at=LINKED, data=FORM),
    Route("swp:directory_edit", REFUSED, "POST", at=LINKED),
    Route("swp:directory_try", REFUSED, "POST"),
    Route("swp:directory_try", ROOT_ONLY, "POST", data={**FORM, "controllers": "=127.0.0.1:9"}),
    Route("swp:directory_test", ROOT_ONLY, at=LINKED),
    Route("swp:directory_test", ROOT_ONLY, "POST", at=LINKED),
    Route("swp:controllers_resolve", REFUSED, "POST"),
    Route("swp:certificates_read", ROOT_ONLY, "POST"),
    Route("swp:directory_menu", ROOT_ONLY, at=LINKED),
    Route("swp:directory_remove", ROOT_ONLY, at=LINKED),
    Route("swp:directory_remove", CHANGED, "POST", at=LINKED),
    Route("swp:settings_edit", ROOT_ONLY),
    Route("swp:settings_edit", ROOT_ONLY, "POST", data={"refresh_minutes": "=10", "history_days": "=30"}),
    Route("swp:settings_edit", REFUSED, "POST"),
    Route("swp:administrator_list", ROOT_ONLY),
    Route("swp:administrators_import", ROOT_ONLY),
    Route("swp:administrators_import", REFUSED, "POST", data={"directory": "linked_directory"}),
    Route("swp:administrator_candidates", ROOT_ONLY, "POST", data={"directory": "linked_directory"}),
    Route("swp:administrator_edit", ROOT_ONLY, at=COMES),
    Route("swp:administrator_edit", CHANGED, "POST", at=COMES, data={"action": "=read"}),
    Route("swp:administrator_remove", ROOT_ONLY, at=COMES),
    Route("swp:administrator_remove", CHANGED, "POST", at=COMES),
    # API
    Route("api:linked-directory-list", API_ROOT_ONLY),
    Route(
        "api:linked-directory-list",
        "201 403 403 403 401",
        "POST",
        json={"domain_name": "=other.test", "controllers": ["=dc1.other.test"]},
    ),
    Route("api:linked-directory-detail", API_ROOT_ONLY, at=LINKED),
    Route("api:linked-directory-detail", API_ROOT_ONLY, "PATCH", at=LINKED, json={"page_size": 500}),
    Route("api:linked-directory-detail", "204 403 403 403 401", "DELETE", at=LINKED),
    Route("api:linked-directory-test", API_ROOT_ONLY, "POST", at=LINKED),
    Route("api:linked-directory-resolve", "400 403 403 403 401", "POST", json={"domain_name": "=a b"}),
    Route("api:directory-administrator-list", API_ROOT_ONLY),
    Route("api:directory-administrator-list", "400 403 403 403 401", "POST", json={"directory": "linked_directory"}),
    Route("api:directory-administrator-detail", API_ROOT_ONLY, at=COMES),
    Route("api:directory-administrator-detail", API_ROOT_ONLY, "PATCH", at=COMES, json={"permissions": ["=read"]}),
    Route("api:directory-administrator-detail", "204 403 403 403 401", "DELETE", at=COMES),
    Route("api:shared-workplace-settings", API_ROOT_ONLY),
    Route("api:shared-workplace-settings", API_ROOT_ONLY, "PATCH", json={"history_days": 30}),
]

BUDGETS = [
    Budget("swp:directory_list", 14),
    Budget("swp:administrator_list", 16),
    Budget("api:linked-directory-list", 6),
    Budget("api:directory-administrator-list", 8),
]
