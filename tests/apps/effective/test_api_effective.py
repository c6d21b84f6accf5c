"""`/api/v1/devices/{id}/effective-settings/`."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.apps.asking import Api, each, expected
from tests.cast import Cast
from tests.factories import AssignmentFactory, ProfileFactory
from ums.devices.models import DirectoryKind
from ums.profiles.models import ProfileKind


@pytest.fixture
def url(cast: Cast) -> str:
    """A device whose time zone two profiles set, and its volume one."""
    own = cast.own[DirectoryKind.DEVICE]
    near = ProfileFactory(name="Near", values={"system.timezone": "Europe/Berlin", "system.volume": 10})
    far = ProfileFactory(name="Far", kind=ProfileKind.PRIORITY, values={"system.timezone": "UTC+1"})
    AssignmentFactory(profile=near, device=cast.things["device"])
    AssignmentFactory(profile=far, device=None, directory=own)
    return f"devices/{cast.things['device'].pk}/effective-settings/"


def paths(cast: Cast, url: str, /, **query: Any) -> list[str]:
    return [one["path"] for one in Api(cast, "reader").get(url, **query).body["parameters"]]


def test_for_those_who_may_read_the_device(cast: Cast, url: str) -> None:
    assert each(cast, "GET", url) == expected("200 200 200 404 401")


def test_value_comes_with_winner_losers_and_rule(cast: Cast, url: str) -> None:
    [zone] = Api(cast, "reader").get(url, path="system.timezone").body["parameters"]
    assert (zone["value"], zone["default"], zone["source"], zone["overridden"]) == ("UTC+1", "UTC", "profile", True)
    assert (zone["winner"]["name"], zone["winner"]["rank"]) == ("Far", "priority_directory")
    assert [(loser["name"], loser["value"]) for loser in zone["losers"]] == [("Near", "Europe/Berlin")]
    assert "riority" in zone["rule"]


def test_filters_narrow(cast: Cast, url: str) -> None:
    assert paths(cast, url, source="profile") == ["system.timezone", "system.volume"]
    assert paths(cast, url, overridden="true") == ["system.timezone"]
    assert paths(cast, url, q="time ZONE") == ["system.timezone"]
    assert paths(cast, url, path="system.*", source="default") == ["system.password", "system.kernel"]
    assert len(paths(cast, url, source=["profile", "default"])) == len(paths(cast, url))


def test_wrong_filters_are_refused(cast: Cast, url: str) -> None:
    assert Api(cast, "reader").get(url, source="elsewhere").status == 400
    assert Api(cast, "reader").get(url, sauce="profile").body["fields"].keys() == {"sauce"}


def test_queries_do_not_grow_with_profiles(cast: Cast, url: str) -> None:
    reader = Api(cast, "reader")
    reader.get(url)
    with CaptureQueriesContext(connection) as few:
        reader.get(url)
    for _ in range(10):
        AssignmentFactory(profile=ProfileFactory(values={"system.volume": 1}), device=cast.things["device"])
    reader.get(url)
    with CaptureQueriesContext(connection) as many:
        reader.get(url)
    assert len(many) == len(few)
