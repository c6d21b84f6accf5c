"""The agent against a server that speaks the protocol for real: TLS, the socket, settings and commands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.unit.peer import KEY, UNIT, Peer, until
from tests.unit.sysfs import Sysfs, edid
from ums.agent import link
from ums.agent.agent import Agent, EnrolmentRefused, Options
from ums.agent.state import State
from ums.agent.trust import file_context
from ums.domain import protocol as p


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits are shortened; the list tells how long they should have been."""
    waits: list[float] = []
    original = link.Link._delay_after

    def delay_after(self: link.Link, ended: Any) -> float:
        waits.append(original(self, ended))
        return 0.05

    monkeypatch.setattr(link.Link, "_delay_after", delay_after)
    return waits


@asynccontextmanager
async def agent(peer: Peer, directory: Path, **options: Any) -> AsyncIterator[State]:
    """A running agent."""
    state = State(directory)
    options = {"server": peer.url, "unit_id": UNIT, "key": KEY, **options}
    task = asyncio.create_task(Agent(Options(**options), state, file_context(peer.ca_file)).run())
    try:
        yield state
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        state.close()


async def test_from_enrolment_to_applied(peer: Peer, tmp_path: Path) -> None:
    peer.save({"a": 1}, locked=["a"])
    hook = tmp_path / "agent" / "apply.d" / "hook"
    hook.parent.mkdir(parents=True)
    hook.write_text(f'#!/bin/sh\necho "$UMS_CHANGED" >> {tmp_path}/out\n')
    hook.chmod(0o755)
    async with agent(peer, tmp_path / "agent", structure_tag="x") as state:
        applied = await until(lambda: peer.of(p.Applied))
        assert applied == [p.Applied(seq=1, tag=peer.tag, error="")]
        assert json.loads(state.settings_path.read_bytes())["values"] == {"a": 1}
        assert peer.of(p.Inventory)[0].structure_tag == "x"
        assert peer.of(p.LocalSettings) == [p.LocalSettings()]
        assert peer.hellos[0].tag == ""

        peer.save({"a": 1, "b": "two"})
        await peer.send(UNIT, p.Nudge())
        await until(lambda: len(peer.of(p.Applied)) == 2)
        assert (tmp_path / "out").read_text() == "a\nb\n"

        await peer.send(UNIT, p.Nudge())  # nothing new
        await until(lambda: len(peer.of(p.Ask)) == 3)
        state.path("local.json").write_text('{"values": {"c": true}}')
        await until(lambda: p.LocalSettings(values={"c": True}) in peer.received)
    assert len(peer.of(p.Applied)) == 2
    assert peer.enrolments == 1


async def test_a_failing_hook_is_reported_and_the_settings_stay(peer: Peer, tmp_path: Path) -> None:
    peer.save({"a": 1})
    hook = tmp_path / "hooks" / "apply.d" / "50-bad"
    hook.parent.mkdir(parents=True)
    hook.write_text("#!/bin/sh\necho no screen\nexit 9\n")
    hook.chmod(0o755)
    async with agent(peer, tmp_path / "agent", hooks=tmp_path / "hooks") as state:
        [applied] = await until(lambda: peer.of(p.Applied))
        assert applied.error == "50-bad: exit status 9: no screen"
        assert state.settings.values == {"a": 1}
        assert state.pending_changes() == []


async def test_unchanged_after_a_restart_and_without_a_key(peer: Peer, tmp_path: Path) -> None:
    peer.save({"a": 1})
    async with agent(peer, tmp_path / "agent"):
        await until(lambda: peer.of(p.Applied))
    peer.received.clear()
    async with agent(peer, tmp_path / "agent", key=""):
        await until(lambda: peer.logins == 2)
        await until(lambda: peer.of(p.Inventory))
    assert peer.hellos[1].tag == peer.tag
    assert peer.of(p.Ask) == []
    assert peer.enrolments == 1


async def test_nudges_while_a_hook_runs_lead_to_one_more_ask(peer: Peer, tmp_path: Path) -> None:
    peer.save({"a": 1})
    hook = tmp_path / "agent" / "apply.d" / "slow"
    hook.parent.mkdir(parents=True)
    hook.write_text("#!/bin/sh\nsleep 0.4\n")
    hook.chmod(0o755)
    async with agent(peer, tmp_path / "agent") as state:
        await until(lambda: state.settings.tag == peer.tag)
        peer.save({"a": 2})
        for _ in range(5):
            await peer.send(UNIT, p.Nudge())
        await until(lambda: len(peer.of(p.Applied)) == 2)
    assert len(peer.of(p.Ask)) == 2
    assert [applied.seq for applied in peer.of(p.Applied)] == [1, 2]


