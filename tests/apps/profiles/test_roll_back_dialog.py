"""The dialog to roll a profile back says once how many devices it reaches: where what changes is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from tests.factories import DeviceFactory
from ums.core.actor import SYSTEM
from ums.profiles.services import profiles_assign

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_the_number_of_devices_is_said_once(client: Client, cast: Cast) -> None:
    profile = cast.things["profile"]
    profiles_assign(actor=SYSTEM, profiles=[profile], targets=[DeviceFactory.create()])
    client.force_login(cast.root)
    page = client.get(reverse("profiles:revision_roll_back", args=[profile.pk, 1])).content.decode()
    assert "Reaches" not in page
