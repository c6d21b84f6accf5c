"""The branches of the structure tree below *Shared Workplace Users*: domains, what holds other objects in them, groups.

Groups are there so that a profile can be dragged onto one; users are too many for a tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404

from swp.browsing import ROOT, SignInNeeded, Unreachable, directory_of, entry_at, key_of, opened
from swp.contents import HOLDERS, Line, listed
from swp.ldap.types import ObjectKind
from swp.models import LinkedDirectory
from ums.core.errors import AppError

if TYPE_CHECKING:
    from django.db.models import QuerySet

IN_TREE = HOLDERS | {ObjectKind.GROUP}
SHOWN = 500
"""Branches of one level; the page of the container has all."""


def domains() -> QuerySet[LinkedDirectory]:
    """The directories whose users can log in."""
    return LinkedDirectory.objects.filter(kind=LinkedDirectory.Kind.AD)


def branches(request: Any, pk: int, at: str = ROOT) -> tuple[list[Line], bool]:
    """Containers and groups right in a container, by name, and whether there are more. One search, lazily.

    Raises Http404, SignInNeeded, Unreachable.
    """
    row, key = directory_of(pk), key_of(f"{pk}-{at}")
    with opened(request, row) as directory:
        dn = directory.link.base_dn if key.guid is None else entry_at(directory, key.guid).dn
        page = directory.children(dn, size=SHOWN, kinds=IN_TREE)
    return listed(row, page.entries), bool(page.cookie)


def failure_in_words(failed: AppError | Http404) -> tuple[str, str]:
    """Text and icon of the line in place of a branch that cannot be read."""
    if isinstance(failed, SignInNeeded):
        return "Sign in to see it", "key-round"
    if isinstance(failed, Unreachable):
        return "No controller answers", "circle-alert"
    return "Cannot be read", "circle-alert"
