"""Profiles as files, as programs ask for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.apps.asking import BASE, Api
from tests.cast import Cast
from ums.devices.models import DirectoryKind
from ums.domain.formats.files import Format, read_file
from ums.profiles.models import Profile

pytestmark = pytest.mark.django_db

TOML = """format = "ums-profile/1"
name = "Kiosk"
directory = ["North"]
based_on = {{name = "Test Linux"}}
[values]
"system.volume" = {volume}
"made.up" = 1
"""


def send(
    cast: Cast, path: str = "import/", role: str = "admin", *, volume: int = 30, query: str = "", **data: Any
) -> Any:
    """POST a file."""
    given = {"target": cast.own[DirectoryKind.PROFILE].pk, **data}
    given.setdefault("file", SimpleUploadedFile("kiosk.toml", TOML.format(volume=volume).encode()))
    return cast.client(role).post(f"{BASE}profiles/{path}{query}", given)


def test_plan_then_import_then_decide(cast: Cast) -> None:
    plan = send(cast, "import/plan/").json()
    assert plan["file_format"] == "toml" and plan["catalogues"] == {}
    (row,) = plan["profiles"]
    assert (row["name"], row["state"], row["path"], row["values"], row["unknown"]) == (
        "Kiosk", "new", ["North"], 2, ["made.up"],
    )  # fmt: skip
    assert not Profile.objects.filter(name="Kiosk").exists()

    made = send(cast)
    assert made.status_code == 201, made.json()
    profile = Profile.objects.get(name="Kiosk")
    assert made.json() == {"items": [{"profile": {"id": profile.pk, "name": "Kiosk"}, "before": 0}]}
    assert profile.directory.name == "North"

    assert send(cast).json() == {"items": []}
    assert send(cast, volume=31).json()["code"] == "decision_missing"
    done = send(cast, volume=31, decisions=json.dumps({"0": "replace"}))
    assert done.json()["items"][0]["before"] == 1
    done = send(cast, volume=32, duplicates="replace")
    assert done.json()["items"][0]["before"] == 2
    assert send(cast, volume=33, duplicates="skip").json() == {"items": []}


def test_where_the_file_goes_is_kept_or_not(cast: Cast) -> None:
    send(cast, rebuild="false")
    assert Profile.objects.get(name="Kiosk").directory == cast.own[DirectoryKind.PROFILE]


@pytest.mark.parametrize(
    ("data", "code", "status"),
    [
        ({"file": SimpleUploadedFile("x", b"nonsense")}, "exchange_invalid", 400),
        ({"file": SimpleUploadedFile("x", b"")}, "exchange_invalid", 400),
        ({"file": "no file"}, None, 400),
        ({"decisions": "nonsense"}, None, 400),
        ({"decisions": '{"0": "burn"}'}, None, 400),
        ({"surprise": "1"}, None, 400),
        ({"target": "999999"}, None, 404),
        ({"volume": 500}, "settings_invalid", 400),
    ],
)
def test_what_is_wrong_is_told_and_nothing_stored(cast: Cast, data: dict[str, Any], code: str, status: int) -> None:
    answer = send(cast, **data)
    assert answer.status_code == status, answer.content
    if code:
        assert answer.json()["code"] == code
    assert not Profile.objects.filter(name="Kiosk").exists()


def test_who_may(cast: Cast) -> None:
    assert {role: send(cast, role=role).status_code for role in ("root", "reader", "stranger", "anonymous")} == {
        "root": 201, "reader": 403, "stranger": 404, "anonymous": 401,
    }  # fmt: skip


def test_dry_run_stores_nothing(cast: Cast) -> None:
    answer = send(cast, query="?dry_run=true")
    assert answer.status_code == 200, answer.content
    assert not Profile.objects.filter(name="Kiosk").exists()


def test_export(cast: Cast) -> None:
    profile = cast.things["profile"]
    for kind in Format:
        query = {"profiles": profile.pk, "file_format": kind.value}
        answer = cast.client("reader").get(f"{BASE}profiles/export/", query)
        assert answer.status_code == 200
        assert read_file(answer.content)[1].profiles[0].name == "Own profile"
    body = {"profiles": [profile.pk], "secrets": True}
    assert Api(cast, "admin").post("profiles/export/", body).status == 200
    assert Api(cast, "reader").post("profiles/export/", body).status == 403
    assert Api(cast, "stranger").post("profiles/export/", body).status == 404
    assert Api(cast, "admin").get("profiles/export/", profiles=profile.pk, secrets="true").status == 400
