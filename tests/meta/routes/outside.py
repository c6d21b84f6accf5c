"""Routes that are not for administrators: the root, monitors, and devices that enrol."""

from tests.meta.routes.shape import OPEN, Route

REFUSED = "401 401 401 401 401"
"""An administrator's session means nothing here: devices prove who they are in other ways."""

ROUTES = [
    Route("/", "302 302 302 302 login"),
    Route("check_status", OPEN),
    Route("metrics", OPEN),
    Route("device_connector:est_cacerts", OPEN),
    Route("device_connector:est_simpleenroll", REFUSED, "POST"),
    Route("device_connector:est_simplereenroll", REFUSED, "POST"),
]
