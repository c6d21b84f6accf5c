"""A message of the bus as bytes. Signed with a key of the network: who can reach Redis cannot speak on the bus."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec

from ums.core.crypto import derived_key

MAX_LENGTH = 1024 * 1024
SIGNATURE = 16


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    """`sender` and `to` are ids of processes; an empty `to` is for all."""

    id: str
    sender: str
    kind: str
    body: Any = None
    to: str = ""


_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Envelope)


def pack(envelope: Envelope) -> str:
    """The message and its signature, as text that Redis and a notification carry alike."""
    data = _encoder.encode(envelope)
    return _signature(data) + data.decode()


def unpack(text: str) -> Envelope | None:
    """The message; None for what nobody of the network has sent."""
    data = text[2 * SIGNATURE :].encode()
    if len(data) > MAX_LENGTH or not hmac.compare_digest(text[: 2 * SIGNATURE].encode(), _signature(data).encode()):
        return None
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None


def _signature(data: bytes) -> str:
    return hmac.new(derived_key("bus"), data, hashlib.sha256).digest()[:SIGNATURE].hex()
