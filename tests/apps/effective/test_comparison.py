"""A profile beside a device: what takes effect, and why the rest does not."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests.apps.asking import text
from tests.cast import Cast
from tests.factories import AssignmentFactory, DeviceFactory, DirectoryFactory, ProfileFactory
from ums.effective.comparison import profile_on_device
from ums.profiles.comparison import side_of
from ums.profiles.content import MASK

pytestmark = pytest.mark.django_db


def rows(profile: Any, device: Any) -> dict[str, tuple[str, str]]:
    found = profile_on_device(profile=profile, side=side_of(profile.head), device=device)
    return {row.key: (row.sign.value, row.note) for group in found.groups for row in group.rows}


def test_each_value_says_whether_it_takes_effect() -> None:
    directory = DirectoryFactory(name="Hall")
    device = DeviceFactory(directory=directory, firmware="Test Linux", firmware_version="1.0.0")
    values = {"system.volume": 1, "system.timezone": "UTC", "system.kernel": "a"}
    profile = ProfileFactory(values=values)
    near = ProfileFactory(name="Near", values={"system.volume": 2, "system.timezone": "UTC"})
    AssignmentFactory(profile=profile, device=None, directory=directory)
    AssignmentFactory(profile=near, device=device)
    found = rows(profile, device)
    assert found["system.kernel"] == ("same", "Takes effect")
    assert found["system.timezone"][0] == "same" and "“Near”" in found["system.timezone"][1]
    assert found["system.volume"][0] == "changed" and found["system.volume"][1].startswith("Overridden.")


def test_profile_that_is_not_assigned_shows_what_the_device_has_instead() -> None:
    device = DeviceFactory(firmware="Test Linux", firmware_version="1.0.0")
    profile = ProfileFactory(values={"system.volume": 1, "system.timezone": "UTC"})
    found = rows(profile, device)
    assert found["system.volume"] == ("changed", "From the default of the firmware")
    assert found["system.timezone"] == ("same", "From the default of the firmware")


def test_page(cast: Cast) -> None:
    client, device, profile = cast.client("reader"), cast.things["device"], cast.things["profile"]
    profile.head.content["values"] = {"system.volume": 7, "system.password": "hush"}
    profile.head.save()
    url = reverse("effective:device_compare", args=[device.pk])
    page = text(client.get(url, {"profile": profile.pk, "show": "all"}))
    assert "Own profile" in page and "Own device" in page and MASK in page and "hush" not in page
    assert client.get(url).status_code == 404
    assert cast.client("stranger").get(url, {"profile": profile.pk}).status_code == 404
