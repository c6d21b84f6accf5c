"""A device's proof of identity: a JWT (RFC 7519) signed with its enrolled key, bound to one connection or request.

Read by hand because a server does it for every login: which algorithm counts is decided by the kind of the stored key
alone, never by what the token says.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ums.domain.protocol import PROOF_AUDIENCE, PROOF_LIFETIME

LEEWAY = 5
"""Seconds that a device's idea of the server's clock may be off."""

_CURVES = {
    "secp256r1": ("ES256", ec.ECDSA(SHA256()), 32),
    "secp384r1": ("ES384", ec.ECDSA(SHA384()), 48),
    "secp521r1": ("ES512", ec.ECDSA(SHA512()), 66),
}


class ProofError(ValueError):
    """The proof does not hold. The text is for the log: a device is told no details."""


class _Header(msgspec.Struct):
    alg: str
    kid: str


class _Claims(msgspec.Struct):
    sub: str
    aud: str
    exp: float
    iat: float
    nonce: str = ""
    csr: str = ""
    file: str = ""


_header_decoder = msgspec.json.Decoder(_Header)
_claims_decoder = msgspec.json.Decoder(_Claims)


class Proof:
    """A token taken apart; nothing of it is true before `verify`."""

    __slots__ = ("_claims", "_header", "_signature", "_signed")

    def __init__(self, token: str) -> None:
        """Raises ProofError for what is not a signed JWT."""
        try:
            raw = token.encode("ascii")
            self._signed, _, signature = raw.rpartition(b".")
            header, _, claims = self._signed.partition(b".")
            self._header = _header_decoder.decode(_decoded(header))
            self._claims = _claims_decoder.decode(_decoded(claims))
            self._signature = _decoded(signature)
        except (ValueError, msgspec.MsgspecError, RecursionError) as error:
            raise ProofError("not a signed token") from error

    @property
    def fingerprint(self) -> str:
        """Which certificate the device says it has (`kid`)."""
        return self._header.kid

    def verify(
        self, public_key: str, *, unit_id: str, now: float, nonce: str = "", csr: str = "", file: str = ""
    ) -> None:
        """Whether the holder of `public_key` (PEM) said this, now, for this use. Raises ProofError.

        `nonce` binds it to a connection, `csr` (SHA-256, hex) to a certificate request, `file` (likewise) to a file.
        """
        claims = self._claims
        if claims.aud != PROOF_AUDIENCE or claims.sub != unit_id:
            raise ProofError("made for somebody else")
        if (claims.nonce, claims.csr, claims.file) != (nonce, csr, file):
            raise ProofError("made for another connection or request")
        if not (now - LEEWAY < claims.exp <= now + PROOF_LIFETIME + LEEWAY and claims.iat <= now + LEEWAY):
            raise ProofError("expired, or from the future")
        _check_signature(public_key, self._header.alg, self._signed, self._signature)


def _check_signature(public_key: str, algorithm: str, signed: bytes, signature: bytes) -> None:
    key = load_pem_public_key(public_key.encode())
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            name, scheme, size = _CURVES[key.curve.name]
            if algorithm != name or len(signature) != 2 * size:
                raise ProofError("wrong algorithm")
            r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
            key.verify(encode_dss_signature(r, s), signed, scheme)
        elif isinstance(key, rsa.RSAPublicKey):
            if algorithm != "RS256":
                raise ProofError("wrong algorithm")
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
        else:
            raise ProofError("kind of key not supported")
    except InvalidSignature as error:
        raise ProofError("wrong signature") from error


def _decoded(part: bytes) -> bytes:
    return urlsafe_b64decode(part + b"=" * (-len(part) % 4))
