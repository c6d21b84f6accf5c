"""Dialogs about files tell what changes before it does; all dialogs “Assign…” find devices alike."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from tests.cast import Cast
from ums.devices.models import Device, NetworkAdapter
from ums.files.models import File, FileAssignment
from ums.profiles.models import ProfileFile

pytestmark = pytest.mark.django_db


def text(response: Any) -> str:
    assert response.status_code == 200, response.content
    return str(response.content.decode())


@pytest.mark.parametrize(
    ("route", "given"),
    [
        ("files:assign_candidates", "file"),
        ("profiles:assign_candidates", "profile"),
        ("profiles:template_assign_candidates", "template_value"),
    ],
)
def test_devices_are_found_by_any_identifier(cast: Cast, route: str, given: str) -> None:
    device = cast.things["device"]
    Device.objects.filter(pk=device.pk).update(serial_number="SN-77", ip_address="10.1.2.3")
    NetworkAdapter.objects.create(device=device, name="eth0", mac="00:80:64:aa:bb:cc")
    field = given.removeprefix("template_")
    for words, found in (("sn-77", True), ("10.1.2", True), ("64:aa:bb", True), (device.name, True), ("sn-78", False)):
        page = text(cast.client("admin").get(reverse(route), {field: cast.things[given].pk, "q": words}))
        assert (f'name="device" value="{device.pk}"' in page) is found, words


def test_deleting_a_file_is_tried_out_before_it_is_confirmed(cast: Cast) -> None:
    client, file = cast.client("admin"), cast.things["file"]
    url = reverse("files:file_delete", args=[file.pk])
    assert "<ums-preview" in text(client.get(url))
    assert file.name in text(client.post(f"{url}?preview=1", {"when": "now"}))
    assert client.post(url, {"when": "now"}).status_code == 422, "the name is not typed"
    assert File.objects.filter(pk=file.pk).exists()


def test_another_path_is_tried_out(cast: Cast) -> None:
    client, file = cast.client("admin"), cast.things["file"]
    url = reverse("files:file_properties", args=[file.pk])
    form = {
        "name": file.name,
        "classification": "undefined",
        "device_path": "/elsewhere",
        "mode": "600",
        "owner": "root",
    }
    assert "/elsewhere" in text(client.post(f"{url}?preview=1", form))
    assert File.objects.get(pk=file.pk).device_path == file.device_path


def test_removing_asks_and_tells_what_goes(cast: Cast) -> None:
    client, assignment = cast.client("admin"), cast.things["file_assignment"]
    ProfileFile.objects.all().delete()  # or the file would stay where a profile brings it too
    url = reverse("files:assignment_remove")
    dialog = text(client.get(url, {"ids": assignment.pk}))
    assert f"Remove “{assignment.file.name}” from {assignment.target}?" in dialog and "<ums-preview" in dialog
    assert assignment.file.name in text(client.post(f"{url}?preview=1", {"ids": assignment.pk}))
    assert FileAssignment.objects.filter(pk=assignment.pk).exists()
    answer = client.post(url, {"ids": assignment.pk, "when": "next_boot"})
    toast = json.loads(answer["HX-Trigger"])["ums:toast"]
    assert toast["detail"] == "Changed settings go out at the next boot."
    assert not FileAssignment.objects.filter(pk=assignment.pk).exists()
    client.post(toast["undo"]["url"])
    assert FileAssignment.objects.filter(file=assignment.file).count() == 1
