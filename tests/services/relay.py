"""A controller between us and a real one, that notes what it is asked and spoils the answers as a test says."""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from tests.services.certificates import Certificate
from tests.services.samba import Samba

Spoil = Literal["", "silent", "mute", "garbage", "half", "slow", "close", "refer"]
"""silent: not even TLS answers; mute: TLS does, LDAP does not; half: answers end in their middle; slow: a byte at a
time; close: at once after a question; refer: every search is referred to `Relay.elsewhere`."""

BIND, SEARCH, MODIFY = 0x60, 0x63, 0x66
"""Tags of requests (RFC 4511)."""


class Relay:
    """`with Relay(ad) as relay:` listens on `relay.port` of the controller's address."""

    def __init__(self, ad: Samba, certificate: Certificate | None = None) -> None:
        """certificate: what it shows instead of a good one."""
        self.spoil: Spoil = ""
        self.only_after_bind = False
        self.questions: list[bytes] = []
        self.elsewhere = "ldaps://127.0.0.1:9/"
        self._ad = ad
        self._certificate = certificate or ad.authority.sign(ad.name, ad.address)
        self._listening = socket.create_server((ad.address, 0))
        self.port: int = self._listening.getsockname()[1]
        self._ends = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        with tempfile.TemporaryDirectory() as place:
            both = Path(place) / "both.pem"
            both.write_text(self._certificate.pem + self._certificate.key)
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(both)

    def asked(self, tag: int) -> list[bytes]:
        """The requests of a kind that came so far."""
        return [one for one in self.questions if _operation(one) == tag]

    def _run(self, work: threading.Thread) -> None:
        self._threads.append(work)
        work.start()

    def _accept(self) -> None:
        while not self._ends.is_set():
            try:
                raw, _ = self._listening.accept()
            except OSError:
                return
            self._sockets.append(raw)
            self._run(threading.Thread(target=self._serve, args=(raw,), daemon=True))

    def _serve(self, raw: socket.socket) -> None:
        if self.spoil == "silent":
            return
        with contextlib.suppress(OSError, ValueError):
            near = self._context.wrap_socket(raw, server_side=True)
            self._sockets.append(near)
            far_context = ssl.create_default_context(cadata=self._ad.ca)
            far = far_context.wrap_socket(
                socket.create_connection((self._ad.address, 636)), server_hostname=self._ad.address
            )
            self._sockets.append(far)
            self._run(threading.Thread(target=self._answer, args=(near, far), daemon=True))
            held = b""
            while data := near.recv(65536):
                held += data
                while (size := _size(held)) and len(held) >= size:
                    question, held = held[:size], held[size:]
                    self.questions.append(question)
                    if self.only_after_bind and _operation(question) == BIND:
                        self.spoil = "mute"
                    if self.spoil == "close":
                        near.shutdown(socket.SHUT_RDWR)
                        return
                    if self.spoil == "refer" and _operation(question) == SEARCH:
                        near.sendall(_referral(question, self.elsewhere))
                    elif self.spoil == "garbage":
                        near.sendall(b"HTTP/1.1 200 OK\r\nServer: something else\r\n\r\n" + bytes(range(256)) * 4)
                    else:
                        far.sendall(question)

    def _answer(self, near: ssl.SSLSocket, far: ssl.SSLSocket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := far.recv(65536):
                if self.spoil == "mute":
                    continue
                if self.spoil == "half":
                    near.sendall(data[: len(data) // 2])
                    near.shutdown(socket.SHUT_RDWR)
                elif self.spoil == "slow":
                    for at in range(len(data)):
                        near.sendall(data[at : at + 1])
                        if self._ends.is_set():
                            return
                        time.sleep(0.4)
                else:
                    near.sendall(data)

    def __enter__(self) -> Self:
        self._run(threading.Thread(target=self._accept, daemon=True))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ends.set()
        self._close()
        for thread in self._threads:
            thread.join(5)
        self._close()  # what a thread opened meanwhile

    def _close(self) -> None:
        for one in (self._listening, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def _size(data: bytes) -> int:
    """Of the BER element that it begins with, 0 while that is not known."""
    if len(data) < 2:
        return 0
    if data[1] < 0x80:
        return 2 + data[1]
    digits = data[1] & 0x7F
    return 2 + digits + int.from_bytes(data[2 : 2 + digits], "big") if len(data) >= 2 + digits else 0


def _contents(message: bytes) -> bytes:
    return message[2 + (message[1] & 0x7F if message[1] & 0x80 else 0) :]


def _operation(message: bytes) -> int:
    contents = _contents(message)
    return contents[2 + contents[1]]


def _referral(question: bytes, url: str) -> bytes:
    """A searchResDone with the result referral (10)."""
    contents = _contents(question)
    number = contents[: 2 + contents[1]]
    given = b"\x04" + bytes([len(url)]) + url.encode()
    result = b"\x0a\x01\x0a\x04\x00\x04\x00" + b"\xa3" + bytes([len(given)]) + given
    done = b"\x65" + bytes([len(result)]) + result
    return b"\x30" + bytes([len(number) + len(done)]) + number + done
