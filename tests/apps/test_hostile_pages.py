"""Hostile addresses and forms: pages refuse, they do not fail."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.factories import DeviceFactory
from ums.core.actor import SYSTEM
from ums.core.errors import AppError
from ums.devices.models import Device
from ums.devices.selectors import directory_root
from ums.devices.services import device_update, directory_create
from ums.domain.protocol import CommandKind
from ums.jobs.services import commands_give

BEFORE = ("2026-02-31T00:00:00", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "nonsense")


@pytest.mark.parametrize(
    "address",
    ["/webapp/search?q=a%00b", "/webapp/assign/candidates/?picks=profiles&q=%00x", "/webapp/devices/?directory=%00"],
)
def test_nul_in_an_address(cast: Cast, client: Client, address: str) -> None:
    client.force_login(cast.root)
    assert client.get(address).status_code == 400


@pytest.mark.django_db
def test_nul_in_a_sign_in(client: Client) -> None:
    assert client.post(reverse("accounts:login"), {"username": "a\0b", "password": "x"}).status_code == 400


@pytest.mark.django_db
def test_nul_in_a_stored_text() -> None:
    with pytest.raises(AppError) as refused:
        device_update(actor=SYSTEM, device=DeviceFactory(), site="a\0b")
    assert refused.value.fields.keys() == {"site"}


@pytest.mark.parametrize("before", BEFORE)
def test_moments_of_a_history(cast: Cast, client: Client, before: str) -> None:
    client.force_login(cast.root)
    url = reverse("devices:device_history", args=[DeviceFactory().pk])
    assert client.get(url, {"before": before}).status_code == 200


def test_other_digits_in_a_drop(cast: Cast, client: Client) -> None:
    client.force_login(cast.root)
    asked = {"kind": "directory", "target": "directory", "ids": "٣"}
    assert client.get(reverse("console:drop"), asked).status_code == 404


@pytest.mark.parametrize("name", ["profile_detail", "profile_menu", "profile_revisions"])
def test_ids_beyond_the_column(cast: Cast, client: Client, name: str) -> None:
    client.force_login(cast.root)
    assert client.get(reverse(f"profiles:{name}", args=[10**24])).status_code == 404


def test_the_last_day_of_all(cast: Cast, client: Client) -> None:
    client.force_login(cast.root)
    form = {"kind": "one_time", "name": "x", "count": "1", "last_day": "9999-12-31"}
    assert client.post(reverse("connector:key_create"), form).status_code == 422


def test_a_move_names_no_hidden_directory(cast: Cast, client: Client) -> None:
    """The dialog of a drop calls its target by name only to those who may see it."""
    hidden = directory_create(actor=SYSTEM, parent=directory_root(), name="Hidden Ward 77")
    client.force_login(cast.admin)
    device = DeviceFactory(directory=cast.own["device"])
    answer = client.get(reverse("devices:devices_move"), {"ids": device.pk, "target_id": hidden.pk})
    assert answer.status_code == 200 and b"Hidden Ward 77" not in answer.content
    url = reverse("devices:directory_move", args=[cast.own["device"].pk])
    answer = client.get(url, {"target_id": hidden.pk})
    assert answer.status_code == 200 and b"Hidden Ward 77" not in answer.content


def test_a_batch_counts_what_one_may_read(cast: Cast, client: Client) -> None:
    devices = [
        DeviceFactory(directory=cast.own["device"]),
        *DeviceFactory.create_batch(3, directory=cast.other["device"]),
    ]
    chosen = Device.objects.filter(pk__in=[device.pk for device in devices])
    batch = commands_give(actor=SYSTEM, devices=chosen, kind=CommandKind.REBOOT, target="some")
    counts = {}
    for role in ("root", "reader"):
        client.force_login(getattr(cast, role))
        counts[role] = client.get(reverse("jobs:batch_detail", args=[batch.pk])).context["progress"].total
    assert counts == {"root": 4, "reader": 1}
