"""The socket by which programs of this machine speak with the running agent: users log in and out here.

`control.sock` in the state directory, for the owner alone (0600). One request a connection: a line of JSON there, a
line of JSON back. So a password is in no command line, no environment and no file.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from ums.domain.protocol import MAX_PASSWORD

NAME = "control.sock"
LONGEST = 64 * 1024
"""Bytes of a request and of an answer."""

CLIENTS = 16
"""Connections at once."""

REQUEST_WITHIN = 5.0
"""Seconds until the request is there."""


class Wish(msgspec.Struct, frozen=True):
    """What a program wants. `do`: login, passwd, logout, whoami or event."""

    do: str
    user: str = ""
    domain: str = ""
    password: str = ""
    new_password: str = ""
    kind: str = "unknown"
    failed: bool = False
    ended: bool = False
    shutdown: bool = False

    def __repr__(self) -> str:
        return f"Wish({self.do!r}, user={self.user!r}, domain={self.domain!r})"


class Told(msgspec.Struct, frozen=True):
    """The answer. `outcome`: the name of a `LoginOutcome`, "" where nobody logs in. `user`: who is logged in now.

    `available`, `text`: as the server said. `skip`: no server answers, and the device goes on without.
    """

    outcome: str = ""
    text: str = ""
    user: str = ""
    available: bool = True
    skip: bool = False
    last_user: str = ""
    domains: tuple[str, ...] = ()


class ControlError(Exception):
    """The agent cannot be asked: one sentence for the person at the keyboard."""


class Control:
    """The agent's side: answers one wish after another, each connection in a task of its own."""

    def __init__(self, directory: Path, answer: Callable[[Wish], Awaitable[Told]]) -> None:
        self._directory = directory
        self._answer = answer
        self._open = 0

    async def run(self) -> None:
        """Serve until cancelled. Raises OSError when there can be no socket."""
        with _reached(self._directory) as path:
            path.unlink(missing_ok=True)
            listening = socket.socket(socket.AF_UNIX)
            # The mode is that of the socket's first moment: nobody else ever sees it open.
            mask = os.umask(0o177)
            try:
                listening.bind(str(path))
            finally:
                os.umask(mask)
            listening.setblocking(False)
            server = await asyncio.start_unix_server(self._connected, sock=listening, limit=LONGEST)
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                server.close()
                with suppress(OSError):
                    path.unlink()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= CLIENTS:
                async with asyncio.timeout(REQUEST_WITHIN):
                    line = await reader.readuntil(b"\n")
                told = await self._told(line)
                writer.write(msgspec.json.encode(told) + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # it went away, or never said what it wants
        finally:
            self._open -= 1
            writer.close()

    async def _told(self, line: bytes) -> Told:
        try:
            wish = msgspec.json.decode(line, type=Wish)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Told(text="The agent does not understand this request.")
        if max(len(wish.password), len(wish.new_password)) > MAX_PASSWORD:
            return Told("INVALID_PASSWORD", f"A password has at most {MAX_PASSWORD:,} characters.")
        return await self._answer(wish)


def ask(directory: Path, wish: Wish, timeout: float) -> Told:
    """Ask the agent that runs with a state directory. Raises ControlError."""
    try:
        with _reached(directory) as path, socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            connection.sendall(msgspec.json.encode(wish) + b"\n")
            with connection.makefile("rb") as answers:
                return msgspec.json.decode(answers.readline(LONGEST), type=Told)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise ControlError(f"No agent runs with the state directory {directory}.") from error
    except PermissionError as error:
        raise ControlError(f"You may not speak with the agent of {directory}: do it as its user.") from error
    except TimeoutError as error:
        raise ControlError("The agent does not answer.") from error
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ControlError("The agent gave no answer.") from error


@contextmanager
def _reached(directory: Path) -> Iterator[Path]:
    """The path of the socket, however long that of the directory is: addresses of sockets have 107 bytes."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}") / NAME
    finally:
        os.close(descriptor)
