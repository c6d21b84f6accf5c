"""Pages, dialogs and API of licences: a matter of the whole network."""

from tests.meta.routes.shape import API_ROOT_ONLY, API_SEEING, ROOT_ONLY, Budget, Route

LICENCE = {"pk": "licence"}
DEVICE = {"pk": "device"}
GIVEN = "204 403 403 403 login"
NAMED = {"which": "=named", "unit_ids": "device.unit_id"}

FILE = {
    "format": "=ums-licences/1",
    "licences": [{"number": "=EMP-2", "kind": "=emp", "quantity": 5, "expires": "=2099-12-31"}],
}

ROUTES = [
    Route("licences:licence_list", ROOT_ONLY),
    Route("licences:licence_import", ROOT_ONLY),
    Route("licences:licence_import", "422 403 403 403 login", "POST"),
    Route("licences:licence_test", GIVEN, "POST"),
    Route("licences:licence_give", ROOT_ONLY, at=LICENCE),
    Route("licences:licence_give", GIVEN, "POST", at=LICENCE, data=NAMED),
    Route("licences:licence_give", "422 403 403 403 login", "POST", at=LICENCE, data={"which": "=named"}),
    Route("licences:device_give", ROOT_ONLY, at=DEVICE),
    Route("licences:device_give", GIVEN, "POST", at=DEVICE, data={"licence": "licence"}),
    Route("licences:device_give", "404 403 403 403 login", at={"pk": "=999999999"}),
    Route("api:licence-list", API_ROOT_ONLY),
    Route("api:licence-detail", API_ROOT_ONLY, at=LICENCE),
    Route("api:licence-take-in", API_ROOT_ONLY, "POST", json=FILE),
    Route("api:licence-take-in", "400 403 403 403 401", "POST", json={"format": "=other"}),
    Route("api:licence-trial", "201 403 403 403 401", "POST"),
    Route("api:licence-give", API_ROOT_ONLY, "POST", at=LICENCE, json={"devices": ["device"]}),
    Route("api:device-licence", API_SEEING, at={"device_id": "device"}),
    Route("api:device-licence", "200 404 404 404 401", at={"device_id": "elsewhere"}),
]

BUDGETS = [
    Budget("api:licence-list", 6),
    Budget("licences:licence_list", 16),
]
