"""Two changes at once: neither hides devices from the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from tests.factories import DeviceFactory, DirectoryFactory, ProfileFactory
from ums.core.actor import SYSTEM
from ums.devices.models import SettingsState
from ums.devices.services import devices_move
from ums.profiles.services import profiles_assign


@pytest.mark.django_db(transaction=True)
def test_a_device_moves_in_while_a_profile_is_assigned() -> None:
    """The assignment does not see the device yet: so its move waits, and marks it when both are true."""
    if connection.vendor != "postgresql":
        pytest.skip("the embedded database has one writer at a time")
    device, directory, profile = DeviceFactory(), DirectoryFactory(), ProfileFactory()
    assigned, moved = Event(), Event()

    def move() -> None:
        try:
            assigned.wait(10)
            devices_move(actor=SYSTEM, devices=[device], directory=directory)
            moved.set()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(move)
        with transaction.atomic():
            profiles_assign(actor=SYSTEM, profiles=[profile], targets=[directory])
            assigned.set()
            assert not moved.wait(0.5)
        moving.result(10)
    assert SettingsState.objects.get(pk=device.pk).pending
