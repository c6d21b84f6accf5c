"""The rule of presence in Python and in SQL are the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import DeviceFactory
from ums.devices.models import Device, Presence
from ums.devices.selectors import status_expression
from ums.domain.presence import LATE_AFTER, LOST_AFTER, status

TICK = timedelta(microseconds=1)
SILENCES = [
    None,
    timedelta(seconds=-30),
    timedelta(0),
    *(limit + step for limit in (LATE_AFTER, LOST_AFTER) for step in (-TICK, timedelta(0), TICK)),
    timedelta(days=400),
]


@pytest.mark.django_db
def test_status_in_python_and_in_sql() -> None:
    now = timezone.now()
    expected = {}
    for connected in (False, True):
        for silence in SILENCES:
            device = DeviceFactory()
            contact = None if silence is None else now - silence
            Presence.objects.filter(pk=device.pk).update(connected=connected, last_contact=contact)
            expected[device.pk] = status(connected, contact, now).value
    without = DeviceFactory()
    Presence.objects.filter(pk=without.pk).delete()
    expected[without.pk] = status(False, None, now).value
    assert dict(Device.objects.annotate(now=status_expression(now)).values_list("pk", "now")) == expected
