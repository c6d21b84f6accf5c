"""A stream that is encrypted part by part: with scrypt a key from passphrase and salt, AES-GCM for each part.

The number of a part and whether it is the last one are in its nonce: parts that were cut off, left out, doubled or put
in another order do not open. The key is new with each salt, so no nonce is used twice with it.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ums.core.errors import AppError

if TYPE_CHECKING:
    from typing import Protocol

    class Readable(Protocol):
        def read(self, size: int, /) -> bytes: ...


MAGIC = b"PROTECTED UMS BACKUP 1\n"
SALT, TAG = 16, 16
PART = 1024 * 1024
"""Bytes of a part before it is encrypted; the last one may have fewer."""


class Sealing:
    """`write` encrypts into `file`; without `finish` what was written cannot be read."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._file = file
        self._head = MAGIC + secrets.token_bytes(SALT)
        self._cipher = AESGCM(_key(passphrase, self._head))
        self._waiting = bytearray()
        self._number = 0
        file.write(self._head)

    def write(self, data: bytes) -> int:
        """Append. Raises OSError."""
        self._waiting += data
        while len(self._waiting) > PART:
            self._seal(bytes(self._waiting[:PART]), last=False)
            del self._waiting[:PART]
        return len(data)

    def finish(self) -> None:
        """Write the last part. Raises OSError."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, part: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), part, self._head))
        self._number += 1


class Unsealing:
    """`read` decrypts what `Sealing` wrote. Raises AppError `backup_passphrase`, and `backup_damaged` at the first part
    that does not open: nothing that was changed is ever returned."""

    def __init__(self, file: Readable, passphrase: str) -> None:
        self._file = file
        self._head = file.read(len(MAGIC) + SALT)
        if not passphrase:
            raise AppError("backup_passphrase", "The backup is protected: give its passphrase.")
        self._cipher = AESGCM(_key(passphrase, self._head))
        self._next = file.read(PART + TAG)
        self._number = 0
        self._ended = False
        self._opened = b""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        while not self._opened and not self._ended:
            self._opened = self._open()
        taken, self._opened = self._opened[:size], self._opened[size:]
        return taken

    def _open(self) -> bytes:
        part, self._next = self._next, self._file.read(PART + TAG)
        self._ended = not self._next
        try:
            opened = self._cipher.decrypt(_nonce(self._number, last=self._ended), part, self._head)
        except InvalidTag:
            if self._number == 0:
                raise AppError("backup_passphrase", "The passphrase is wrong, or the backup was changed.") from None
            raise AppError("backup_damaged", "The backup is cut off, or was changed.") from None
        self._number += 1
        return opened


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _key(passphrase: str, head: bytes) -> bytes:
    """32 bytes; some 0.4 s and 128 MB for whoever tries a passphrase."""
    salt = head[len(MAGIC) :]
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**17, r=8, p=1, maxmem=2**28, dklen=32)
