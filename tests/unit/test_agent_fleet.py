"""The simulated fleet against the peer: many devices in one process."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.peer import KEY, Peer, until
from tests.unit.test_agent_process import start
from ums.agent import fleet as fleets
from ums.agent.fleet import Fleet, FleetError
from ums.agent.models import plugged_in, unit_id
from ums.agent.models import stick as fleet_stick
from ums.agent.trust import file_context
from ums.domain import protocol as p

DEVICES = 40


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    async with Peer(tmp_path / "server").listen() as listening:
        yield listening


def make(peer: Peer, state: Path, **options: object) -> Fleet:
    options = {"key": KEY, "devices": DEVICES, "seed": 3, "ramp": 0.2, **options}
    return Fleet(peer.url, state=state, context=file_context(peer.ca_file), **options)  # type: ignore[arg-type]


async def test_a_fleet_enrols_logs_in_applies_and_is_the_same_again(peer: Peer, tmp_path: Path) -> None:
    peer.save({"a": 1})
    applied: list[tuple[int, int, str]] = []
    fleet = make(peer, tmp_path, on_applied=lambda *what: applied.append(what))
    await fleet.start()
    await fleet.wait_ready(20)
    await until(lambda: len(applied) == DEVICES)
    assert sorted(index for index, _, _ in applied) == list(range(DEVICES))
    assert len(peer.of(p.Inventory)) == DEVICES

    peer.save({"a": 2})
    for index in range(DEVICES):
        await peer.send(unit_id(3, index), p.Nudge())
    await until(lambda: len(applied) == 2 * DEVICES)
    await fleet.stop()
    report = fleet.report()
    assert (report["enrolled"], report["logins"], report["applied"]) == (DEVICES, DEVICES, 2 * DEVICES)
    assert report["errors"] == {}
    assert report["settings_ms"]["p99"] < 3000  # type: ignore[index]
    await until(lambda: not any(peer.connected(unit_id(3, index)) for index in range(DEVICES)))

    again = make(peer, tmp_path, key="")
    await again.start()
    await again.wait_ready(20)
    await again.stop()
    assert peer.enrolments == DEVICES
    assert {hello.tag for hello in peer.hellos[DEVICES:]} == {peer.tag}
    assert {hello.unit_id for hello in peer.hellos[DEVICES:]} == {hello.unit_id for hello in peer.hellos[:DEVICES]}
    assert again.report()["applied"] == 0


async def test_files_are_fetched_verified_and_kept_nowhere(peer: Peer, tmp_path: Path) -> None:
    big, small = peer.file("/etc/big", b"x" * 300_000), peer.file("/etc/small", b"y")
    peer.save({"a": 1}, files=[big, small, {**small, "path": "/etc/twice"}])
    (state := tmp_path / "fleet").mkdir()
    fleet = make(peer, state, devices=6)
    await fleet.start()
    await until(lambda: len(peer.of(p.Applied)) == 6)
    assert (fleet.report()["files"], fleet.report()["file_bytes"]) == (12, 6 * 300_001)
    assert len(peer.asked) == 12

    wrong = {**peer.file("/etc/wrong", b"z"), "size": 2}
    peer.save({"a": 2}, files=[small, wrong])
    for index in range(6):
        await peer.send(unit_id(3, index), p.Nudge())
    await until(lambda: len(peer.of(p.Applied)) == 12)
    errors = [applied.error for applied in peer.of(p.Applied)[6:]]
    assert set(errors) == {"/etc/wrong: the transfer ended early"}
    assert fleet.report()["errors"] == {"file: the transfer ended early": 6}
    assert fleet.report()["files"] == 12, "what is there already is not fetched again"
    await fleet.stop()
    assert sum(path.stat().st_size for path in state.rglob("*")) < 100_000


async def test_a_torn_line_costs_nothing_but_itself(peer: Peer, tmp_path: Path) -> None:
    fleet = make(peer, tmp_path, devices=3)
    await fleet.start()
    await fleet.wait_ready(20)
    await fleet.stop()
    [path] = tmp_path.glob("fleet-3-*.jsonl")
    path.write_bytes(path.read_bytes() + b'{"unit_id": "02')
    again = make(peer, tmp_path, devices=2)
    await again.start()
    await again.wait_ready(20)
    with pytest.raises(FleetError, match="already run"):
        await make(peer, tmp_path).start()
    await again.stop()
    assert peer.enrolments == 3
    assert len(path.read_bytes().splitlines()) == 3


async def test_commands_and_faults(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleets, "REBOOT", (0.05, 0.1))
    fleet = make(peer, tmp_path, devices=6, ramp=0)
    await fleet.start()
    await fleet.wait_ready(20)
    for number, kind in enumerate([*p.CommandKind, "unheard-of"]):
        await peer.send(unit_id(3, number), p.Command(id=number, kind=kind))
        await until(lambda number=number: any(result.id == number for result in peer.of(p.CommandResult)))
    results = {result.id: result.ok for result in peer.of(p.CommandResult)}
    assert results == {0: True, 1: True, 2: True, 3: True, 4: True, 5: False}
    await until(lambda: peer.enrolments == 7)  # the reset one enrolled again
    await until(lambda: fleet.figures.connected == 5)  # the one that was shut down stays away
    assert peer.logins == 8
    boots = [hello.boot_id for hello in peer.hellos if hello.unit_id == unit_id(3, 0)]
    assert len(set(boots)) == len(boots) == 2

    session = fleet.devices[5].session
    assert session is not None
    session.abort(fleets.FAULT)
    await until(lambda: fleet.figures.faults == 1)
    await until(lambda: fleet.figures.connected == 5)
    assert fleet.report()["errors"] == {}
    await fleet.stop()


async def test_a_wrong_key_is_counted(peer: Peer, tmp_path: Path) -> None:
    fleet = make(peer, tmp_path, devices=2, key="wrong")
    await fleet.start()
    await until(lambda: fleet.figures.errors.total() == 2)
    await fleet.stop()
    assert fleet.report()["errors"] == {"enrolment: The first-authentication key is wrong.": 2}


async def test_the_process_reports_as_json(peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    arguments = ["simulate", "--server", peer.url, "--key-file", tmp_path / "key", "--ca", peer.ca_file]
    arguments += ["--devices", 5, "--ramp", 0, "--seed", 8, "--state", tmp_path / "state", "--json"]
    process = await start(*arguments)
    await until(lambda: peer.logins == 5, 20)
    await asyncio.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    output, errors = await process.communicate()
    assert process.returncode == 0, errors
    report = json.loads(output)
    assert (report["devices"], report["logins"], report["errors"]) == (5, 5, {})
    process = await start(*arguments, "--duration", 1.5)
    output, errors = await process.communicate()
    assert json.loads(output)["logins"] == 5, errors


async def test_simulated_devices_have_peripherals_that_people_carry_about(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ums.agent.assets.DELAY", 0.02)
    peer.tracks = True
    fleet = make(peer, tmp_path, devices=5, restless=1.0)
    await fleet.start()
    try:
        whole = await until(lambda: [one.present for one in peer.of(p.AssetEvents) if one.present is not None][4:])
        assert {"usb", "monitor"} <= {one.bus for one in whole[0]}
        assert fleet.devices[0].assets.book.present == plugged_in(3, 0)
        stick = fleet_stick(3, 1)
        fleet.devices[0].plug(stick)
        await until(lambda: [event for one in peer.of(p.AssetEvents) for event in one.events if event.asset == stick])
    finally:
        await fleet.stop()