async def test_commands_are_carried_out_once_and_repeated_until_confirmed(
    peer: Peer, tmp_path: Path, quick: list[float]
) -> None:
    hook = tmp_path / "agent" / "commands.d" / "message"
    hook.parent.mkdir(parents=True)
    hook.write_text(f"#!/bin/sh\necho shown >> {tmp_path}/out\n")
    hook.chmod(0o755)
    peer.confirms = False
    async with agent(peer, tmp_path / "agent"):
        await until(lambda: peer.connected(UNIT))
        for _ in range(2):
            await peer.send(UNIT, p.Command(id=5, kind="message", arguments={"text": "hi"}))
        await until(lambda: peer.of(p.CommandResult))
        peer.received.clear()
        await peer.close(UNIT, p.Close.RESTART)
        await until(lambda: peer.logins == 2)
        assert await until(lambda: peer.of(p.CommandResult)) == [p.CommandResult(id=5, ok=True)]
        peer.confirms = True
        await peer.send(UNIT, p.Command(id=5, kind="message", arguments={"text": "hi"}))
        await until(lambda: len(peer.of(p.CommandResult)) == 2)
        peer.received.clear()
        await peer.close(UNIT, p.Close.RESTART)
        await until(lambda: peer.logins == 3)
        await peer.send(UNIT, p.Command(id=6, kind="reboot"))
        [refused] = await until(lambda: peer.of(p.CommandResult))
        assert (refused.id, refused.ok) == (6, False)
    assert (tmp_path / "out").read_text() == "shown\n"


async def test_factory_reset_answers_wipes_and_enrols_again(peer: Peer, tmp_path: Path) -> None:
    peer.save({"a": 1})
    async with agent(peer, tmp_path / "agent") as state:
        await until(lambda: peer.of(p.Applied))
        first = state.path("identity.pem").read_bytes()
        await peer.send(UNIT, p.Command(id=9, kind="factory_reset"))
        assert (await until(lambda: peer.of(p.CommandResult)))[0].ok
        await until(lambda: peer.enrolments == 2)
        await until(lambda: peer.logins == 2)
        assert peer.hellos[1].tag == ""
        assert state.path("identity.pem").read_bytes() != first
        await peer.send(UNIT, p.Command(id=9, kind="factory_reset"))  # repeated: answered, not done
        await until(lambda: len(peer.of(p.CommandResult)) == 2)
        await asyncio.sleep(0.2)
        assert peer.enrolments == 2


async def test_reconnect_request_and_close_codes(peer: Peer, tmp_path: Path, quick: list[float]) -> None:
    async with agent(peer, tmp_path / "agent"):
        await until(lambda: peer.connected(UNIT))
        await peer.send(UNIT, p.Reconnect(within=7.0))
        await until(lambda: peer.logins == 2)
        await until(lambda: peer.connected(UNIT))
        await peer.close(UNIT, p.Close.TOO_MANY)
        await until(lambda: peer.logins == 3)
        await until(lambda: peer.connected(UNIT))
        await peer.close(UNIT, 1011)
        await until(lambda: peer.logins == 4)
    assert 0 <= quick[0] <= 7
    assert p.Close.TOO_MANY.retry_after <= quick[1] <= p.Close.TOO_MANY.retry_after + 1
    assert 0 <= quick[2] <= 2


async def test_a_refused_certificate_is_replaced(peer: Peer, tmp_path: Path, quick: list[float]) -> None:
    async with agent(peer, tmp_path / "agent"):
        await until(lambda: peer.connected(UNIT))
        peer.close_with = p.Close.REFUSED
        await peer.close(UNIT, p.Close.REFUSED)
        await until(lambda: peer.enrolments == 2)
        peer.close_with = None
        await until(lambda: peer.logins == 2)
    assert quick[0] >= p.Close.REFUSED.retry_after


@pytest.mark.parametrize(
    "frame",
    [
        b"junk",
        p.encode(p.Welcome(nonce="again", time=0)),
        p.encode(p.Ready(unchanged=True, heartbeat=1)),
        b"\x82\xa4type\xa8settings\xa3seq\xa1x",
    ],
)
async def test_a_server_that_makes_no_sense_is_left(
    peer: Peer, tmp_path: Path, quick: list[float], frame: bytes
) -> None:
    async with agent(peer, tmp_path / "agent"):
        await until(lambda: peer.connected(UNIT))
        await peer._sockets[UNIT]({"type": "websocket.send", "bytes": frame})
        await until(lambda: peer.logins == 2)


async def test_a_bad_settings_body_is_reported(peer: Peer, tmp_path: Path) -> None:
    peer.save({"a": {"not": "a value"}})
    async with agent(peer, tmp_path / "agent") as state:
        [applied] = await until(lambda: peer.of(p.Applied))
        assert applied.error.startswith("The settings were not stored")
        assert state.settings.tag == ""


