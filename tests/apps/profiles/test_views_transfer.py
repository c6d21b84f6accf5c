"""Pages that export and import profiles, as a browser asks for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.cast import Cast
from tests.factories import CatalogueFactory
from ums.audit.models import Event
from ums.devices.models import DirectoryKind
from ums.domain.formats.files import Format, read_file
from ums.profiles.models import Profile

pytestmark = pytest.mark.django_db

TOML = """format = "ums-profile/1"
name = "{name}"
directory = ["North"]
based_on = {{name = "Test Linux"}}
[values]
"system.volume" = {volume}
"made.up" = 1
"""


@pytest.fixture(autouse=True)
def catalogue() -> Any:
    """What the profiles of these tests are based on."""
    return CatalogueFactory()


def file(name: str = "Kiosk", volume: int = 30) -> SimpleUploadedFile:
    """What an administrator chooses."""
    return SimpleUploadedFile("kiosk.toml", TOML.format(name=name, volume=volume).encode())


def post(cast: Cast, route: str, role: str = "admin", **data: Any) -> Any:
    """A form as the page sends it."""
    given = {"target": cast.own[DirectoryKind.PROFILE].pk, "rebuild": "on", **data}
    return cast.client(role).post(reverse(f"profiles:{route}"), given, headers={"hx-request": "true"})


def test_export_is_a_download(cast: Cast) -> None:
    url, profile = reverse("profiles:profiles_export"), cast.things["profile"]
    page = cast.client("admin").get(url, {"ids": profile.pk}).content.decode()
    assert "Export “Own profile”" in page and 'name="secrets"' in page
    assert 'name="secrets"' not in cast.client("reader").get(url, {"ids": profile.pk}).content.decode()
    for kind in Format:
        answer = cast.client("reader").post(url, {"profile": profile.pk, "format": kind.value})
        assert answer["Content-Disposition"] == f'attachment; filename="Own profile.{kind}"'
        assert answer["Cache-Control"] == "no-store"
        assert read_file(answer.content)[1].profiles[0].name == "Own profile"
    assert cast.client("reader").post(url, {"profile": profile.pk, "format": "doc"}).status_code == 400


def test_a_list_offers_both_to_those_who_may(cast: Cast) -> None:
    url = reverse("profiles:profile_list")
    assert reverse("profiles:profiles_import") in cast.client("admin").get(url).content.decode()
    reader = cast.client("reader").get(url).content.decode()
    assert reverse("profiles:profiles_import") not in reader and reverse("profiles:profiles_export") in reader


def test_the_plan_shows_what_is_in_the_file_and_stores_nothing(cast: Cast) -> None:
    answer = post(cast, "import_plan", file=file())
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Kiosk" in page and "North" in page and "Test Linux 1.0.0" in page and "1 unknown parameter" in page
    assert not Profile.objects.filter(name="Kiosk").exists()


def test_import_as_new_and_undo(cast: Cast) -> None:
    answer = post(cast, "profiles_import", file=file(), **{"decision-0": "new"})
    assert answer["HX-Retarget"] == "#import"
    profile = Profile.objects.get(name="Kiosk")
    assert reverse("profiles:profile_detail", args=[profile.pk]) in answer.content.decode()
    assert profile.directory.name == "North" and profile.directory.parent == cast.own[DirectoryKind.PROFILE]
    assert profile.head is not None and profile.head.comment == "Imported from kiosk.toml"
    answer = post(cast, "import_undo", undo=f"{profile.pk}:0")
    assert "taken back: deleted 1" in json.loads(answer["HX-Trigger"])["ums:toast"]["text"]
    assert not Profile.objects.filter(name="Kiosk", deleted_at=None).exists()
    assert post(cast, "import_undo", role="stranger", undo=f"{cast.things['profile'].pk}:1").status_code == 404
    assert post(cast, "import_undo", role="reader", undo=f"{cast.things['profile'].pk}:1").status_code == 403
    assert post(cast, "import_undo", undo=f"{cast.things['profile'].pk}:99999").status_code == 404


def test_what_exists_asks_and_keeps_the_other_answers(cast: Cast) -> None:
    post(cast, "profiles_import", file=file())
    answer = post(cast, "profiles_import", file=file(volume=31), leave_out="1")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Decide what to do with “Kiosk”" in page and "Differs in 1" in page and "Choose…" in page
    answer = post(cast, "profiles_import", file=file(volume=31), **{"decision-0": "replace"})
    assert "replaced revision 1" in answer.content.decode()
    profile = Profile.objects.get(name="Kiosk")
    post(cast, "profiles_import", file=file(volume=32), duplicates="replace")
    profile.refresh_from_db()
    assert profile.head is not None and profile.head.number == 3
    page = post(cast, "import_plan", file=file(volume=32)).content.decode()
    assert "Identical" in page


def test_values_that_cannot_be_taken_are_shown_and_can_be_left_out(cast: Cast) -> None:
    answer = post(cast, "profiles_import", file=file(volume=500))
    page = answer.content.decode()
    assert answer.status_code == 422 and "Nothing was imported" in page
    assert "system.volume" in page and "from 0 to 100" in page and 'name="leave_out"' in page
    assert post(cast, "profiles_import", file=file(volume=500), leave_out="1").status_code == 200
    assert Profile.objects.filter(name="Kiosk").exists()


@pytest.mark.parametrize("route", ["import_plan", "profiles_import"])
def test_a_wrong_file_is_told(cast: Cast, route: str) -> None:
    answer = post(cast, route, file=SimpleUploadedFile("x.ipm", b"PK\x03\x04nonsense"))
    assert answer.status_code == 422 and "cannot be imported" in answer.content.decode()
    answer = post(cast, route)
    assert answer.status_code == 422 and "Choose a file" in answer.content.decode()
    events = Event.objects.count()
    answer = post(cast, route, file=file(), target=cast.other[DirectoryKind.PROFILE].pk)
    assert answer.status_code == 422 and Event.objects.count() == events


def test_a_file_that_is_too_large(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ums.profiles.views.transfer.MAX_FILE", 10)
    assert "larger than" in post(cast, "import_plan", file=file()).content.decode()


def test_the_page_offers_the_directories_that_one_may_write_to(cast: Cast) -> None:
    url = reverse("profiles:profiles_import")
    own = cast.own[DirectoryKind.PRIORITY_PROFILE]
    page = cast.client("admin").get(url, {"kind": "priority", "directory": own.pk}).content.decode()
    assert f'<option value="{own.pk}" selected>' in page
    assert f'value="{cast.other[DirectoryKind.PROFILE].pk}"' not in page
