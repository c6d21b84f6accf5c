"""The data directory: the database of the embedded default, and the few files that cannot live in a database."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ums.core.private import write_private


def default_data_directory() -> Path:
    """`UMS_DATA`, or the place where a user's programs keep their data."""
    if configured := os.environ.get("UMS_DATA"):
        return Path(configured).expanduser().resolve()
    share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(share) / "ums"


def master_key(data: Path) -> str:
    """The key that seals secrets and signs sessions: `UMS_MASTER_KEY`, or the file `secret.key`, made when missing.

    Two processes that start at once agree on one key: the file is linked into place, and the first one stays.
    Raises OSError when the directory cannot be written.
    """
    if configured := os.environ.get("UMS_MASTER_KEY"):
        return configured
    path = data / "secret.key"
    if not path.exists():
        candidate = data / f".secret.key.{secrets.token_hex(4)}"
        write_private(candidate, secrets.token_urlsafe(48) + "\n")
        try:
            os.link(candidate, path)
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text().strip()
