"""`/api/v1/audit/`."""

from __future__ import annotations

from tests.apps.asking import Api, each, expected
from tests.cast import Cast
from tests.factories import GrantFactory
from ums.core.access import Action


def test_needs_the_permission_to_read_it(cast: Cast) -> None:
    assert each(cast, "GET", "audit/") == expected("200 403 403 403 401")
    assert each(cast, "GET", f"audit/{cast.things['event'].pk}/") == expected("200 403 403 403 401")
    GrantFactory(user=cast.reader, action=Action.AUDIT)
    assert Api(cast, "reader").get("audit/").status == 200


def test_cannot_be_changed(cast: Cast) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        assert Api(cast, "root").ask(method, f"audit/{cast.things['event'].pk}/", {}).status == 405


def test_filters(cast: Cast) -> None:
    root, device = Api(cast, "root"), cast.things["device"]
    root.patch(f"devices/{device.pk}/", {"site": "Bremen"})

    def actions(**query: str) -> list[str]:
        return [event["action"] for event in root.get("audit/", ordering="-id", **query).body["items"]]

    assert actions() == ["device.updated", "device.moved"]
    assert actions(action="device.updated") == actions(actor="root") == ["device.updated"]
    assert actions(action="device", object_type="device", object_id=str(device.pk)) == actions()
    assert actions(q="own admin") == ["device.moved"]
    assert actions(until="2020-01-01T00:00:00Z") == actions(action="profile") == []
    assert actions(since="2020-01-01T00:00:00Z") == actions()
