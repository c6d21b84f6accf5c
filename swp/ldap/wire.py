"""The way to one controller: its name, TCP, TLS. Each step ends in bounded time, and says in words what went wrong."""

from __future__ import annotations

import os
import select
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from functools import lru_cache

from swp.ldap.types import Attempt, Controller, Link, Step

CONNECT = 3.0
"""Seconds for each step."""
MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of one answer. A page of 5,000 objects has less than 20 MB."""
_PART = 32 * 1024

_EXPIRED, _NOT_YET, _SELF_SIGNED, _OTHER_NAME = {10}, {9}, {18}, {62, 64}
"""What OpenSSL calls them (X509_V_ERR_…)."""


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(8, thread_name_prefix="directory-names")


# getaddrinfo cannot be told when to give up, so it is asked in a thread that may stay behind.
_names = _threads()


def _start_anew() -> None:
    """A forked process has none of the threads of its parent."""
    global _names
    _names = _threads()


os.register_at_fork(after_in_child=_start_anew)


class Failed(Exception):
    """A step did not work. hung: nothing came, rather than a refusal. certificate: the one that was not trusted."""

    def __init__(self, step: Step, words: str, *, hung: bool = False, untrusted: bool = False) -> None:
        super().__init__(words)
        self.step, self.words, self.hung, self.untrusted = step, words, hung, untrusted

    def attempt(self, controller: Controller, seconds: float, certificate: str = "") -> Attempt:
        """As it is told to people."""
        return Attempt(label(controller), self.step, self.words, seconds, certificate)


class Wire:
    """A connected socket. All that is sent and received between two `allow` ends in time and has a bounded size."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.allow(CONNECT)

    def allow(self, seconds: float) -> None:
        """The next exchange may last so long."""
        self._end, self._left = time.monotonic() + seconds, MAX_ANSWER

    def recv(self, size: int) -> bytes:
        """As a socket's. Raises TimeoutError, OSError."""
        self._socket.settimeout(self._remaining())
        data = self._socket.recv(max(size, _PART))
        self._left -= len(data)
        if self._left < 0:
            raise OSError("the answer is too large")
        return data

    def sendall(self, data: bytes) -> None:
        """As a socket's. Raises TimeoutError, OSError."""
        self._socket.settimeout(self._remaining())
        self._socket.sendall(data)

    def shutdown(self, how: int) -> None:
        """As a socket's."""
        self._socket.shutdown(how)

    def close(self) -> None:
        """As a socket's."""
        self._socket.close()

    def quiet(self) -> bool:
        """Whether the other side neither closed nor said anything that nobody asked for."""
        try:
            return not select.select([self._socket], [], [], 0)[0]
        except (OSError, ValueError):
            return False

    def _remaining(self) -> float:
        if (left := self._end - time.monotonic()) <= 0:
            raise TimeoutError("timed out")
        return left


def label(controller: Controller) -> str:
    """As people write it: "dc1.corp.test", "10.0.0.5:10636"."""
    if controller.port is None:
        return controller.host
    host = f"[{controller.host}]" if ":" in controller.host else controller.host
    return f"{host}:{controller.port}"


def port_of(link: Link, controller: Controller) -> int:
    """Where it listens."""
    return controller.port or (636 if link.ldaps else 389)


def connect(link: Link, controller: Controller) -> Wire:
    """A way to a controller that is trusted as the link says. Raises Failed."""
    raw = reach(controller.host, port_of(link, controller))
    if not link.ldaps:
        return Wire(raw)
    try:
        return Wire(context(link.certificates).wrap_socket(raw, server_hostname=controller.host))
    except (OSError, ValueError) as error:
        raw.close()
        raise _untrusted(controller, error) from None


def reach(host: str, port: int) -> socket.socket:
    """A TCP connection. Raises Failed with the step NAME or TCP."""
    end, problem, hung = time.monotonic() + CONNECT, "", False
    for family, kind, protocol, _, address in _addresses(host, port):
        raw = socket.socket(family, kind, protocol)
        try:
            raw.settimeout(max(end - time.monotonic(), 0.05))
            raw.connect(address)
        except OSError as error:
            raw.close()
            hung = isinstance(error, TimeoutError)
            problem = f"did not answer within {CONNECT:.0f} s" if hung else (error.strerror or str(error)).lower()
        else:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return raw
    words = f"No connection to port {port}: {problem}. Is it on, and does a firewall let this server through?"
    raise Failed(Step.TCP, words, hung=hung)


@lru_cache(64)
def context(certificates: str) -> ssl.SSLContext:
    """What TLS trusts: the certificates (PEM), "" those of the system. Raises ValueError for what is none."""
    try:
        made = ssl.create_default_context(cadata=certificates or None)
    except ssl.SSLError:
        raise ValueError("The imported certificates cannot be read.") from None
    # An imported certificate may be the controller's own, which no authority of ours has signed.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    # What the authorities of a company leave out does no harm: the administrator chose whom to trust.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


def _addresses(host: str, port: int) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
    try:
        found = _names.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(CONNECT)
    except Late:
        words = f"The name {host} was not resolved within {CONNECT:.0f} s: DNS does not answer this server."
        raise Failed(Step.NAME, words, hung=True) from None
    except (OSError, UnicodeError):
        words = f"The name {host} is not known. Check how it is written, and the DNS of this server."
        raise Failed(Step.NAME, words) from None
    return [(int(family), int(kind), number, name, tuple(address)) for family, kind, number, name, address in found]


def _untrusted(controller: Controller, error: Exception) -> Failed:
    if isinstance(error, TimeoutError):
        words = f"It takes connections but answers nothing within {CONNECT:.0f} s: it hangs, or speaks no TLS here."
        return Failed(Step.TLS, words, hung=True)
    if not isinstance(error, ssl.SSLCertVerificationError):
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        words = f"No TLS here ({str(reason).replace('_', ' ').lower()}). Is this the port of LDAPS?"
        return Failed(Step.TLS, words)
    code = error.verify_code
    if code in _EXPIRED:
        words = "The certificate has expired. Give the controller a new one."
    elif code in _NOT_YET:
        words = "The certificate is not valid yet. Compare the clocks of the controller and of this server."
    elif code in _OTHER_NAME:
        words = f"The certificate is not for {controller.host}. Write the controller's name as the certificate does."
    elif code in _SELF_SIGNED:
        words = "The certificate is self-signed and not trusted. Import it, if it is the right one."
    else:
        words = "The certificate is not trusted. Import the root certificate of the domain."
    return Failed(Step.TLS, words, untrusted=True)
