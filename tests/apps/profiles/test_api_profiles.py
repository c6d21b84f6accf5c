"""`/api/v1/profiles/`, its settings and revisions, and `/api/v1/catalogues/`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps.asking import Api, each, expected
from tests.cast import Cast
from tests.factories import RevisionFactory
from ums.audit.models import Event
from ums.devices.models import DirectoryKind, SettingsState
from ums.profiles.content import MASK
from ums.profiles.models import Revision


@pytest.fixture
def url(cast: Cast) -> str:
    return f"profiles/{cast.things['profile'].pk}/"


def settings(**values: Any) -> dict[str, Any]:
    return {"values": {path.replace("__", "."): value for path, value in values.items()}, "instances": {}}


def test_each_sees_what_they_may_read(cast: Cast, url: str) -> None:
    assert Api(cast, "admin").names("profiles/") == ["Own priority profile", "Own profile"]
    assert Api(cast, "admin").names("profiles/", kind="priority") == ["Own priority profile"]
    assert Api(cast, "admin").names("profiles/", assigned="true") == ["Own profile"]
    assert Api(cast, "admin").names("profiles/", q="prio OWN") == ["Own priority profile"]
    assert Api(cast, "stranger").names("profiles/") == []
    assert each(cast, "GET", url) == expected("200 200 200 404 401")


def test_create(cast: Cast) -> None:
    body = {
        "name": "New",
        "directory": cast.own[DirectoryKind.PROFILE].pk,
        "based_on": cast.things["catalogue"].pk,
        "settings": settings(system__volume=70),
    }
    assert each(cast, "POST", "profiles/", body) == expected("201 201 403 404 401")
    made = Api(cast, "admin").post("profiles/", body).body
    assert (made["kind"], made["revision"]) == ("standard", 1)
    wrong = Api(cast, "admin").post("profiles/", {**body, "settings": settings(system__volume=101)})
    assert (wrong.status, wrong.body["code"], list(wrong.body["fields"])) == (
        400,
        "settings_invalid",
        ["system.volume"],
    )


def test_rename_move_and_delete(cast: Cast, url: str) -> None:
    assert each(cast, "PATCH", url, {"name": "Renamed"}) == expected("200 200 403 404 401")
    move = {"directory": cast.own[DirectoryKind.PROFILE].pk}
    assert each(cast, "POST", f"{url}move/", move) == expected("200 200 403 404 401")
    assert each(cast, "DELETE", f"{url}?when=next_boot") == expected("204 204 403 404 401")
    assert Api(cast, "admin").delete(f"{url}?when=tomorrow").status == 400


def test_saving_settings_is_a_revision_and_marks_devices(cast: Cast, url: str) -> None:
    SettingsState.objects.update(pending=False)
    body = {"base": 1, "settings": settings(system__volume=70), "comment": "louder"}
    assert each(cast, "PUT", f"{url}settings/", body) == expected("200 200 403 404 401")
    status, revision = Api(cast, "admin").put(f"{url}settings/", body)
    assert (status, revision["number"], revision["comment"]) == (200, 2, "louder")
    assert SettingsState.objects.get(device=cast.things["device"]).pending
    assert Api(cast, "reader").get(f"{url}settings/").body["settings"] == settings(system__volume=70)


def test_the_second_of_two_editors_is_told(cast: Cast, url: str) -> None:
    admin = Api(cast, "admin")
    admin.put(f"{url}settings/", {"base": 1, "settings": settings(system__volume=70)})
    late = admin.put(f"{url}settings/", {"base": 1, "settings": settings(system__volume=80)})
    assert (late.status, late.body["code"]) == (409, "profile_changed")


def test_secrets_are_masked_everywhere_and_kept_when_sent_back(cast: Cast, url: str) -> None:
    admin = Api(cast, "admin")
    saved = admin.put(f"{url}settings/", {"base": 1, "settings": settings(system__password="hunter2")})
    assert saved.body["settings"]["values"]["system.password"] == MASK
    stored = Revision.objects.get(profile=cast.things["profile"], number=2).content["values"]["system.password"]
    again = settings(system__password=MASK, system__volume=10)
    answers = [
        admin.put(f"{url}settings/", {"base": 2, "settings": again}),
        admin.get(f"{url}settings/"),
        admin.get(f"{url}revisions/2/"),
        admin.get(f"devices/{cast.things['device'].pk}/effective-settings/"),
        Api(cast, "root").get("audit/"),
    ]
    assert all(answer.status == 200 for answer in answers)
    assert "hunter2" not in str([saved, answers, list(Event.objects.values())])
    assert stored not in str([saved, answers])


def test_revisions_and_roll_back(cast: Cast, url: str) -> None:
    Api(cast, "admin").put(f"{url}settings/", {"base": 1, "settings": settings(system__volume=70)})
    assert each(cast, "GET", f"{url}revisions/") == expected("200 200 200 404 401")
    assert each(cast, "GET", f"{url}revisions/1/") == expected("200 200 200 404 401")
    assert each(cast, "POST", f"{url}revisions/1/roll-back/", {}) == expected("201 201 403 404 401")
    status, body = Api(cast, "admin").post(f"{url}revisions/1/roll-back/", {})
    assert (status, body["number"], body["settings"]) == (201, 3, settings())
    numbers = [item["number"] for item in Api(cast, "reader").get(f"{url}revisions/", ordering="-number").body["items"]]
    assert numbers == [3, 2, 1]
    other = RevisionFactory()
    assert Api(cast, "reader").get(f"profiles/{other.profile_id}/revisions/").status == 404


def test_catalogues(cast: Cast) -> None:
    url = f"catalogues/{cast.things['catalogue'].pk}/"
    assert Api(cast, "reader").names("catalogues/") == ["Test Linux"]
    assert each(cast, "GET", url) == expected("200 200 200 404 401")
    assert Api(cast, "reader").get(url).body["definition"]["format"] == "ums-catalogue/1"
