"""Which licence counts for which device, and for how long (manual p. 36, 45)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ums.domain.licences import NOTICE, Coverage, Generation, Held, LicenceKind, generation_of, state_of, tracker_state

NOW = datetime(2027, 1, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EMP, ADD_ON, HA, TRIAL = LicenceKind.EMP, LicenceKind.SWP, LicenceKind.HA, LicenceKind.TRIAL


@pytest.mark.parametrize(
    ("firmware", "version", "generation"),
    [
        ("IGEL OS 11", "11.09.110", Generation.OS_11),
        ("IGEL OS 12", "12.4.1", Generation.OS_11),
        ("IGEL OS 10", "10.06.190", Generation.OS_10),
        ("IGEL Universal Desktop LX", "5.12.100", Generation.OS_10),
        ("IGEL Windows Embedded 7+", "3.13.100", Generation.OS_10),
        ("UMS Linux", "1.0.0", Generation.OS_11),
        ("Big Elk", "10.1", Generation.OS_11),
        ("IGEL OS", "", Generation.OS_11),
        ("", "", Generation.OS_11),
    ],
)
def test_generation_of_a_firmware(firmware: str, version: str, generation: Generation) -> None:
    assert generation_of(firmware, version) is generation


OS_10, OS_11 = Generation.OS_10, Generation.OS_11
NO_EMP = "No licence. Users can log in with the Enterprise Management Pack."
NO_ADD_ON = "No licence. Users can log in with the Shared Workplace add-on."
EXPIRED = "expired on 2027-01-14: users cannot log in."


@pytest.mark.parametrize(
    ("held", "generation", "valid", "words"),
    [
        ([], OS_11, False, NO_EMP),
        ([], OS_10, False, NO_ADD_ON),
        ([Held(EMP, NOW + DAY)], OS_11, True, "Enterprise Management Pack until 2027-01-16."),
        ([Held(EMP, NOW - DAY)], OS_11, False, f"Enterprise Management Pack {EXPIRED}"),
        ([Held(ADD_ON)], OS_10, True, "Shared Workplace add-on, perpetual."),
        ([Held(ADD_ON)], OS_11, False, NO_EMP),
        ([Held(EMP, NOW + DAY)], OS_10, False, NO_ADD_ON),
        ([Held(HA)], OS_10, False, NO_ADD_ON),
        ([Held(TRIAL, NOW + DAY, test=True)], OS_10, True, "Test licence until 2027-01-16."),
        ([Held(TRIAL, NOW - DAY, test=True)], OS_11, False, f"Test licence {EXPIRED}"),
        ([Held(EMP, NOW + DAY, test=True)], OS_11, True, "Enterprise Management Pack (test) until 2027-01-16."),
        ([Held(EMP, NOW - DAY), Held(EMP, NOW + 9 * DAY)], OS_11, True, "Enterprise Management Pack until 2027-01-24."),
        ([Held(ADD_ON), Held(TRIAL, NOW + DAY)], OS_10, True, "Shared Workplace add-on, perpetual."),
    ],
)
def test_what_licences_come_to(held: list[Held], generation: Generation, valid: bool, words: str) -> None:
    state = state_of(held, generation, NOW)
    assert (state.valid, state.words) == (valid, words)


def test_a_licence_ends_at_its_moment() -> None:
    assert not state_of([Held(EMP, NOW)], OS_11, NOW).valid
    assert state_of([Held(EMP, NOW + timedelta(microseconds=1))], OS_11, NOW).valid


def test_the_real_licence_is_named_before_the_one_for_trying_out() -> None:
    held = [Held(TRIAL, NOW + DAY, test=True), Held(EMP, NOW + DAY)]
    assert state_of(held, OS_11, NOW).kind is EMP


def test_the_end_is_told_beforehand() -> None:
    def soon(held: Held) -> bool:
        return state_of([held], Generation.OS_11, NOW).ends_soon(NOW)

    assert soon(Held(EMP, NOW + NOTICE))
    assert not soon(Held(EMP, NOW + NOTICE + DAY))
    assert not soon(Held(EMP, NOW - DAY)), "it has ended"
    assert not state_of([Held(ADD_ON)], Generation.OS_10, NOW).ends_soon(NOW)


@pytest.mark.parametrize(
    ("devices", "licences", "enough", "packages"),
    [(5, 5, True, 0), (6, 5, False, 1), (55, 55, True, 0), (56, 5, False, 2), (0, 5, True, 0)],
)
def test_the_high_availability_extension_covers_all_or_nothing(
    devices: int, licences: int, enough: bool, packages: int
) -> None:
    coverage = Coverage(devices, licences)
    assert (coverage.enough, coverage.packages) == (enough, packages)


@pytest.mark.parametrize(
    ("held", "valid", "words"),
    [
        ([], False, "No licence. The Asset Inventory Tracker needs the Enterprise Management Pack."),
        ([Held(LicenceKind.SWP), Held(LicenceKind.HA)], False, "No licence."),
        (
            [Held(LicenceKind.EMP, datetime(2028, 1, 1, tzinfo=UTC))],
            True,
            "Enterprise Management Pack until 2028-01-01.",
        ),
        ([Held(LicenceKind.TRIAL, datetime(2028, 1, 1, tzinfo=UTC), test=True)], True, "Test licence until"),
        ([Held(LicenceKind.EMP, datetime(2026, 1, 1, tzinfo=UTC))], False, "expired on 2026-01-01"),
    ],
)
def test_the_asset_inventory_tracker(held: list[Held], valid: bool, words: str) -> None:
    state = tracker_state(held, datetime(2027, 1, 1, tzinfo=UTC))
    assert (state.valid, words in state.words) == (valid, True), state.words
