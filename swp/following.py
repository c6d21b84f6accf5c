"""Asking linked directories what became of the objects that profiles are assigned to."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from swp import services
from swp.ldap.directory import connected
from swp.ldap.types import BindRefused, DirectoryUnavailable
from swp.links import link_of
from swp.models import DirectoryObject, LinkedDirectory
from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from swp.ldap.directory import Directory
    from ums.core.actor import Actor

    Opening = Callable[[LinkedDirectory], AbstractContextManager[Directory]]

AT_ONCE = 500
"""Objects that are asked for and written down together."""


@dataclass
class Followed:
    """What came of it. failed: why a directory could not be asked, by its name."""

    checked: int = 0
    gone: int = 0
    failed: dict[str, str] = field(default_factory=dict)


@contextmanager
def as_browse_account(row: LinkedDirectory) -> Iterator[Directory]:
    """The directory as its browse account sees it, for what runs by itself. Raises AppError."""
    try:
        with connected(link_of(row)) as directory:
            yield directory
    except (BindRefused, DirectoryUnavailable) as failed:
        raise AppError("directory_unavailable", str(failed), status=503) from None


def follow(*, actor: Actor, opening: Opening) -> Followed:
    """Ask each linked Active Directory for the objects of it that have profiles. A directory that cannot be asked, or
    shows none of them, says nothing about what is gone.
    """
    told = Followed()
    for row in LinkedDirectory.objects.filter(kind=LinkedDirectory.Kind.AD):
        known = list(DirectoryObject.objects.filter(directory=row, assignments__isnull=False).distinct().order_by("pk"))
        if not known:
            continue
        try:
            with opening(row) as directory:
                found = directory.entries([one.guid for one in known])
        except AppError as failed:
            told.failed[row.domain_name] = failed.message
            continue
        if not found and len(known) > 1:
            told.failed[row.domain_name] = (
                f"{row} shows none of {len(known):,} objects: perhaps the account that asks may not see them."
            )
            continue
        for at in range(0, len(known), AT_ONCE):
            some = known[at : at + AT_ONCE]
            guids = {one.guid for one in some}
            entries = [entry for entry in found if entry.guid in guids]
            gone = services.objects_checked(actor=actor, directory=row, asked=some, found=entries)
            told.gone += len(gone)
        told.checked += len(known)
    return told
