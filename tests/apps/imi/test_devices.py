"""Devices: their fields and facets, who sees which, creating, changing, deleting."""

from __future__ import annotations

import pytest

from tests.apps.imi.client import Imi
from tests.cast import Cast

ALWAYS = {
    "unitID",
    "mac",
    "firmwareID",
    "lastIP",
    "batteryLevel",
    "id",
    "name",
    "parentID",
    "movedToBin",
    "objectType",
    "links",
}


@pytest.fixture
def imi(cast: Cast) -> Imi:
    """Logged in as the superuser."""
    return Imi(cast.root)


def test_a_device_has_the_fields_that_clients_read(cast: Cast, imi: Imi) -> None:
    for facets in ("", "?facets=short", "?facets=nonsense"):
        status, body = imi.get(f"thinclients{facets}")
        assert status == 200 and isinstance(body, list)
        own = next(one for one in body if one["name"] == "Own device")
        assert own.keys() == ALWAYS
        assert own["objectType"] == "tc" and own["movedToBin"] is False and own["links"] == []
        assert own["parentID"] == str(cast.own["device"].pk) and own["firmwareID"].isdigit()


@pytest.mark.parametrize(
    "facets", ["details", "online", "shadow", "networkadapters", "deviceattributes", "loginhistory"]
)
def test_each_facet_answers(imi: Imi, cast: Cast, facets: str) -> None:
    status, body = imi.get(f"thinclients?facets={facets}")
    assert status == 200, body
    status, body = imi.get(f"thinclients/{cast.things['device'].pk}?facets={facets}")
    assert status == 200 and "lastUser" in body, body
