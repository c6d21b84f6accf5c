"""Presence: what a silence of a certain length means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ums.domain.presence import HEARTBEAT, LATE_AFTER, LOST_AFTER, Status, status

NOW = datetime(2024, 5, 17, 8, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def test_the_device_has_time_for_a_heartbeat_before_it_is_late() -> None:
    assert timedelta(seconds=60) == HEARTBEAT < LATE_AFTER < LOST_AFTER == 3 * HEARTBEAT


@pytest.mark.parametrize(
    ("silence", "expected"),
    [
        (timedelta(seconds=-30), Status.ONLINE),
        (timedelta(0), Status.ONLINE),
        (HEARTBEAT, Status.ONLINE),
        (LATE_AFTER, Status.ONLINE),
        (LATE_AFTER + TICK, Status.LATE),
        (LOST_AFTER, Status.LATE),
        (LOST_AFTER + TICK, Status.OFFLINE),
        (timedelta(days=400), Status.OFFLINE),
    ],
)
def test_a_connected_device_by_its_silence(silence: timedelta, expected: Status) -> None:
    assert status(True, NOW - silence, NOW) is expected


@pytest.mark.parametrize("silence", [timedelta(0), LATE_AFTER, LOST_AFTER + TICK])
def test_a_device_without_connection_is_offline_at_once(silence: timedelta) -> None:
    assert status(False, NOW - silence, NOW) is Status.OFFLINE


@pytest.mark.parametrize("connected", [False, True])
def test_a_device_without_any_contact_was_never_there(connected: bool) -> None:
    assert status(connected, None, NOW) is Status.NEVER


def test_moments_with_and_without_time_zone_do_not_mix() -> None:
    with pytest.raises(TypeError):
        status(True, NOW.replace(tzinfo=None), NOW)
