"""The effective settings of a device with a user of a real directory who is not logged in there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from swp.ldap import pool
from swp.ldap.directory import connected
from swp.links import link_of
from swp.models import DirectoryObject, LinkedDirectory
from swp.services.assignments import user_assignments_add
from swp.services.objects import objects_seen
from tests.factories import CatalogueFactory, DeviceFactory, ProfileFactory, UserFactory
from tests.factories.swp import LinkedDirectoryFactory, SessionFactory, linked
from ums.core.actor import SYSTEM
from ums.profiles.services import profile_save

if TYPE_CHECKING:
    from django.test import Client

    from swp.ldap.types import Entry
    from tests.services.samba import Samba
    from ums.devices.models import Device
    from ums.profiles.models import Profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client: Client) -> Client:
    """A superuser's browser."""
    client.force_login(UserFactory(is_superuser=True))
    return client


@pytest.fixture
def row(corp: Samba) -> LinkedDirectory:
    return linked(corp)


def entry(row: LinkedDirectory, name: str) -> Entry:
    with connected(link_of(row)) as directory:
        return next(one for one in directory.search(name, size=50).entries if one.name == name)


def known(row: LinkedDirectory, name: str) -> DirectoryObject:
    found = entry(row, name)
    return objects_seen(directory=row, entries=[found])[found.guid]


def key(row: LinkedDirectory, name: str) -> str:
    return f"{row.pk}-{entry(row, name).guid}"


def a_device() -> Device:
    catalogue = CatalogueFactory()
    return DeviceFactory(firmware=catalogue.name, firmware_version=catalogue.version)


def quiet(volume: int, name: str = "Quiet") -> Profile:
    row = ProfileFactory(name=name, based_on=CatalogueFactory())
    profile_save(
        actor=SYSTEM,
        profile=row,
        settings={"values": {"system.volume": volume}},
        overwrite_sessions=False,
        base=row.head.number,
    )
    return row


def test_page_dialog_and_api_tell_of_the_group_that_it_comes_by(root: Client, row: LinkedDirectory) -> None:
    device, alice = a_device(), key(row, "alice")
    user_assignments_add(actor=SYSTEM, profiles=[quiet(7)], objects=[known(row, "trade")])
    page = root.get(reverse("effective:device_settings", args=[device.pk]), {"user": alice})
    text = page.content.decode()
    assert "As if <strong>alice</strong> were logged in" in text
    assert "group trade" in text and "Quiet" in text
    dialog = root.get(
        reverse("effective:parameter_explained", args=[device.pk]), {"user": alice, "path": "system.volume"}
    )
    assert "on group trade" in dialog.content.decode()
    answer = root.get(reverse("api:effective-settings", args=[device.pk]), {"user": alice, "path": "system.volume"})
    document = answer.json()
    assert (document["user"], document["parameters"][0]["value"]) == ("alice", 7)
    assert document["parameters"][0]["winner"]["place"] == "group trade"
    assert {"kind": "group", "name": "trade", "distance": 4} in [
        {name: one[name] for name in ("kind", "name", "distance")} for one in document["principals"]
    ]
    now = root.get(reverse("api:effective-settings", args=[device.pk]), {"path": "system.volume"}).json()
    assert (now["user"], now["parameters"][0]["value"]) == (None, 50), "nothing of it is kept"


def test_who_is_logged_in_counts_and_can_be_left_out(root: Client, row: LinkedDirectory) -> None:
    device, alice = a_device(), known(row, "alice")
    user_assignments_add(actor=SYSTEM, profiles=[quiet(7)], objects=[alice])
    SessionFactory(device=device, user=alice)
    url = reverse("api:effective-settings", args=[device.pk])

    def volume(**query: str) -> int:
        found: int = root.get(url, {"path": "system.volume", **query}).json()["parameters"][0]["value"]
        return found

    assert volume() == 7
    assert volume(user="nobody") == 50
    assert volume(user=key(row, "bob")) == 50
    assert volume(user=f"{row.pk}-{alice.guid}") == 7, "without asking the directory"
    page = root.get(reverse("effective:device_settings", args=[device.pk])).content.decode()
    assert "<strong>alice</strong> is logged in" in page
    assert (
        "As if nobody were logged in"
        in root.get(reverse("effective:device_settings", args=[device.pk]), {"user": "nobody"}).content.decode()
    )


def test_a_directory_that_does_not_answer_is_something_to_read(root: Client, row: LinkedDirectory) -> None:
    device, alice = a_device(), key(row, "alice")
    pool.forget()
    LinkedDirectory.objects.filter(pk=row.pk).update(controllers=["127.0.0.1:9"])
    page = root.get(reverse("effective:device_settings", args=[device.pk]), {"user": alice})
    assert page.status_code == 200
    assert "The directory cannot be asked" in page.content.decode() and "Retry" in page.content.decode()
    assert root.get(reverse("api:effective-settings", args=[device.pk]), {"user": alice}).status_code == 503


def test_without_a_browse_account_one_signs_in_first(root: Client, corp: Samba) -> None:
    row = linked(corp, browse="")
    device = a_device()
    nobody = f"{row.pk}-11111111-2222-3333-4444-555555555555"
    page = root.get(reverse("effective:device_settings", args=[device.pk]), {"user": nobody}).content.decode()
    assert "Sign in to the directory" in page
    assert root.get(reverse("api:effective-settings", args=[device.pk]), {"user": nobody}).status_code == 409


def test_users_are_found_for_a_device_and_devices_for_a_user(root: Client, row: LinkedDirectory) -> None:
    device, other = a_device(), a_device()
    SessionFactory(device=other, user=known(row, "bob"))
    dialog = root.get(reverse("effective:user_pick", args=[device.pk])).content.decode()
    assert f"user={key(row, 'bob')}" in dialog, "who logged in somewhere stands there at once"
    found = root.get(
        reverse("effective:user_candidates", args=[device.pk]), {"q": "alic", "directory": row.pk}
    ).content.decode()
    assert f"{reverse('effective:device_settings', args=[device.pk])}?user={key(row, 'alice')}" in found
    devices = root.get(reverse("effective:device_candidates", args=[key(row, "bob")])).content.decode()
    assert devices.index(other.name) < devices.index(device.name) and "logged in here" in devices
    assert (
        device.name
        in root.get(
            reverse("effective:device_candidates", args=[key(row, "alice")]), {"q": device.name}
        ).content.decode()
    )


@pytest.mark.parametrize("asked", ["3", "3-root", "x-y", "3-11111111-2222-3333-4444-555555555555", "-1-root"])
def test_keys_that_name_no_user(root: Client, asked: str) -> None:
    device = a_device()
    LinkedDirectoryFactory(pk=3, kind="ldap")
    page = root.get(reverse("effective:device_settings", args=[device.pk]), {"user": asked})
    assert page.status_code == (200 if asked.endswith("5") else 404)


def test_a_group_is_no_user(root: Client, row: LinkedDirectory) -> None:
    asked = {"user": key(row, "trade")}
    assert root.get(reverse("effective:device_settings", args=[a_device().pk]), asked).status_code == 404


def test_only_who_may_browse_users_can_ask_for_another_one(client: Client, row: LinkedDirectory, cast) -> None:
    reader = cast.client("reader")
    url = reverse("effective:device_settings", args=[cast.things["device"].pk])
    assert reader.get(url).status_code == 200
    assert reader.get(url, {"user": key(row, "alice")}).status_code == 403
