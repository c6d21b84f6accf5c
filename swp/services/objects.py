"""Objects of linked directories that we keep a row of: those that have profiles, and users who have logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from swp.models import DirectoryObject

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from swp.ldap.types import Entry
    from swp.models import LinkedDirectory

_SEEN = ["kind", "name", "account", "dn", "sid", "seen_at", "gone_at"]


def objects_seen(*, directory: LinkedDirectory, entries: Iterable[Entry]) -> dict[UUID, DirectoryObject]:
    """The rows of what the directory has just shown, by objectGUID: made, or brought up to date, in one statement.

    An object that was renamed or moved keeps its row, and one that was an orphan is none any more.
    """
    now = timezone.now()
    latest = {entry.guid: entry for entry in entries}
    # In the order of their keys: two logins at once that show the same objects do not wait for each other crosswise.
    rows = [
        DirectoryObject(
            directory=directory,
            guid=guid,
            kind=entry.kind.value,
            name=_fitting(entry.name, 1000),
            account=_fitting(entry.account, 256),
            dn=_fitting(entry.dn),
            sid=entry.sid,
            seen_at=now,
        )
        for guid, entry in sorted(latest.items())
    ]
    DirectoryObject.objects.bulk_create(
        rows, batch_size=1000, update_conflicts=True, update_fields=_SEEN, unique_fields=["directory", "guid"]
    )
    return {row.guid: row for row in rows}


def _fitting(text: str, length: int | None = None) -> str:
    """What a column takes: PostgreSQL stores no NUL, and the directory may know longer texts than we do."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:length]
