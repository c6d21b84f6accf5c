"""Locks of WebDAV clients in rows, so that they hold on all servers: the storage that wsgidav's lock manager asks.

A lock is found by the address of what it locks. Two locks cannot exclude each other and both be granted: requests that
lock or change something come one after the other (see `provider`).
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from wsgidav.dav_error import HTTP_BAD_REQUEST, HTTP_INSUFFICIENT_STORAGE, DAVError

from ums.domain.transfer import MOUNT, address_of
from ums.files.models import TransferLock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from ums.domain.transfer import Path

LONGEST = 24 * 3600
"""Seconds until a lock ends that nobody refreshes, whatever the client has asked for."""

MAX_OWNER = 4096
"""Bytes of what a client says about a lock's owner."""

MAX_LOCKS = 500
"""Of one account."""

Lock = dict[str, Any]
"""As wsgidav describes one."""


class RowLocks:
    """See `wsgidav.lock_man.lock_storage`, whose methods these are."""

    def open(self) -> None:
        """Nothing to do: rows are there."""

    def close(self) -> None:
        """Nothing to do: rows stay."""

    def get(self, token: str) -> Lock | None:
        """The lock of a token, unless it has ended."""
        row = _valid().filter(token=token).first()
        return _described(row) if row else None

    def create(self, path: str, lock: Lock) -> Lock:
        """Store a lock, and fill in its token and how long it holds. Raises DAVError."""
        if len(lock["owner"]) > MAX_OWNER:
            raise DAVError(HTTP_BAD_REQUEST, f"The owner of a lock has {MAX_OWNER} bytes at most.")
        TransferLock.objects.exclude(pk__in=_valid()).delete()
        if TransferLock.objects.filter(principal=lock["principal"]).count() >= MAX_LOCKS:
            raise DAVError(HTTP_INSUFFICIENT_STORAGE, f"An account has {MAX_LOCKS} locks at most.")
        row = TransferLock(
            token=f"opaquelocktoken:{secrets.token_hex(32)}",
            root=_normal(path),
            deep=lock["depth"] == "infinity",
            exclusive=lock["scope"] == "exclusive",
            owner=lock["owner"].decode(),
            principal=lock["principal"],
        )
        _last(row, lock["timeout"])
        row.save(force_insert=True)
        lock.update(_described(row))
        return lock

    def refresh(self, token: str, *, timeout: float) -> Lock:
        """Let a lock that is there hold from now on for `timeout` seconds (below 0: as long as can be)."""
        row = _valid().get(token=token)
        _last(row, timeout)
        row.save(update_fields=["seconds", "expires_at"])
        return _described(row)

    def delete(self, token: str) -> bool:
        """End a lock. Whether there was one."""
        return bool(TransferLock.objects.filter(token=token).delete()[0])

    def get_lock_list(
        self, path: str, *, include_root: bool, include_children: bool, token_only: bool
    ) -> list[Lock] | list[str]:
        """The locks on a path, on what is below it, or both."""
        root = _normal(path)
        rows = [row for row in _at(root, below=include_children) if include_root or row.root != root]
        return [row.token for row in rows] if token_only else [_described(row) for row in rows]


def locks_removed(at: Path) -> None:
    """What lay at a path is gone, and all below it: so are their locks."""
    rows = _at(_normal(address_of(at).removeprefix(MOUNT)), below=True)
    TransferLock.objects.filter(pk__in=[row.pk for row in rows]).delete()


def locked_among(at: Path) -> set[str]:
    """The addresses, below the mount, of what is locked in a directory or below it."""
    return {row.root for row in _at(_normal(address_of(at).removeprefix(MOUNT)), below=True)}


def _valid() -> QuerySet[TransferLock]:
    return TransferLock.objects.filter(expires_at__gt=timezone.now())


def _at(root: str, *, below: bool) -> Iterable[TransferLock]:
    rows = list(_valid().filter(root=root))
    if below:
        inside = root.rstrip("/") + "/"
        # SQLite does not tell capital letters apart here.
        candidates = _valid().filter(root__startswith=inside).exclude(root=root)
        rows += [row for row in candidates if row.root.startswith(inside)]
    return rows


def _normal(address: str) -> str:
    return "/" + address.strip("/")


def _last(row: TransferLock, timeout: float | None) -> None:
    row.seconds = LONGEST if timeout is None or timeout < 0 else max(1, min(int(timeout), LONGEST))
    row.expires_at = timezone.now() + timedelta(seconds=row.seconds)


def _described(row: TransferLock) -> Lock:
    return {
        "token": row.token,
        "root": row.root,
        "type": "write",
        "scope": "exclusive" if row.exclusive else "shared",
        "depth": "infinity" if row.deep else "0",
        "owner": row.owner.encode(),
        "principal": row.principal,
        "timeout": row.seconds,
        "expire": row.expires_at.timestamp(),
    }
