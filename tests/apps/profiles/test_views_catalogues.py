"""The pages of parameter catalogues and the dialog that moves a profile to another."""

from __future__ import annotations

import json
import zipfile
from copy import deepcopy
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.factories.profiles import DEFINITION
from ums.profiles.models import Catalogue, Profile

pytestmark = pytest.mark.django_db

SETUP = b"<vlist><a><b>value=<1>type=<integer></b><c>value=<x>type=<colour></c></a></vlist>"
UI = json.dumps({"p": {"title": "Page one", "elements": {"0": {"type": "generic", "paramId": "a.b"}}}}).encode()


@pytest.fixture
def root(cast: Cast) -> Client:
    return cast.client("root")


def upload(client: Client, *files: tuple[str, bytes], **fields: str) -> Any:
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(reverse("profiles:catalogue_import"), {"files": sent, **fields}, headers={"HX-Request": "true"})


def definition(**changes: Any) -> bytes:
    return json.dumps({**deepcopy(DEFINITION), **changes}).encode()


def without(path: str, **changes: Any) -> bytes:
    left = [entry for entry in DEFINITION["parameters"] if entry["path"] != path]
    return definition(parameters=left, **changes)


def test_the_list_counts_parameters_and_profiles(root: Client) -> None:
    text = root.get(reverse("profiles:catalogue_list")).content.decode()
    assert "Test Linux" in text and "Parameter Catalogues" in text


def test_a_definition_is_uploaded_with_its_pages(root: Client) -> None:
    answer = upload(root, ("setup.def", SETUP), ("ui.json", UI), name="app", version="3", os="igel-os-12")
    assert answer.status_code == 200 and "ums:changed" in answer["HX-Trigger"]
    assert "1 parameter of an unknown type" in answer.content.decode()
    row = Catalogue.objects.get(name="app")
    assert (row.version, row.os, row.parameter_count, row.page_count) == ("3", "igel-os-12", 2, 3)
    page = root.get(reverse("profiles:catalogue_detail", args=[row.pk]), {"page": "p"}).content.decode()
    assert ">a.b<" in page and ">a.c<" not in page
    assert ">a.c<" in root.get(reverse("profiles:catalogue_detail", args=[row.pk]), {"q": "c"}).content.decode()


def test_the_apps_of_an_ipm_are_imported_without_profiles(root: Client) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for app in ("base_system-12.7.4", "cwa-23.9.24+1"):
            archive.writestr(f"APPS/{app}/config/setup.def", SETUP)
            archive.writestr(f"APPS/{app}/config/ui.json", UI)
    answer = upload(root, ("export.ipm", packed.getvalue()))
    assert answer.status_code == 200, answer.content.decode()
    imported = Catalogue.objects.filter(os="igel-os-12").values_list("name", "version")
    assert set(imported) == {("base_system", "12.7.4"), ("cwa", "23.9.24+1")}


@pytest.mark.parametrize(
    ("files", "fields", "words"),
    [
        ([("setup.def", b"<a>")], {"name": "x", "version": "1"}, "still open"),
        ([("setup.def", SETUP)], {}, "Version: Enter it."),
        ([("ui.json", UI)], {"name": "x", "version": "1"}, "definition is missing"),
        ([("notes.txt", b"x")], {}, "is no catalogue"),
        ([("x.json", b"{")], {}, "not a catalogue"),
        ([("x.ipm", b"PK")], {}, "cannot be read"),
        ([("x.json", b"{}")] * 11, {}, "At most 10 files"),
        ([("good.json", definition(version="7")), ("bad.json", b"{")], {}, "not a catalogue"),
    ],
)
def test_what_is_refused_says_why_and_stores_nothing(
    root: Client, files: list[tuple[str, bytes]], fields: dict[str, str], words: str
) -> None:
    before = Catalogue.objects.count()
    answer = upload(root, *files, **fields)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert Catalogue.objects.count() == before


def test_a_downgrade_is_asked_about(root: Client, cast: Cast) -> None:
    profile = cast.things["profile"]
    profile.head.content = {"values": {"system.volume": 7}, "instances": {}}
    profile.head.save()
    answer = upload(root, ("c.json", without("system.volume")))
    assert answer.status_code == 422 and 'name="confirmed"' in answer.content.decode()
    assert "system.volume" in answer.content.decode()
    assert upload(root, ("c.json", without("system.volume")), confirmed="true").status_code == 200
    assert profile.based_on.__class__.objects.get(pk=profile.based_on.pk).parameter_count == 6


def test_an_unused_catalogue_is_deleted(root: Client) -> None:
    upload(root, ("c.json", definition(version="9")))
    row = Catalogue.objects.get(version="9")
    assert "Delete catalogue" in root.get(reverse("profiles:catalogue_delete", args=[row.pk])).content.decode()
    assert root.post(reverse("profiles:catalogue_delete", args=[row.pk])).status_code == 204
    assert not Catalogue.objects.filter(pk=row.pk).exists()


def test_a_profile_is_moved_after_the_report(root: Client, cast: Cast) -> None:
    profile: Profile = cast.things["profile"]
    head = profile.head
    assert head is not None
    head.content = {"values": {"system.volume": 7, "system.kernel": "quiet"}, "instances": {}}
    head.save()
    upload(root, ("c.json", without("system.volume", version="0.9")))
    older = Catalogue.objects.get(version="0.9")
    url = reverse("profiles:profile_rebase", args=[profile.pk])
    text = root.get(url).content.decode()
    assert "0.9 is older than 1.0.0" in text and "1 kept, though Test Linux 0.9 does not know it" in text
    fragment = root.get(url, {"catalogue": older.pk}).content.decode()
    assert "1 value fits" in fragment and "dialog-form" not in fragment
    answer = root.post(url, {"catalogue": older.pk, "base": head.number, "comment": "Back"})
    assert answer.status_code == 204, answer.content.decode()
    profile.refresh_from_db()
    assert profile.based_on == older
    assert root.post(url, {"catalogue": older.pk, "base": head.number}).status_code == 422, "it is there already"
