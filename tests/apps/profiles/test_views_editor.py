"""What the editor asks and posts."""

from __future__ import annotations

import gzip
import json
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from tests.cast import Cast
from ums.audit.models import Event
from ums.devices.models import SettingsState
from ums.profiles.content import MASK, catalogue_of, unsealed
from ums.profiles.models import Profile

pytestmark = pytest.mark.django_db

SECRET = "hunter2-correct-horse"


class Editor:
    """One administrator's editor of the cast's profile."""

    def __init__(self, cast: Cast, role: str = "admin") -> None:
        self.client, self.pk = cast.client(role), cast.things["profile"].pk

    def load(self) -> dict[str, Any]:
        """What the page gives to the editor."""
        page = self.client.get(reverse("profiles:profile_detail", args=[self.pk])).content.decode()
        written = page.partition('<template id="editor-data">')[2].partition("</template>")[0]
        found: dict[str, Any] = json.loads(unescape(written))
        return found

    def save(self, base: int, values: dict[str, Any], **given: Any) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        settings = {"values": values, "instances": given.pop("instances", {})}
        body = {"base": base, "settings": settings, "overwrite_sessions": False, **given}
        response = self.client.post(
            reverse("profiles:profile_save", args=[self.pk]), body, content_type="application/json"
        )
        return response.status_code, response.json()


@pytest.fixture
def editor(cast: Cast) -> Editor:
    return Editor(cast)


def test_saves_a_revision_and_tells_how_many_devices_get_it(editor: Editor) -> None:
    status, answer = editor.save(1, {"system.volume": 10}, comment="Louder", when="next_boot")
    assert (status, answer["number"], answer["detail"]) == (200, 2, "1 device gets it at the next boot.")
    loaded = editor.load()
    assert (loaded["number"], loaded["author"], loaded["comment"]) == (2, "admin", "Louder")
    assert loaded["settings"] == {"values": {"system.volume": 10}, "instances": {}}


def test_nothing_changed_is_no_revision(editor: Editor) -> None:
    assert editor.save(1, {})[1] == {"number": 1, "message": "Nothing has changed.", "detail": ""}


def test_deferred_save_waits(cast: Cast, editor: Editor) -> None:
    SettingsState.objects.update(pending=False)
    editor.save(1, {"system.volume": 10}, when="next_boot")
    state = SettingsState.objects.get(pk=cast.things["device"].pk)
    assert (state.pending, state.deferred) == (True, True)


def test_refused_values_come_back_by_key(editor: Editor) -> None:
    instances = {"17": {"class": "sessions.rdp%", "values": {"name": 5, "server": True}}}
    status, answer = editor.save(1, {"system.volume": 500, "display0.resolution": "ok"}, instances=instances)
    assert status == 422
    assert answer["fields"].keys() == {"system.volume", "17:server"}
    assert answer["fields"]["system.volume"] == ["Enter a whole number from 0 to 100."]
    assert editor.load()["number"] == 1


def test_conflict_tells_who_saved_what_with_secrets_compared_but_not_told(cast: Cast, editor: Editor) -> None:
    editor.save(1, {"system.volume": 1, "system.password": SECRET, "system.kernel": "quiet"})
    other = Editor(cast, "root")
    other.save(2, {"system.volume": 2, "system.password": SECRET + "!", "system.kernel": "quiet"}, comment="Mine")
    status, answer = editor.save(2, {"system.volume": 3, "system.password": MASK})
    assert (status, answer["code"]) == (409, "profile_changed")
    head = answer["head"]
    assert (head["number"], head["author"], head["comment"]) == (3, "root", "Mine")
    assert head["changed"] == ["system.password", "system.volume"]
    assert head["settings"]["values"] == {"system.volume": 2, "system.password": MASK, "system.kernel": "quiet"}
    assert SECRET not in json.dumps(answer)
    status, _ = editor.save(3, {"system.volume": 3, "system.password": MASK})
    profile = Profile.objects.get(pk=editor.pk)
    assert status == 200 and profile.head is not None
    values = unsealed(catalogue_of(profile.based_on), profile.head.content).values
    assert values == {"system.volume": 3, "system.password": SECRET + "!"}, "the mask keeps the newest secret"


def test_secret_is_in_no_answer_page_or_event(cast: Cast, editor: Editor) -> None:
    instances = {"17": {"class": "sessions.rdp%", "values": {"name": "A"}}}
    _, answer = editor.save(1, {"system.password": SECRET}, instances=instances)
    pages = [
        json.dumps([answer, editor.load()]),
        *(
            editor.client.get(reverse(f"profiles:{name}", args=args)).content.decode()
            for name, args in (
                ("profile_detail", [editor.pk]),
                ("revision_detail", [editor.pk, 2]),
                ("profile_revisions", [editor.pk]),
            )
        ),
        *(
            editor.client.get(
                reverse("effective:device_settings", args=[cast.things["device"].pk]), query
            ).content.decode()
            for query in ({}, {"show": "all"}, {"q": "password"})
        ),
        json.dumps(list(Event.objects.values_list("before", "after"))),
    ]
    assert not [page for page in pages if SECRET in page]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"base": "x"}',
        b'{"base": 1, "settings": {}, "overwrite_sessions": 0}',
        b'{"base": 1, "settings": {}, "overwrite_sessions": false, "when": "never"}',
        b'{"base": 1, "settings": {}, "overwrite_sessions": false, "extra": 1}',
        b"\xff",
        b"[" * 5000,
    ],
)
def test_what_no_editor_sends_is_refused(editor: Editor, body: bytes) -> None:
    url = reverse("profiles:profile_save", args=[editor.pk])
    response = editor.client.post(url, body, content_type="application/json", headers={"accept": "application/json"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_shape_of_settings_is_checked(editor: Editor) -> None:
    body = {"base": 1, "settings": {"values": {"a": [1]}, "more": 1}, "overwrite_sessions": False}
    url = reverse("profiles:profile_save", args=[editor.pk])
    assert editor.client.post(url, body, content_type="application/json").status_code == 422


def test_catalogue_is_kept_by_browsers_under_its_checksum(cast: Cast, editor: Editor) -> None:
    row = cast.things["catalogue"]
    response = editor.client.get(reverse("profiles:catalogue_data", args=[row.pk, row.checksum]))
    assert response.json()["format"] == "ums-catalogue/1" and "immutable" in response["Cache-Control"]
    assert editor.client.get(reverse("profiles:catalogue_data", args=[row.pk, "another"])).status_code == 404


def test_catalogue_comes_packed_to_who_takes_it(cast: Cast, editor: Editor) -> None:
    row = cast.things["catalogue"]
    url = reverse("profiles:catalogue_data", args=[row.pk, row.checksum])
    plain, packed = editor.client.get(url), editor.client.get(url, headers={"accept-encoding": "br, gzip"})
    assert (plain.get("Content-Encoding"), packed["Content-Encoding"]) == (None, "gzip")
    assert plain.content == gzip.decompress(packed.content) == row.definition.encode()
    assert "Accept-Encoding" in plain["Vary"] and "Accept-Encoding" in packed["Vary"]
