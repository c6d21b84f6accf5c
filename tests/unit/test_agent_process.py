"""The agent as a process: how it starts, ends, and survives being killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import sys
from pathlib import Path

from tests.unit.peer import KEY, UNIT, Peer, until
from ums.agent.trust import system_context
from ums.domain import protocol as p

RUN = """
import argparse, sys
from ums.agent.cli import add_agent_parser, add_simulate_parser
parser = argparse.ArgumentParser(prog="ums")
subparsers = parser.add_subparsers(required=True)
add_agent_parser(subparsers)
add_simulate_parser(subparsers)
options = parser.parse_args()
sys.exit(options.run(options))
"""


async def start(*arguments: object) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if name != "UMS_KEY"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUN, *map(str, arguments), stdout=-1, stderr=-1, env=environment
    )


async def test_the_process_ends_cleanly_on_sigterm(peer: Peer, tmp_path: Path) -> None:
    peer.save({"a": 1})
    (tmp_path / "key").write_text(KEY + "\n")
    arguments = ["--server", peer.url, "--key-file", tmp_path / "key", "--fingerprint", peer.fingerprint]
    process = await start("agent", *arguments, "--state", tmp_path / "state", "--unit-id", UNIT)
    await until(lambda: peer.of(p.Applied), 20)
    process.send_signal(signal.SIGTERM)
    _, errors = await process.communicate()
    assert process.returncode == 0, errors
    assert b"stopped" in errors
    await until(lambda: not peer.connected(UNIT))


async def test_kill_9_while_settings_stream_in(peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    arguments = ["--server", peer.url, "--key-file", tmp_path / "key", "--ca", peer.ca_file, "--unit-id", UNIT]
    for round_ in range(3):
        process = await start("agent", *arguments, "--state", tmp_path / "state")
        logins = peer.logins
        await until(lambda logins=logins: peer.logins > logins and peer.connected(UNIT), 20)
        for number in range(20 + round_ * 7):
            peer.save({f"parameter.{n}": number for n in range(500)})
            await peer.send(UNIT, p.Nudge())
            await asyncio.sleep(0.003)
        process.kill()
        await process.communicate()
        await until(lambda: not peer.connected(UNIT))
        content = json.loads((tmp_path / "state" / "settings.json").read_bytes())
        assert len(set(content["values"].values())) == 1
    assert peer.enrolments == 1


async def test_foreseeable_mistakes_are_one_line(peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    (tmp_path / "key").write_text("wrong")
    base = ["agent", "--state", tmp_path / "state", "--unit-id", UNIT, "--ca", peer.ca_file]
    key = ["--key-file", tmp_path / "key"]
    cases: list[tuple[int, str, list[object]]] = [
        (1, "not encrypted", [*base, *key, "--server", "http://ums.example.com"]),
        (1, "not enrolled yet", [*base, "--server", peer.url]),
        (1, "is empty", [*base, "--server", peer.url, "--key-file", tmp_path / "empty"]),
        (1, "cannot be read: No such file", [*base, "--server", peer.url, "--key-file", tmp_path / "none"]),
        (1, "cannot be used: Not a directory", [*base[:2], "/dev/null/x", *base[3:], *key, "--server", peer.url]),
        (1, "64 hexadecimal", [*base[:5], *key, "--server", peer.url, "--fingerprint", "12"]),
        (1, "does not present", [*base[:5], *key, "--server", peer.url, "--fingerprint", "1" * 64]),
        (1, "cannot be reached", [*base[:5], *key, "--server", "https://127.0.0.1:1", "--fingerprint", "1" * 64]),
        (1, "CA file", [*base[:5], *key, "--server", peer.url, "--ca", tmp_path / "key"]),
        (1, "A unit id has", [*base[:4], "a b", *base[5:], *key, "--server", peer.url]),
        (3, "The first-authentication key is wrong.", [*base, *key, "--server", peer.url]),
        (1, "give a key", ["simulate", "--server", peer.url, "--ca", peer.ca_file, "--state", tmp_path / "fleet"]),
    ]
    for status, text, arguments in cases:
        process = await start(*arguments)
        _, errors = await process.communicate()
        assert process.returncode == status, (arguments, errors)
        assert text in errors.decode(), arguments
        assert errors.count(b"\n") == 1, errors


def test_system_context_verifies() -> None:
    assert system_context().verify_mode is ssl.CERT_REQUIRED
    assert system_context().check_hostname
