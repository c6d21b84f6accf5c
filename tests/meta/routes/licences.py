"""Pages, dialogs and API of licences: a matter of the whole network."""

from tests.meta.routes.shape import ROOT_ONLY, Budget, Route

LICENCE = {"pk": "licence"}
DEVICE = {"pk": "device"}
GIVEN = "204 403 403 403 login"
NAMED = {"which": "=named", "unit_ids": "device.unit_id"}

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
]

BUDGETS = [
    Budget("licences:licence_list", 16),
]
