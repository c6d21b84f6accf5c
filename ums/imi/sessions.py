"""How long sessions last, and how their ids are stored."""

from __future__ import annotations

from datetime import timedelta

from ums.core.crypto import digest

LIFE = timedelta(minutes=30)
"""From the last use."""
NOTED_EVERY = timedelta(minutes=1)
"""A use is written down at most so often; no session ends earlier for it."""


def session_digest(session_id: str) -> str:
    """What is stored of a session's id."""
    return digest("imi session", session_id)
