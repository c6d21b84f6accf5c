"""The file `UMS-Network.token`: what a host must have to join the network (docs/cluster.md).

Inside: which network, its certificate authority, where servers are, and the join secret. The network's authority has
signed it, and it is encrypted: with a passphrase, or with a fixed key, which only keeps it from being read by chance.
"""

from __future__ import annotations

import binascii
import hashlib
import re
import secrets
from base64 import b64decode, b64encode
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable

FILE_NAME = "UMS-Network.token"
MAX_SIZE = 64 * 1024
"""Characters of the largest file that is looked at."""

FORMAT = 1
"""Raised when older programs could not read what a newer one writes."""

MAX_SERVERS = 32
SALT, NONCE = 16, 12
OPEN, PROTECTED = "UMS NETWORK TOKEN", "PROTECTED UMS NETWORK TOKEN"
FIXED_KEY = hashlib.sha256(b"UMS network token without a passphrase").digest()

_FRAME = re.compile(
    r"\s*-----BEGIN (?P<label>[A-Z ]+)-----\n(?P<body>[A-Za-z0-9+/=\n]*)-----END (?P=label)-----\s*", re.ASCII
)


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says. `servers` are “host:port”, tried in this order; `version` is the UMS that wrote it."""

    id: UUID
    network: UUID
    authority: str
    secret: str
    servers: tuple[str, ...]
    expires: datetime
    version: str
    format: int = FORMAT


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    content: bytes
    signature: bytes


class _Versioned(msgspec.Struct, frozen=True):
    format: int


def write(token: Token, *, sign: Callable[[bytes], bytes], passphrase: str = "") -> str:
    """The text of the file. `sign` signs as the network's authority (ECDSA, SHA-256)."""
    content = msgspec.json.encode(token)
    plain = msgspec.json.encode(_Signed(content, sign(content)))
    label = PROTECTED if passphrase else OPEN
    salt, nonce = secrets.token_bytes(SALT), secrets.token_bytes(NONCE)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, plain, label.encode() + salt)
    text = b64encode(salt + nonce + sealed).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def read(text: str, *, now: datetime, passphrase: str = "") -> Token:
    """What a file says. Whether its network still takes it, only a server knows.

    Raises AppError: `token_invalid` (no token, cut off, changed), `token_passphrase` (missing or wrong),
    `token_expired`, `token_format` (of another version).
    """
    label, body = _unframed(text)
    if label == PROTECTED and not passphrase:
        raise AppError("token_passphrase", "The network token is protected: give its passphrase.")
    token = _decoded(_opened(label, body, passphrase if label == PROTECTED else ""))
    if token.expires <= now:
        raise AppError(
            "token_expired",
            f"The network token expired on {token.expires:%Y-%m-%d %H:%M %Z}. Make a new one: “ums token create”.",
        )
    return token


def _unframed(text: str) -> tuple[str, bytes]:
    if len(text) > MAX_SIZE or "-----BEGIN " not in text[:100]:
        raise _invalid("This is no network token.")
    match = _FRAME.fullmatch(text.replace("\r\n", "\n"))
    if match is None:
        raise _invalid("The network token is damaged or cut off: its last line is missing, or it was changed.")
    if match["label"] not in {OPEN, PROTECTED}:
        raise _invalid("This is no network token.")
    try:
        body = b64decode(match["body"].replace("\n", ""), validate=True)
    except binascii.Error:
        raise _invalid("The network token is damaged: its text is not whole.") from None
    if len(body) <= SALT + NONCE:
        raise _invalid("The network token is damaged: its text is not whole.")
    return match["label"], body


def _opened(label: str, body: bytes, passphrase: str) -> bytes:
    salt, nonce, sealed = body[:SALT], body[SALT : SALT + NONCE], body[SALT + NONCE :]
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, label.encode() + salt)
    except InvalidTag:
        if passphrase:
            raise AppError("token_passphrase", "The passphrase is wrong, or the network token was changed.") from None
        raise _invalid("The network token was changed after it was made.") from None


def _decoded(plain: bytes) -> Token:
    try:
        signed = msgspec.json.decode(plain, type=_Signed)
        _check_format(signed.content)
        token = msgspec.json.decode(signed.content, type=Token)
        key = x509.load_pem_x509_certificate(token.authority.encode()).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or token.expires.tzinfo is None:
            raise ValueError("not of ours")
        key.verify(signed.signature, signed.content, ec.ECDSA(hashes.SHA256()))
        if not 0 < len(token.servers) <= MAX_SERVERS:
            raise ValueError("no servers")
    except (msgspec.DecodeError, ValueError, RecursionError, InvalidSignature, UnsupportedAlgorithm):
        raise _invalid("The network token was not signed by the network that it names.") from None
    return token


def _check_format(content: bytes) -> None:
    if msgspec.json.decode(content, type=_Versioned).format != FORMAT:
        raise AppError("token_format", "The network token is of another version of UMS. Make one with this version.")


def _key(passphrase: str, salt: bytes) -> bytes:
    """32 bytes; some 0.1 s and 32 MB for whoever tries a passphrase."""
    if not passphrase:
        return FIXED_KEY
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=32)


def _invalid(message: str) -> AppError:
    return AppError("token_invalid", message)
