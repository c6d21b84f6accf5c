"""What a host that joins and the server that takes it in say to each other (docs/cluster.md).

`POST /ha/join`, twice: asked first, nothing is written yet and the host checks what it gets; confirmed, the server
writes the node's row and hands over the keys. The join secret of the token is never sent: it authenticates method, time
and body.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import msgspec

from ums.core.errors import AppError

PATH = "/ha/join"
SCHEME = "UMS-Join"
MAX_BODY = 32 * 1024
MAX_ANSWER = 1024 * 1024


Name = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9._:-]{1,253}\Z")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]


class JoinRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The host that joins. `public_key` (PEM) and `names` are for its certificate."""

    id: UUID
    name: Name
    address: Name
    server: bool
    balancer: bool
    web_port: Port
    device_port: Port
    balancer_port: Port
    version: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9.+-]{1,32}\Z")]
    public_key: str
    names: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=50)]
    confirm: bool = False


class JoinAnswer(msgspec.Struct, frozen=True):
    """What the network is. Key and certificate come with the confirmed request only. `time` is the server's clock."""

    network: UUID
    time: float
    database_url: str
    redis_url: str
    cluster_host: str
    cluster_port: int
    servers: tuple[str, ...]
    files: tuple[str, ...] = ()
    master_key: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """The header of a request: which token, when, and a code that only who has the token can make."""

    token: UUID
    time: int
    code: str

    def holds(self, secret: str, body: bytes) -> bool:
        """Whether it was made with this secret for this body."""
        return hmac.compare_digest(self.code, _code(secret, self.time, body))


def prove(token: UUID, secret: str, body: bytes, time: int) -> str:
    """The value of the header Authorization. `time` in seconds since 1970."""
    return f"{SCHEME} {token} {time} {_code(secret, time, body)}"


def proof_of(header: str) -> Proof:
    """The parts of the header. Raises AppError `join_unauthorized`."""
    try:
        scheme, token, time, code = header.split(" ")
        if scheme != SCHEME or not (time.isascii() and time.isdecimal() and len(time) <= 12 and code.isascii()):
            raise ValueError(scheme)
        return Proof(UUID(token), int(time), code)
    except ValueError:
        raise AppError("join_unauthorized", "To join takes the network's token.", status=401) from None


def request_of(body: bytes) -> JoinRequest:
    """Raises AppError `join_malformed`."""
    try:
        request = msgspec.json.decode(body, type=JoinRequest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AppError("join_malformed", f"The request to join cannot be read: {error}.") from None
    if not (request.server or request.balancer):
        raise AppError("join_malformed", "A node has a server, a load balancer, or both.")
    return request


def _code(secret: str, time: int, body: bytes) -> str:
    message = f"POST {PATH} {time}\n".encode() + hashlib.sha256(body).digest()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
