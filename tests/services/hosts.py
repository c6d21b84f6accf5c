"""Hosts of a test network on this machine: network namespaces on a switch, whose cables can be pulled.

The machine itself is one of the hosts, so that tests reach the others. The switch has a namespace of its own: with that
all of it goes.
"""

from __future__ import annotations

import os
import subprocess
from types import TracebackType
from typing import Self


class Impossible(RuntimeError):
    """This system makes no network namespaces for us; the message says why."""


class Hosts:
    """`with Hosts() as hosts:` has a switch. This machine is `<subnet>.2`; `add` brings another host."""

    def __init__(self) -> None:
        self._name = f"ums{os.getpid()}"
        self._namespaces: list[str] = []
        self.subnet = f"10.{os.getpid() // 250 % 250}.{os.getpid() % 250}"

    @property
    def address(self) -> str:
        """Of this machine."""
        return f"{self.subnet}.2"

    def __enter__(self) -> Self:
        try:
            self._namespace("sw")
            self._in("sw", "link", "add", "br0", "type", "bridge")
            self._in("sw", "link", "set", "br0", "up")
            # In the switch's namespace it is gone with it, and this machine's end goes with the other.
            port = f"{self._name}p1"
            _ip("link", "add", f"{self._name}e1", "type", "veth", "peer", "name", port, "netns", f"{self._name}sw")
            _ip("address", "add", f"{self.address}/24", "dev", f"{self._name}e1")
            _ip("link", "set", f"{self._name}e1", "up")
            self._in("sw", "link", "set", port, "master", "br0", "up")
        except Impossible:
            self.__exit__(None, None, None)
            raise
        return self

    def add(self, number: int) -> str:
        """A host at `<subnet>.<number>`; the name of its namespace. Raises Impossible."""
        name = self._namespace(str(number))
        port = f"{self._name}p{number}"
        self._in("sw", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
        self._in("sw", "link", "set", port, "master", "br0", "up")
        self._in(str(number), "address", "add", f"{self.subnet}.{number}/24", "dev", "eth0")
        for device in ("eth0", "lo"):
            self._in(str(number), "link", "set", device, "up")
        return name

    def cut(self, number: int) -> None:
        """Pull the cable of a host."""
        self._in("sw", "link", "set", f"{self._name}p{number}", "down")

    def join(self, number: int) -> None:
        """Plug it in again."""
        self._in("sw", "link", "set", f"{self._name}p{number}", "up")

    def _namespace(self, what: str) -> str:
        _ip("netns", "add", f"{self._name}{what}")
        self._namespaces.append(f"{self._name}{what}")
        return self._namespaces[-1]

    def _in(self, what: str, *arguments: str) -> None:
        _ip("-n", f"{self._name}{what}", *arguments)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        while self._namespaces:
            _ip("netns", "delete", self._namespaces.pop())


def _ip(*arguments: str) -> None:
    try:
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Impossible("the program ip is not installed (Debian package iproute2)") from error
    if done.returncode:
        raise Impossible(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
