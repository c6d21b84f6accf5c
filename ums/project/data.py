"""The data directory: the database of the embedded default, and the few files that cannot live in a database."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def default_data_directory() -> Path:
    """`UMS_DATA`, or the place where a user's programs keep their data."""
    if configured := os.environ.get("UMS_DATA"):
        return Path(configured).expanduser().resolve()
    share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(share) / "ums"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; it is whole or not there. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


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
