"""What may be a unit id: it stands in certificates, in HTTP Basic user names (no colon) and in logs."""

from __future__ import annotations

import re

from ums.core.errors import AppError

UNIT_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")


def check_unit_id(text: str) -> str:
    """The unit id itself. Raises AppError `unit_id_invalid`."""
    if not UNIT_ID.fullmatch(text):
        message = "A unit ID has 1 to 64 letters, digits, dots, hyphens and underscores."
        raise AppError("unit_id_invalid", message, fields={"unit_ids": [message]})
    return text
