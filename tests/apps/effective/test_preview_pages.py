"""Dialogs and the editor, asked what they would change: a fragment, the full list, and never the write itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.cast import Cast
from tests.factories import AssignmentFactory
from ums.audit.models import Event
from ums.devices.models import Device
from ums.profiles.models import Assignment, Profile, Revision

pytestmark = pytest.mark.django_db

X = "system.timezone"
TOML = """format = "ums-profile/1"
name = "{name}"
based_on = {{name = "{based_on}", version = "{version}"}}
[values]
"system.timezone" = "Berlin"
"""


def body(cast: Cast, **values: Any) -> str:
    profile = cast.things["profile"]
    profile.refresh_from_db()
    settings = {"values": values, "instances": {}}
    return json.dumps({"base": profile.head.number, "settings": settings, "overwrite_sessions": False})


def save(cast: Cast, query: str, content: str) -> Any:
    url = reverse("profiles:profile_save", args=[cast.things["profile"].pk])
    return cast.client("admin").post(url + query, content, content_type="application/json")


def test_the_editor(cast: Cast) -> None:
    shown = save(cast, "?preview=1", body(cast, **{X: "Berlin"})).content.decode()
    assert "<strong>1 of 1 device</strong> changes" in shown
    assert "Time zone" in shown
    assert "Berlin" in shown
    assert cast.things["device"].name in shown
    assert Revision.objects.filter(profile=cast.things["profile"]).count() == 1
    listed = save(cast, "?preview=csv", body(cast, **{X: "Berlin"}))
    assert X in b"".join(listed.streaming_content).decode()


def test_the_editor_gets_its_own_refusals(cast: Cast) -> None:
    refused = save(cast, "?preview=1", body(cast, **{"system.volume": 101}))
    assert refused.status_code == 422
    assert "system.volume" in refused.json()["fields"]
    assert save(cast, "?preview=1", json.dumps({**json.loads(body(cast)), "base": 9})).status_code == 409


def test_dialogs(cast: Cast) -> None:
    client, things = cast.client("admin"), cast.things
    profile, device, directory = things["profile"].pk, things["device"].pk, things["directory"].pk
    own = cast.own["device"].pk
    rows = [model.objects.count() for model in (Assignment, Profile, Device, Event)]
    for name, at, data, words in (
        ("profiles:assign", [], {"profile": profile, "directory": own}, "device"),
        ("profiles:assignment_remove", [], {"ids": things["assignment"].pk}, "device"),
        ("profiles:profile_delete", [profile], {}, "device"),
        ("profiles:profiles_delete", [], {"ids": profile}, "device"),
        ("devices:devices_move", [], {"ids": device, "expect": 1, "directory": own}, "device"),
        ("devices:device_delete", [], {"ids": device, "expect": 1}, "deleted"),
        ("devices:directory_move", [directory], {"parent": own}, "device"),
        ("devices:directory_delete", [directory], {}, "No device is concerned"),
        ("profiles:profiles_restore", [], {"ids": things["deleted_profile"].pk}, "No device is concerned"),
        ("profiles:assign", [], {"profile": profile, "picks": "targets"}, "complete"),
    ):
        answer = client.post(f"{reverse(name, args=at)}?preview=1", data)
        assert answer.status_code == 200, name
        assert words in answer.content.decode(), name
        assert "HX-Trigger" not in answer, name
    assert rows == [model.objects.count() for model in (Assignment, Profile, Device, Event)]


def test_what_cannot_be_tried_out_is_refused_and_not_done(cast: Cast) -> None:
    url = reverse("profiles:profile_properties", args=[cast.things["profile"].pk])
    answer = cast.client("admin").post(f"{url}?preview=1", {"name": "Renamed"})
    assert answer.status_code == 400
    assert not Profile.objects.filter(name="Renamed").exists()


def test_nonsense_is_refused_and_not_done(cast: Cast) -> None:
    answer = save(cast, "?preview=yes", body(cast, **{X: "Berlin"}))
    assert answer.status_code == 400
    assert Revision.objects.filter(profile=cast.things["profile"]).count() == 1


def test_removing_is_asked_about_by_those_who_may(cast: Cast) -> None:
    url = f"{reverse('profiles:assignment_remove')}?ids={cast.things['assignment'].pk}"
    assert "What changes" in cast.client("admin").get(url).content.decode()
    assert cast.client("reader").get(url).status_code == 403
    assert Assignment.objects.filter(pk=cast.things["assignment"].pk).exists()


def test_restoring_tells_what_counts_again(cast: Cast) -> None:
    client, profile = cast.client("admin"), cast.things["deleted_profile"]
    url, ids = reverse("profiles:profiles_restore"), {"ids": profile.pk}
    dialog = client.get(url, ids).content.decode()
    assert "assigned to no device" in dialog
    assert "What changes" not in dialog
    AssignmentFactory(profile=profile, device=cast.things["device"])
    values(profile, **{X: "Berlin"})
    dialog = client.get(url, ids).content.decode()
    assert "1 assignment" in dialog
    assert "What changes" in dialog
    shown = client.post(f"{url}?preview=1", ids).content.decode()
    assert "<strong>1 of 1 device</strong> changes" in shown
    assert "Berlin" in shown
    assert Profile.objects.get(pk=profile.pk).deleted_at
    assert client.post(url, ids).status_code == 204
    assert not Profile.objects.get(pk=profile.pk).deleted_at


def test_importing_tells_what_changes_before_it_is_done(cast: Cast) -> None:
    client, profile = cast.client("admin"), cast.things["profile"]
    client.post(f"{reverse('profiles:profile_save', args=[profile.pk])}", body(cast), content_type="application/json")
    head = Profile.objects.get(pk=profile.pk).head_id
    text = TOML.format(name=profile.name, based_on=profile.based_on.name, version=profile.based_on.version)

    def asked(route: str, query: str = "", **decisions: str) -> Any:
        file = SimpleUploadedFile("own.toml", text.encode())
        data = {"target": cast.own["profile"].pk, "file": file, **decisions}
        return client.post(reverse(f"profiles:{route}") + query, data, headers={"hx-request": "true"})

    plan = asked("import_plan").content.decode()
    assert f'<ums-preview url="{reverse("profiles:profiles_import")}"' in plan
    assert "once the form is complete" in asked("profiles_import", "?preview=1").content.decode()
    answer = asked("profiles_import", "?preview=1", **{"decision-0": "replace"})
    assert "<strong>1 of 1 device</strong> changes" in answer.content.decode()
    assert "Berlin" in answer.content.decode()
    assert "HX-Retarget" not in answer
    listed = asked("profiles_import", "?preview=csv", **{"decision-0": "replace"})
    assert "Berlin" in b"".join(listed.streaming_content).decode()
    assert Profile.objects.get(pk=profile.pk).head_id == head


def values(profile: Profile, **given: Any) -> None:
    """What the profile sets, in force or in the recycle bin."""
    assert profile.head is not None
    profile.head.content = {"values": given, "instances": {}}
    profile.head.save()
