"""Finding profiles by what is in them and by whether they are of use: for the filters of the console and the API.

1. A whole path of a plain parameter is a key of the stored JSON: the database looks it up.
2. Anything else (`update.*`, members of free instances, values) is narrowed by the text of the JSON, then read and
   checked here: one query more, whatever the number of profiles. Secrets are never found, neither sealed ones nor
   those that were stored before a catalogue knew them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db.models import Q, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce

from ums.domain.criteria import Pattern
from ums.profiles.content import SEALED, catalogue_at, is_secret
from ums.profiles.models import Assignment, Revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ums.domain.parameters import Catalogue


def sets(pattern: Pattern) -> Q:
    """Profiles that set a parameter whose path looks like the pattern; “sessions.rdp%.server” is one of instances."""
    if len(pattern.pieces) == 1 and "%" not in pattern.pieces[0]:
        return Q(head__content__values__has_key=pattern.pieces[0])
    # The path of a member of an instance stands in two parts: "sessions.rdp%", and "server" behind the dot.
    parts = [part for piece in pattern.pieces for part in piece.split("%.")]
    return _checked(parts, lambda _, path, __: _like(path, pattern))


def has_value(pattern: Pattern) -> Q:
    """Profiles in which some value, or expression, looks like the pattern."""

    def fits(catalogue: Catalogue, path: str, value: Any) -> bool:
        text = _text(value)
        return _like(text, pattern) and not (text and _is_secret(catalogue, path, value))

    return _checked(pattern.pieces, fits)


def unused() -> Q:
    """Profiles that reach no device: never assigned, or only to directories without devices in and below them."""
    populated = RawSQL(
        "WITH RECURSIVE populated(id) AS (SELECT DISTINCT directory_id FROM devices_device "
        "UNION SELECT d.parent_id FROM devices_directory d JOIN populated p ON d.id = p.id "
        "WHERE d.parent_id IS NOT NULL) SELECT id FROM populated",
        [],
    )
    reaching = Assignment.objects.filter(Q(device__isnull=False) | Q(directory__in=populated))
    return ~Q(pk__in=reaching.values("profile"))


def uses_templates() -> Q:
    """Profiles in which at least one value comes from template keys."""
    return ~Q(head__template_keys=[])


def _checked(parts: Any, fits: Callable[[Catalogue, str, Any], bool]) -> Q:
    rows = Revision.objects.filter(head_of__isnull=False).order_by()
    # Other characters are written as escapes by one of our databases.
    if longest := max((part for part in parts if part.isascii() and part.isprintable()), key=len, default=""):
        escaped = longest.replace("\\", "\\\\").replace('"', '\\"')
        rows = rows.annotate(_text=Cast("content", TextField())).filter(_text__icontains=escaped)
    catalogue = [Coalesce(f"based_on__{column}", f"profile__based_on__{column}") for column in ("pk", "checksum")]
    found = rows.values_list("profile_id", "content", *catalogue)
    ids = [
        pk
        for pk, content, *of in found.iterator()
        if any(fits(catalogue_at(*of), path, value) for path, value in _values(content))
    ]
    return Q(pk__in=ids)


def _values(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(path, value) of all that is set."""
    yield from content.get("values", {}).items()
    for instance in content.get("instances", {}).values():
        for name, value in instance["values"].items():
            yield f"{instance['class']}.{name}", value


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("expression", ""))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _is_secret(catalogue: Catalogue, path: str, value: Any) -> bool:
    return is_secret(catalogue, path, value) or (isinstance(value, str) and value.startswith(SEALED))


def _like(text: str, pattern: Pattern) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.pieces)), text, re.IGNORECASE | re.DOTALL) is not None
