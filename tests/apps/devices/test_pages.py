"""The pages of one device: what is edited by two at once, what happened, and the dialogs of directories."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cast import Cast
from tests.factories import DeviceFactory
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.devices.forms import DevicePropertiesForm
from ums.devices.models import Device, Directory
from ums.devices.services import device_update
from ums.domain.protocol import CommandKind
from ums.jobs.services import commands_give

pytestmark = pytest.mark.django_db


def sent(device: Device, **changes: str) -> dict[str, Any]:
    """The form of a device as a browser sends it, with `changes` typed in."""
    form = DevicePropertiesForm(instance=device)
    found = {}
    for field in form:
        found[field.html_name] = found[field.html_initial_name] = field.value() or ""
    return {**found, **changes}


def test_two_editors_of_one_device_lose_nothing(cast: Cast) -> None:
    device, client = cast.things["device"], cast.client("admin")
    url = f"/webapp/devices/{device.pk}/edit"
    mine = sent(device, site="Bremen", department="Mine")
    device_update(actor=SYSTEM, device=device, comment="Theirs", department="Theirs")
    response = client.post(url, mine)
    assert response.status_code == 422 and "Somebody else changed this to “Theirs”" in response.content.decode()
    device.refresh_from_db()
    assert (device.site, device.department, device.comment) == ("", "Theirs", "Theirs")
    assert client.post(url, {**mine, "initial-department": "Theirs"}).status_code == 200
    device.refresh_from_db()
    assert (device.site, device.department, device.comment) == ("Bremen", "Mine", "Theirs")


def test_wrong_properties_are_told_beside_the_field(cast: Cast) -> None:
    device = cast.things["device"]
    data = sent(device, name="", in_service_date="tomorrow")
    response = cast.client("admin").post(f"/webapp/devices/{device.pk}/edit", data)
    page = response.content.decode()
    assert response.status_code == 422 and 'id="id_name_error"' in page and 'id="id_in_service_date_error"' in page


def test_history_has_changes_and_commands(cast: Cast) -> None:
    device = DeviceFactory(directory=cast.own["device"])
    device_update(actor=SYSTEM, device=device, site="Bremen")
    one = Device.objects.filter(pk=device.pk)
    commands_give(actor=SYSTEM, devices=one, kind=CommandKind.MESSAGE, target="it", arguments={"text": "Hello there"})
    page = cast.client("reader").get(f"/webapp/devices/{device.pk}/history/").content.decode()
    assert page.index("Hello there") < page.index("Bremen")


def test_renames_and_moves_of_directories_can_be_undone(cast: Cast) -> None:
    directory, client = cast.things["directory"], cast.client("root")
    for path, data in (("rename", {"name": "Other name"}), ("move", {"parent": cast.other["device"].pk})):
        response = client.post(f"/webapp/directories/{directory.pk}/{path}", data)
        assert client.post(json.loads(response["HX-Trigger"])["ums:toast"]["undo"]["url"]).status_code == 204
    directory = Directory.objects.get(pk=directory.pk)
    assert (directory.name, directory.parent) == ("Below own", cast.own["device"])


def test_a_full_directory_says_what_is_inside(cast: Cast) -> None:
    own = cast.own["device"]
    client, address = cast.client("root"), f"/webapp/directories/{own.pk}/delete"
    for response, status in ((client.get(address), 200), (client.post(address), 422)):
        assert response.status_code == status
        text = response.content.decode()
        assert "“Own” still holds 1 directory and 1 device" in text
        assert "Delete directory" not in text, "it is not offered"


def test_asking_about_an_empty_directory_deletes_nothing(cast: Cast) -> None:
    directory = cast.things["directory"]
    text = cast.client("root").get(f"/webapp/directories/{directory.pk}/delete").content.decode()
    assert "Delete directory" in text
    assert Directory.objects.filter(pk=directory.pk).exists()
    assert not Event.objects.filter(action="directory.deleted").exists()
