"""What a server shows to another one to be given a content: good for this content and for a minute."""

from __future__ import annotations

import hmac
import re

from ha.clock import database_now
from ums.core.crypto import digest

SECONDS = 60
"""How long a pass is good, by the database's clock: those of the hosts may differ."""

_PASS = re.compile(r"([0-9]{1,12})-([0-9a-f]{64})")


def content_pass(sha256: str) -> str:
    """A pass for one content, as a bearer token. Only who has the network's master key can make it."""
    until = int(database_now().timestamp()) + SECONDS
    return f"{until}-{_code(sha256, until)}"


def pass_holds(text: str, sha256: str) -> bool:
    """Whether it was made for this content, within the last minute."""
    match = _PASS.fullmatch(text)
    if match is None:
        return False
    until = int(match[1])
    return hmac.compare_digest(match[2], _code(sha256, until)) and 0 < until - database_now().timestamp() <= SECONDS


def _code(sha256: str, until: int) -> str:
    return digest("pass for a content", f"{sha256} {until}")
