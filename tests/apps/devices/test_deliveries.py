"""The history of what devices were given: written in few statements, bounded, and shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.apps.asking import Api, text
from tests.cast import Cast
from tests.factories import DeviceFactory
from ums.audit.services import record
from ums.connector.work import Asked, answer_asks, store_applied
from ums.core.actor import SYSTEM
from ums.devices.models import Delivery, Device, SettingsState
from ums.devices.services import Applied, Sent, deliveries_sent
from ums.effective.selectors import settings_for_devices

pytestmark = pytest.mark.django_db


def given(device: Device) -> list[tuple[str, str]]:
    """(tag, result) of each delivery, newest first."""
    return [(row.tag, row.result) for row in Delivery.objects.filter(device=device)]


def test_settings_that_are_sent_and_applied_leave_one_row() -> None:
    device = DeviceFactory()
    (answer,) = answer_asks([Asked(device.pk, "")])
    assert answer is not None and answer.complete
    tag = settings_for_devices(device_ids=[device.pk])[device.pk].result.tag
    assert given(device) == [(tag, "sent")]
    state = SettingsState.objects.get(pk=device.pk)
    store_applied([Applied(device.pk, state.seq, tag)])
    assert given(device) == [(tag, "applied")]
    (row,) = Delivery.objects.all()
    assert row.seconds is not None and row.seconds >= 0


def test_a_device_that_has_its_settings_leaves_none() -> None:
    device = DeviceFactory()
    tag = settings_for_devices(device_ids=[device.pk])[device.pk].result.tag
    SettingsState.objects.filter(pk=device.pk).update(pending=False)
    with CaptureQueriesContext(connection) as queries:
        answer_asks([Asked(device.pk, tag)])
    assert not any("devices_delivery" in query["sql"] for query in queries)
    assert given(device) == []


def test_a_device_that_asks_twice_gets_it_once() -> None:
    device = DeviceFactory()
    for _ in range(2):
        deliveries_sent(sent=[Sent(device.pk, 7, "a")])
    assert given(device) == [("a", "sent")]
    deliveries_sent(sent=[Sent(device.pk, 8, "b")])
    assert given(device) == [("b", "sent"), ("a", "sent")]


def test_an_error_is_kept_with_its_row() -> None:
    device = DeviceFactory()
    deliveries_sent(sent=[Sent(device.pk, 1, "a")])
    store_applied([Applied(device.pk, 1, "a", "the disk is full")])
    (row,) = Delivery.objects.all()
    assert (row.result, row.error) == ("error", "the disk is full")
    store_applied([Applied(device.pk, 1, "a")])
    row.refresh_from_db()
    assert row.error, "what was reported stays"


def test_a_hundred_rows_are_kept() -> None:
    device, other = DeviceFactory(), DeviceFactory()
    now = timezone.now() - timedelta(days=1)
    Delivery.objects.bulk_create(
        Delivery(device=one, seq=number, tag=f"t{number}", sent_at=now + timedelta(seconds=number))
        for one, count in ((device, 100), (other, 50))
        for number in range(count)
    )
    deliveries_sent(sent=[Sent(device.pk, 1000, "new"), Sent(other.pk, 1000, "new")])
    assert len(given(device)) == 80 and given(device)[:2] == [("new", "sent"), ("t99", "sent")]
    assert len(given(other)) == 51


def test_one_and_many_devices_take_the_same_statements() -> None:
    counts = []
    for size in (1, 8):
        devices = DeviceFactory.create_batch(size)
        with CaptureQueriesContext(connection) as sending:
            deliveries_sent(sent=[Sent(device.pk, 1, "a") for device in devices])
        with CaptureQueriesContext(connection) as again:
            deliveries_sent(sent=[Sent(device.pk, 1, "a") for device in devices])
        with CaptureQueriesContext(connection) as reporting:
            store_applied([Applied(device.pk, 1, "a") for device in devices])
        counts.append((len(sending), len(again), len(reporting)))
    assert counts[0] == counts[1]


def test_page_and_api(cast: Cast) -> None:
    device = cast.things["device"]
    url = reverse("devices:device_deliveries", args=[device.pk])
    assert "No settings were sent yet" in text(cast.client("reader").get(url))
    deliveries_sent(sent=[Sent(device.pk, 1, "c0ffee" * 5)])
    store_applied([Applied(device.pk, 1, "c0ffee" * 5, "no space left")])
    page = text(cast.client("reader").get(url))
    assert "c0ffeec0…" in page and f'data-copy="{"c0ffee" * 5}"' in page and "no space left" in page
    answer = Api(cast, "reader").ask("GET", f"devices/{device.pk}/deliveries/")
    assert answer.status == 200
    (row,) = answer.body["items"]
    assert row["tag"] == "c0ffee" * 5 and row["error"] == "no space left" and row["seconds"] >= 0


def test_history_shows_moments_as_times_and_digests_short(cast: Cast) -> None:
    device, digest = cast.things["device"], "ab:" * 31 + "ab"
    record(
        actor=SYSTEM,
        action="device.reenrolment_allowed",
        target=device,
        after={"until": "2030-01-02T03:04:05.678+00:00", "fingerprint": digest},
    )
    page = text(cast.client("reader").get(reverse("devices:device_history", args=[device.pk])))
    assert '<time datetime="2030-01-02T03:04:05+00:00">' in page
    assert "ab:ab:ab:ab…" in page and f'data-copy="{digest}"' in page
