"""Supervisor's XML-RPC over its unix socket."""

from __future__ import annotations

import http.client
import re
import socket
import xmlrpc.client
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ha.watchdog.plan import Seen

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT = 5.0

TAIL = 20_000
"""Bytes of supervisor's log that are searched for how a process ended."""

_END = re.compile(r"(exited|stopped): ([a-z]+) \((.*?)(?:; (?:not )?expected)?\)")

_WORDS = {"terminated by ": "was ended by ", "exit status ": "ended with exit status "}


class SupervisorError(Exception):
    """Supervisor does not answer, or refuses."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _Connection(self._path)


class Supervisor:
    """The supervisor that listens on `socket`. Each call has a connection of its own: a failed one spoils no other."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def programs(self) -> dict[str, Seen]:
        """All programs by name. Raises SupervisorError."""
        try:
            ended = ends(str(self._call("readLog", -TAIL, 0)))
        except SupervisorError:
            ended = {}  # somebody removed its log; how programs end is not known then, that they run is
        return {
            info["name"]: Seen(
                state=info["statename"],
                pid=info["pid"],
                age=float(max(0, info["now"] - info["start"])),
                end=ended.get(info["name"], ""),
            )
            for info in self._call("getAllProcessInfo")
        }

    def start(self, name: str) -> None:
        """Start a program, and do not wait for it. One that runs already stays. Raises SupervisorError."""
        self._call("startProcess", name, False)

    def stop(self, name: str) -> None:
        """Ask a program to end, and do not wait for it. Raises SupervisorError."""
        self._call("stopProcess", name, False)

    def shutdown(self) -> None:
        """Have everything stopped in order, supervisor itself at the end. Raises SupervisorError."""
        self._call("shutdown")

    def _call(self, method: str, *arguments: Any) -> Any:
        proxy = xmlrpc.client.ServerProxy("http://localhost", _Transport(self._socket))
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise SupervisorError(f"{method}: {error}") from error
        finally:
            with suppress(OSError):
                proxy("close")()


def ends(log: str) -> dict[str, str]:
    """How the last process of each program ended, in words; nothing for one that was stopped on request."""
    found: dict[str, str] = {}
    for how, name, words in _END.findall(log):
        if how == "exited":
            for ours, theirs in _WORDS.items():
                words = words.replace(ours, theirs)
            found[name] = words
        else:
            found.pop(name, None)
    return found
