"""What a device does when the server tells it to (domain/console.md §4).

What a command means on this machine is decided by an executable `commands.d/<kind>`, which gets the arguments as JSON
on stdin. Without one there is a harmless fallback, or the command is refused with the reason.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from ums.domain.protocol import Command, CommandKind

from .hooks import run_hook

log = structlog.get_logger("ums.agent")

LONGEST_MESSAGE = 4096

_POWER = {CommandKind.REBOOT: "reboot", CommandKind.SHUTDOWN: "poweroff"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for the server; `then` is done after the server has it (the device may not come back from it)."""

    ok: bool
    text: str
    then: Callable[[], Awaitable[None]] | None = None


class Commands:
    """Carries out commands with the executables of a directory."""

    def __init__(
        self, directory: Path, *, allow_power: bool, reset: Callable[[], Awaitable[None]], ask: Callable[[], None]
    ) -> None:
        """`reset` wipes the agent's state, `ask` makes it ask for its settings."""
        self._directory = directory
        self._allow_power = allow_power
        self._reset = reset
        self._ask = ask

    async def perform(self, command: Command) -> Outcome:
        """Does it, or says why not; never raises for a command that does not fit."""
        try:
            kind = CommandKind(command.kind)
        except ValueError:
            return Outcome(False, f"This agent does not know the command {command.kind[:40]!r}.")
        hook = self._directory / kind.value
        match kind:
            case CommandKind.SETTINGS:
                self._ask()
                return Outcome(True, "The device asks for its settings.")
            case CommandKind.MESSAGE:
                return await self._message(hook, command)
            case CommandKind.FACTORY_RESET:
                return Outcome(True, "The device resets itself.", lambda: self._factory_reset(hook, command))
            case CommandKind.REBOOT | CommandKind.SHUTDOWN:
                return self._power(kind, hook, command)

    async def _message(self, hook: Path, command: Command) -> Outcome:
        text = str(command.arguments.get("text", ""))[:LONGEST_MESSAGE]
        if not text.strip():
            return Outcome(False, "The message is empty.")
        log.info("message", text=text)
        if hook.exists():
            return await self._run(hook, command)
        wall = shutil.which("wall")
        if wall is None:
            return Outcome(True, "Written to the device's log; nothing is set up that shows messages.")
        process = await asyncio.create_subprocess_exec(
            wall, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        await process.communicate(text.encode())
        return Outcome(True, "Shown on the terminals of the device.")

    def _power(self, kind: CommandKind, hook: Path, command: Command) -> Outcome:
        if hook.exists():
            return Outcome(True, f"The device carries out: {kind}.", lambda: self._logged(hook, command))
        if not self._allow_power:
            return Outcome(False, f"The agent may not do this: start it with --allow-power, or install {hook}.")
        return Outcome(True, f"The device carries out: {kind}.", lambda: _systemctl(_POWER[kind]))

    async def _factory_reset(self, hook: Path, command: Command) -> None:
        await self._reset()
        if hook.exists():
            await self._logged(hook, command)

    async def _logged(self, hook: Path, command: Command) -> None:
        outcome = await self._run(hook, command)
        if not outcome.ok:
            log.error("command failed", kind=command.kind, reason=outcome.text)

    async def _run(self, hook: Path, command: Command) -> Outcome:
        ended = await run_hook(hook, json.dumps(command.arguments, default=str).encode(), {"UMS_COMMAND": command.kind})
        return Outcome(ended.ok, ended.text)


async def _systemctl(verb: str) -> None:
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        log.error("command failed", reason="systemctl is missing")
        return
    process = await asyncio.create_subprocess_exec(systemctl, verb)
    await process.wait()
