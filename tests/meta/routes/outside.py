"""Routes that are not for administrators: the root, monitors, devices that enrol, and hosts that join."""

from tests.meta.routes.shape import OPEN, Route

REFUSED = "401 401 401 401 401"
"""An administrator's session means nothing here: devices and nodes prove who they are in other ways."""

ROUTES = [
    Route("/", "302 302 302 302 login"),
    Route("check_status", OPEN),
    Route("metrics", OPEN),
    # a host that joins proves to have the network's token
    Route("ha_join", REFUSED, "POST"),
    # another server proves to have the network's key
    Route("content_for_server", REFUSED, at={"sha256": "file.content_id"}),
    # clients of IMI log in there, or say name and password with each call
    Route("imi", REFUSED, path="/umsapi/v3/thinclients"),
    Route("imi", OPEN, path="/umsapi/v3/serverstatus"),
    Route("device_connector:est_cacerts", OPEN),
    Route("device_connector:est_simpleenroll", REFUSED, "POST"),
    Route("device_connector:est_simplereenroll", REFUSED, "POST"),
]
