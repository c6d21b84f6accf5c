"""The files of an agent: from the server to their places and away again, over the real protocol."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.unit.peer import KEY, Peer, until
from ums.agent import agent as agent_module
from ums.agent.agent import Agent, Options
from ums.agent.files import DeviceFiles, FileError
from ums.agent.state import State
from ums.agent.trust import file_context
from ums.domain import protocol as p

UNIT = "00E0C5000001"
CERTIFICATE = "/etc/ssl/certs/ward.pem"


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    async with Peer(tmp_path / "server").listen() as listening:
        yield listening


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What is “/” to the agent."""
    path = tmp_path / "root"
    path.mkdir()
    return path


@asynccontextmanager
async def agent(peer: Peer, root: Path) -> AsyncIterator[State]:
    """A running agent."""
    state = State(root.parent / "device")
    options = Options(server=peer.url, unit_id=UNIT, key=KEY, files=root)
    task = asyncio.create_task(Agent(options, state, file_context(peer.ca_file)).run())
    try:
        yield state
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        state.close()


async def applied(peer: Peer) -> p.Applied:
    """The agent's report about the settings that the server has now."""
    await until(lambda: any(one.seq == peer.seq for one in peer.of(p.Applied)))
    return next(one for one in reversed(peer.of(p.Applied)) if one.seq == peer.seq)


def save(peer: Peer, *files: dict[str, Any]) -> None:
    peer.save({"volume": 1}, files=list(files))


async def nudge(peer: Peer) -> p.Applied:
    await peer.send(UNIT, p.Nudge())
    return await applied(peer)


async def test_a_file_comes_is_replaced_and_goes(peer: Peer, root: Path) -> None:
    place = root / CERTIFICATE[1:]
    save(peer, peer.file(CERTIFICATE, b"first", mode=0o600))
    async with agent(peer, root):
        assert (await applied(peer)).error == ""
        assert place.read_bytes() == b"first"
        assert place.stat().st_mode & 0o777 == 0o600
        save(peer, peer.file(CERTIFICATE, b"second"))
        await nudge(peer)
        assert place.read_bytes() == b"second"
        assert place.stat().st_mode & 0o777 == 0o644
        save(peer, peer.file(CERTIFICATE, b"second"), peer.file("/opt/empty", b""))
        await nudge(peer)
        assert [sha for sha, _ in peer.asked].count(peer.body["files"][0]["sha256"]) == 1, "it was there already"
        assert (root / "opt/empty").read_bytes() == b""
        save(peer)
        await nudge(peer)
        assert not place.exists()
        assert list(place.parent.iterdir()) == []


async def test_hooks_hear_of_files(peer: Peer, root: Path) -> None:
    hooks = root.parent / "device" / "apply.d"
    hooks.mkdir(parents=True)
    (hooks / "10").write_text('#!/bin/sh\necho "$UMS_FILES" > "$UMS_STATE/heard"\n')
    (hooks / "10").chmod(0o700)
    save(peer)
    async with agent(peer, root) as state:
        await applied(peer)
        save(peer, peer.file("/a", b"a"), peer.file("/b c", b"b"))
        await nudge(peer)
        assert state.path("heard").read_text() == "/a\n/b c\n"


async def test_wrong_content_is_thrown_away_and_reported(peer: Peer, root: Path) -> None:
    wrong = peer.file(CERTIFICATE, b"right")
    peer.contents[wrong["sha256"]] = b"wrong"
    save(peer, wrong, peer.file("/good", b"good"), {"path": "/none", "sha256": "0" * 64, "size": 1})
    async with agent(peer, root) as state:
        error = (await applied(peer)).error
        assert f"{CERTIFICATE}: what came is not what the server announced" in error
        assert "/none: the server has no such file for this device" in error
        assert (root / "good").read_bytes() == b"good", "the others come all the same"
        assert not (root / CERTIFICATE[1:]).exists()
        assert not (state.path("partial") / wrong["sha256"]).exists()


async def test_what_did_not_come_comes_later_and_the_server_hears(
    peer: Peer, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_module, "FILES_AGAIN", 0.05)
    late = peer.file("/late", b"late")
    content = peer.contents.pop(late["sha256"])
    save(peer, late)
    async with agent(peer, root):
        assert "no such file" in (await applied(peer)).error
        peer.contents[late["sha256"]] = content
        await until(lambda: peer.of(p.Applied)[-1].error == "")
        assert (root / "late").read_bytes() == b"late"
        (root / "late").write_bytes(b"by somebody")
        await until(lambda: (root / "late").read_bytes() == b"late")


async def test_a_transfer_that_broke_off_goes_on_where_it_was(peer: Peer, root: Path) -> None:
    content = os.urandom(300_000)
    peer.breaks_off = True
    save(peer, peer.file("/big", content))
    async with agent(peer, root):
        assert "broke off" in (await applied(peer)).error
    async with agent(peer, root):
        await until(lambda: (root / "big").exists())
        assert (root / "big").read_bytes() == content
    (first, whole), (second, rest) = peer.asked
    assert first == second
    assert whole == ""
    assert rest.startswith("bytes=")


async def test_a_file_that_was_begun_before_a_crash_goes_too(peer: Peer, root: Path) -> None:
    state = root.parent / "device"
    state.mkdir()
    (root / "begun").write_bytes(b"x")
    (state / "files.json").write_text(json.dumps({"/begun": {"sha256": "0" * 64}}))
    save(peer)
    async with agent(peer, root):
        await applied(peer)
    assert not (root / "begun").exists()
    assert json.loads((state / "files.json").read_text()) == {}


@pytest.mark.parametrize("path", ["/../outside", "relative", "/a/../../b", "/a//b", "/", "/a/", "/nul\0", "/a/./b"])
async def test_paths_that_lead_elsewhere_are_refused(peer: Peer, root: Path, path: str) -> None:
    save(peer, peer.file(path, b"evil"))
    async with agent(peer, root):
        assert "The path" in (await applied(peer)).error
    assert list(root.iterdir()) == []
    assert peer.asked == []


async def test_links_do_not_lead_out_and_the_own_directory_is_safe(tmp_path: Path) -> None:
    state, root = tmp_path / "state", tmp_path / "root"
    state.mkdir()
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(FileError, match="leads out"):
        DeviceFiles(state, root)._target("/link/file")
    with pytest.raises(FileError, match="own directory"):
        DeviceFiles(state, tmp_path)._target("/state/identity.pem")
    assert DeviceFiles(state, state / "files")._target("/a") == state / "files" / "a"


async def test_factory_reset_takes_the_files_along(peer: Peer, root: Path) -> None:
    save(peer, peer.file("/a", b"a"))
    async with agent(peer, root):
        await applied(peer)
        assert (root / "a").exists()
        save(peer)
        await peer.send(UNIT, p.Command(id=1, kind="factory_reset"))
        await until(lambda: not (root / "a").exists())


async def test_an_announcement_that_is_too_large_is_not_fetched(peer: Peer, root: Path) -> None:
    save(peer, {"path": "/huge", "sha256": "0" * 64, "size": p.MAX_FILE + 1})
    async with agent(peer, root):
        assert "larger" in (await applied(peer)).error
    assert peer.asked == []
