"""This host: its names, and the key that it shows them with. Needs no database."""

from __future__ import annotations

import socket

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ha.addresses import EVERYWHERE


def server_names(bind: str, address: str = "") -> list[str]:
    """Names and addresses under which this host is reached."""
    names = {"localhost", "127.0.0.1", "::1", socket.gethostname(), socket.getfqdn(), bind, address} - EVERYWHERE
    return sorted(name for name in names if name and len(name) <= 253)


def new_key() -> tuple[ec.EllipticCurvePrivateKey, str]:
    """A new key and its PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key, private.decode()


def public_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half, PEM."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