async def test_what_the_server_of_tomorrow_says_is_ignored(peer: Peer, tmp_path: Path) -> None:
    peer.save({"a": 1})
    async with agent(peer, tmp_path / "agent"):
        await until(lambda: peer.of(p.Applied))
        await peer._sockets[UNIT]({"type": "websocket.send", "bytes": b"\x81\xa4type\xa6future"})
        await peer.send(UNIT, p.Nudge())
        await until(lambda: len(peer.of(p.Ask)) == 2)
    assert peer.logins == 1


async def test_the_other_servers_are_tried(tmp_path: Path, quick: list[float]) -> None:
    first, second = (Peer(tmp_path / name) for name in ("first", "second"))
    second.root, second.certificates = first.root, first.certificates
    async with second.listen():
        first.servers = second.servers = (second.url,)
        async with first.listen() as peer, agent(peer, tmp_path / "agent") as state:
            await until(lambda: first.connected(UNIT))
            await until(lambda: state.load_servers() == [second.url, first.url])
        async with agent(first, tmp_path / "agent"):
            await until(lambda: second.connected(UNIT))


async def test_short_lived_certificates_are_renewed(peer: Peer, tmp_path: Path, quick: list[float]) -> None:
    peer.days = 0.0001
    async with agent(peer, tmp_path / "agent") as state:
        await until(lambda: peer.connected(UNIT))
        first = state.path("identity.pem").read_bytes()
        peer.days = 365
        await asyncio.sleep(6)
        await peer.close(UNIT, 1011)
        await until(lambda: peer.enrolments == 2)
        await until(lambda: peer.logins == 2)
        assert state.path("identity.pem").read_bytes() != first
        await peer.close(UNIT, 1011)
        await until(lambda: peer.logins == 3)
    assert peer.enrolments == 2


async def test_a_wrong_key_at_first_start_ends_the_agent(peer: Peer, tmp_path: Path) -> None:
    state = State(tmp_path / "agent")
    options = Options(server=peer.url, unit_id=UNIT, key="wrong")
    with pytest.raises(EnrolmentRefused, match="key is wrong"):
        await Agent(options, state, file_context(peer.ca_file)).run()
    state.close()


async def test_heartbeats(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ums.agent.session.LEAST_HEARTBEAT", 0.05)
    peer.heartbeat = 0.05
    async with agent(peer, tmp_path / "agent"):
        await until(lambda: len(peer.of(p.Heartbeat)) >= 5)
    assert peer.logins == 1


async def test_a_silent_server_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: list[float]) -> None:
    """A server that vanished without closing: heartbeats go unanswered."""
    monkeypatch.setattr("ums.agent.session.LEAST_HEARTBEAT", 0.05)
    monkeypatch.setattr("ums.agent.session.PATIENCE", 0.15)
    directory = tmp_path / "server"
    async with Peer(directory).listen() as peer:
        peer.heartbeat = 0.05
        gate = Gate(int(peer.url.rpartition(":")[2]))
        async with gate.listen() as port, agent(peer, tmp_path / "agent", server=f"https://127.0.0.1:{port}"):
            await until(lambda: peer.logins == 1)
            await asyncio.sleep(0.5)
            assert peer.logins == 1  # an idle server answers pings
            gate.open.clear()
            await until(lambda: len(quick) == 1)
            gate.open.set()
            await until(lambda: peer.logins == 2)


class Gate:
    """Passes bytes on while it is open, and swallows them in both directions while it is shut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.open = asyncio.Event()
        self.open.set()
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            self._tasks.add(asyncio.create_task(self._pump(source, sink)))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self.open.wait()
                sink.write(data)
        except OSError:
            pass
        finally:
            sink.close()


async def test_what_is_plugged_in_is_told_until_it_is_stored(
    peer: Peer, tmp_path: Path, quick: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ums.agent.agent.LOOK_EVERY", 0.02)
    monkeypatch.setattr("ums.agent.agent.DELAY", 0.02)
    tree = Sysfs(tmp_path / "root")
    tree.usb("1-1", "046d", "c077", "03:01:02")
    peer.tracks, peer.confirms = True, False
    async with agent(peer, tmp_path / "agent", root=tree.root):
        first = (await until(lambda: [one for one in peer.of(p.AssetEvents) if one.events]))[0]
        assert [(one.kind, one.asset.product_id) for one in first.events] == [("add_on_boot", "c077")]
    peer.confirms = True
    tree.pull("1-1")
    peer.received.clear()
    async with agent(peer, tmp_path / "agent", root=tree.root):
        told = await until(lambda: [one for one in peer.of(p.AssetEvents) if one.present == []])
        events = [event for one in peer.of(p.AssetEvents) for event in one.events]
        assert [(one.sequence, one.kind) for one in events] == [(1, "add_on_boot"), (2, "remove")]
        assert told[0].journal == first.journal
        tree.monitor("card0-DP-1", edid())
        news = await until(lambda: [one for one in peer.of(p.AssetEvents) if one.sequence == 3])
        assert [(one.kind, one.asset.name) for one in news[0].events] == [("add", "DELL U2419H")]
