"""Hooks and commands: real executables, their errors, their time limits."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

import pytest

from ums.agent.commands import Commands
from ums.agent.hooks import run_apply_hooks, run_hook
from ums.domain.protocol import Command

CHANGES = [{"path": "a.b", "old": None, "new": 1}, {"path": "c", "old": "x", "new": None}]


def script(path: Path, text: str, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path


async def test_hooks_run_in_order_with_the_changes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    directory = tmp_path / "apply.d"
    script(directory / "20-second", f'echo "2 $UMS_CHANGED $UMS_TAG" >> {out}')
    script(directory / "10-first", f"cat >> {out}; echo >> {out}")
    script(directory / "30-plain", "exit 1", mode=0o644)
    script(directory / "40-backup~", "exit 1")
    script(directory / ".hidden", "exit 1")
    assert await run_apply_hooks(directory, CHANGES, {"UMS_TAG": "t"}) == ""
    first, second = out.read_text().splitlines()
    assert json.loads(first) == CHANGES
    assert second == "2 a.b c t"


async def test_failing_hooks_are_named_and_the_others_run(tmp_path: Path) -> None:
    script(tmp_path / "1-bad", "echo broken screen >&2; exit 3")
    script(tmp_path / "2-open", "exit 0", mode=0o777)
    (tmp_path / "3-none").write_bytes(b"\x7fELFjunk")
    (tmp_path / "3-none").chmod(0o755)
    script(tmp_path / "4-good", f"touch {tmp_path}/ran")
    script(tmp_path / "5-killed", "kill -9 $$")
    error = await run_apply_hooks(tmp_path, CHANGES, {})
    assert error == (
        "1-bad: exit status 3: broken screen; 2-open: everybody may write to the file, so it is not run; "
        "3-none: cannot be started: Exec format error; 5-killed: killed by signal 9"
    )
    assert (tmp_path / "ran").exists()


async def test_a_hanging_hook_is_killed_with_its_children(tmp_path: Path) -> None:
    hook = script(tmp_path / "hang", f"sleep 300 & echo $! > {tmp_path}/child; wait")
    started = time.monotonic()
    outcome = await run_hook(hook, b"", {}, timeout=0.5)
    assert (outcome.ok, outcome.text) == (False, "did not end within 0.5 seconds")
    assert time.monotonic() - started < 3
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if not alive(child):
            break
        await asyncio.sleep(0.02)
    assert not alive(child)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


async def test_a_hook_may_leave_a_service_behind(tmp_path: Path) -> None:
    hook = script(tmp_path / "daemon", f"sleep 5 & echo $! > {tmp_path}/pid")
    outcome = await run_hook(hook, b"", {}, timeout=3)
    assert outcome.ok
    os.kill(int((tmp_path / "pid").read_text()), 9)


async def test_very_many_changes_fit(tmp_path: Path) -> None:
    script(tmp_path / "hook", f'cat > {tmp_path}/in; echo "$UMS_CHANGED" > {tmp_path}/env')
    many = [{"path": f"page.of.settings.number{n}", "old": None, "new": "v" * 100} for n in range(10_000)]
    assert await run_apply_hooks(tmp_path, many, {}) == ""
    assert (tmp_path / "env").read_text() == "*\n"
    assert len(json.loads((tmp_path / "in").read_bytes())) == 10_000


# ---------------------------------------------------------------- commands


def commands(directory: Path, *, allow_power: bool = False) -> tuple[Commands, list[str]]:
    done: list[str] = []

    async def reset() -> None:
        done.append("reset")

    return Commands(directory, allow_power=allow_power, reset=reset, ask=lambda: done.append("ask")), done


def command(kind: str, **arguments: object) -> Command:
    return Command(id=1, kind=kind, arguments=arguments)


async def test_power_commands_need_a_hook_or_permission(tmp_path: Path) -> None:
    able, _ = commands(tmp_path)
    for kind in ("reboot", "shutdown"):
        outcome = await able.perform(command(kind))
        assert not outcome.ok
        assert "--allow-power" in outcome.text
        assert outcome.then is None
    script(tmp_path / "reboot", f'echo "$UMS_COMMAND $(cat)" > {tmp_path}/out')
    outcome = await able.perform(command("reboot", reason="why"))
    assert outcome.ok
    assert not (tmp_path / "out").exists()
    assert outcome.then is not None
    await outcome.then()
    assert (tmp_path / "out").read_text() == 'reboot {"reason": "why"}\n'


async def test_message_settings_reset_and_the_unknown(tmp_path: Path) -> None:
    able, done = commands(tmp_path)
    assert not (await able.perform(command("message", text="  "))).ok
    script(tmp_path / "message", "cat >&2; exit 4")
    outcome = await able.perform(command("message", text="hi"))
    assert (outcome.ok, outcome.text) == (False, 'exit status 4: {"text": "hi"}')
    assert (await able.perform(command("settings"))).ok
    assert done == ["ask"]
    outcome = await able.perform(command("factory_reset"))
    assert done == ["ask"]
    assert outcome.then is not None
    await outcome.then()
    assert done == ["ask", "reset"]
    outcome = await able.perform(command("explode"))
    assert (outcome.ok, outcome.text) == (False, "This agent does not know the command 'explode'.")


@pytest.mark.parametrize("arguments", [{"text": 3}, {"text": None}, {"text": ["x"]}, {}])
async def test_odd_arguments_do_no_harm(tmp_path: Path, arguments: dict[str, object]) -> None:
    able, _ = commands(tmp_path)
    script(tmp_path / "message", "exit 0")
    assert isinstance((await able.perform(command("message", **arguments))).text, str)
