"""One request to a webhook: TLS with a certificate that is checked, to an address that was checked, within a deadline.

The name is resolved once, and the connection made to what was found then: another answer a moment later leads nowhere
else. Redirects are not followed. What the receiver says beside its status is read as far as it is shown.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Timer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ums import __version__
from ums.domain.webhooks import HEADER, refusal, signature

if TYPE_CHECKING:
    from collections.abc import Collection
    from ipaddress import IPv4Network, IPv6Network

TIMEOUT = 10.0
"""Seconds without a byte."""

DEADLINE = 20.0
"""Seconds for all of it."""

SHOWN = 200
"""Characters of a refusal that are kept."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent where. `own` and `allowed` as `ums.domain.webhooks.refusal` takes them."""

    url: str
    secret: str
    delivery: int
    kind: str
    body: bytes
    own: frozenset[str] = frozenset()
    allowed: tuple[IPv4Network | IPv6Network, ...] = ()

    def __repr__(self) -> str:
        return f"<Order {self.delivery}>"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of it. status: None when there was no answer. detail: why it failed, in words."""

    status: int | None
    milliseconds: int
    detail: str = ""

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


class _Pinned(http.client.HTTPSConnection):
    """Connects to an address that is known already; the certificate has to be for the name."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext, *, own: bool) -> None:
        """`own`: whether it may be an address of this host."""
        super().__init__(host, port, timeout=TIMEOUT, context=context)
        self._address, self._tls, self._own = address, context, own

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        try:
            if not self._own and plain.getsockname()[0] == plain.getpeername()[0]:
                raise ConnectionRefusedError("it is an address of the server itself")
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def cut(self) -> None:
        """Whoever waits for it waits no longer."""
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


def send(order: Order) -> Sent:
    """Send it once. What goes wrong stands in the answer; nothing is raised."""
    start = time.monotonic()

    def sent(status: int | None, detail: str = "") -> Sent:
        return Sent(status, round((time.monotonic() - start) * 1000), detail[:SHOWN])

    parts = urlsplit(order.url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        address = _address(host, port, order.own, order.allowed)
    except OSError:
        return sent(None, f"The name {host} is not known.")
    except ValueError as error:
        return sent(None, f"{host} cannot be used: {error}.")
    own = any(ip_address(address.partition("%")[0]) in network for network in order.allowed)
    connection = _Pinned(host, port, address, ssl.create_default_context(), own=own)
    deadline = Timer(DEADLINE, connection.cut)
    deadline.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, order.body, _headers(order))
        answer = connection.getresponse()
        text = answer.read(SHOWN * 4).decode("utf-8", "replace")
        words = "" if 200 <= answer.status < 300 else " ".join(text.split()) or answer.reason
        return sent(answer.status, words.replace("\0", ""))
    except ssl.SSLCertVerificationError as error:
        return sent(None, f"The certificate of {host} is not accepted: {error.verify_message}.")
    except TimeoutError:
        return sent(None, f"{host} did not answer within {TIMEOUT:.0f} s.")
    except (OSError, http.client.HTTPException) as error:
        return sent(None, f"{host} at {address}: {error or type(error).__name__}.")
    finally:
        deadline.cancel()
        connection.close()


def _address(host: str, port: int, own: Collection[str], allowed: Collection[IPv4Network | IPv6Network]) -> str:
    """The address of a name, when none of its addresses is one that must not be asked. Raises OSError when it is not
    known, ValueError with the reason when it may not be."""
    found = list(dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    for address in found:
        if reason := refusal(address.partition("%")[0], own, allowed):
            raise ValueError(f"{address}: {reason}")
    return found[0]


def _headers(order: Order) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": f"UMS/{__version__}",
        "UMS-Delivery": str(order.delivery),
        "UMS-Event": order.kind,
        HEADER: signature(order.secret, int(time.time()), order.body),
    }
