"""Secrets at rest: sealed with a key that lies beside the database, never in it."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from ums.core.errors import AppError


@cache
def derived_key(purpose: str) -> bytes:
    """32 bytes for one purpose, derived from the installation's master key."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(settings.UMS_MASTER_KEY.encode())


@cache
def _fernet() -> Fernet:
    return Fernet(urlsafe_b64encode(derived_key("seal")))


def seal(text: str) -> str:
    """Encrypt and authenticate a secret for a database column."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again. Raises AppError when the master key is not the one that sealed it."""
    return unseal_bytes(sealed.encode()).decode()


def seal_bytes(data: bytes) -> bytes:
    """As `seal`, for a part of a file; a third longer than the data."""
    return _fernet().encrypt(data)


def unseal_bytes(sealed: bytes) -> bytes:
    """What `seal_bytes` was given. Raises AppError as `unseal`."""
    try:
        return _fernet().decrypt(sealed)
    except InvalidToken:
        raise AppError(
            "wrong_master_key",
            "A stored secret cannot be read: the master key is not the one it was stored with. "
            "Restore the file secret.key that belongs to this database.",
            status=500,
        ) from None


def digest(purpose: str, secret: str) -> str:
    """Keyed hash of a high-entropy secret, for look-ups: hex, 64 characters."""
    return hmac.new(derived_key(purpose), secret.encode(), hashlib.sha256).hexdigest()
