"""Finding profiles by what is in them and by whether they are of use, in the console and the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.apps.asking import Api, text
from tests.cast import Cast
from tests.factories import AssignmentFactory, DeviceFactory, DirectoryFactory, ProfileFactory
from ums.core.actor import SYSTEM
from ums.devices.models import DirectoryKind
from ums.profiles.services import profile_save

pytestmark = pytest.mark.django_db


@pytest.fixture
def profiles(cast: Cast) -> dict[str, Any]:
    own = cast.own[DirectoryKind.PROFILE]
    contents: dict[str, Any] = {
        "Loud": {"values": {"system.volume": 80, "system.password": "hush"}, "instances": {}},
        "Zone": {"values": {"system.timezone": "Europe/Berlin", "display0.resolution": "auto"}, "instances": {}},
        "Keyed": {"values": {"system.kernel": {"expression": "site=${HOSTNAME}"}}, "instances": {}},
        "Hall": {
            "values": {},
            "instances": {"s1": {"class": "sessions.rdp%", "values": {"server": "ts.example.org"}}},
        },
    }
    made = {name: ProfileFactory(directory=own, name=name) for name in contents}
    for name, content in contents.items():
        profile_save(actor=SYSTEM, profile=made[name], settings=content, overwrite_sessions=False, base=1)
    return made


CASES = [
    ("sets", "system.volume", {"Loud"}),
    ("sets", "system.*", {"Loud", "Zone", "Keyed"}),
    ("sets", "SYSTEM.vol*", {"Loud"}),
    ("sets", "display*.resolution", {"Zone"}),
    ("sets", "sessions.rdp%.server", {"Hall"}),
    ("sets", "sessions.*.server", {"Hall"}),
    ("sets", "no.such", set()),
    ("sets", "80", set()),
    ("value", "80", {"Loud"}),
    ("value", "europe/berlin", {"Zone"}),
    ("value", "*.example.org", {"Hall"}),
    ("value", "site=${*", {"Keyed"}),
    ("value", "hush", set()),
    ("value", "sealed*", set()),
]


@pytest.mark.parametrize(("key", "wanted", "expected"), CASES)
def test_found_by_content(cast: Cast, profiles: dict[str, Any], key: str, wanted: str, expected: set[str]) -> None:
    page = text(cast.client("admin").get(reverse("profiles:profile_list"), {"f": f"{key}:{wanted}"}))
    shown = {part.split('"')[0] for part in page.split('data-kind="profile" data-label="')[1:]}
    assert shown == expected
    answer = Api(cast, "admin").ask("GET", "profiles/", **{key: wanted})
    assert {row["name"] for row in answer.body["items"]} == expected


def test_flags(cast: Cast, profiles: dict[str, Any]) -> None:
    empty = DirectoryFactory(parent=cast.own[DirectoryKind.DEVICE])
    full = DirectoryFactory(parent=cast.own[DirectoryKind.DEVICE])
    DeviceFactory(directory=DirectoryFactory(parent=full))
    AssignmentFactory(profile=profiles["Loud"], device=None, directory=empty)
    AssignmentFactory(profile=profiles["Zone"], device=None, directory=full)

    def found(**query: str) -> set[str]:
        answer = Api(cast, "admin").ask("GET", "profiles/", kind="standard", **query)
        return {row["name"] for row in answer.body["items"]}

    assert found(unused="true") == {"Loud", "Keyed", "Hall"}
    assert found(unused="false") == {"Zone", "Own profile"}
    assert found(template="true") == {"Keyed"}
    assert found(template="false") == {"Loud", "Zone", "Hall", "Own profile"}
    page = text(cast.client("admin").get(reverse("profiles:profile_list"), {"f": ["unused:yes", "template:yes"]}))
    assert 'data-label="Keyed"' in page and 'data-label="Loud"' not in page


def test_searching_takes_the_same_queries_however_many_there_are(cast: Cast, profiles: dict[str, Any]) -> None:
    counts = []
    for _ in range(2):
        for wanted in ("sets:system.*", "value:80"):
            with CaptureQueriesContext(connection) as queries:
                cast.client("root").get(reverse("profiles:profile_list"), {"f": wanted})
            counts.append(len(queries))
        ProfileFactory.create_batch(20, values={"system.volume": 80})
    assert counts[:2] == counts[2:]


def test_moving_several_can_be_undone(cast: Cast, profiles: dict[str, Any]) -> None:
    own = cast.own[DirectoryKind.PROFILE]
    below = DirectoryFactory(kind=DirectoryKind.PROFILE, parent=own)
    client, url = cast.client("admin"), reverse("profiles:profiles_move")
    ids = f"{profiles['Loud'].pk},{profiles['Zone'].pk}"
    assert f'value="{below.pk}" selected' in text(client.get(url, {"ids": ids, "target_id": below.pk}))
    toast = json.loads(client.post(url, {"ids": ids, "directory": below.pk})["HX-Trigger"])["ums:toast"]
    assert toast["text"] == f"Moved 2 profiles to {below.name}."
    assert set(below.profiles.values_list("name", flat=True)) == {"Loud", "Zone"}
    client.post(toast["undo"]["url"])
    assert not below.profiles.exists()
