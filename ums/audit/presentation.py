"""Events as people read them: what happened in words, to which object, and what is different now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ums.audit.catalogue import EVENTS
from ums.audit.objects import OBJECTS, links_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ums.audit.models import Event

MISSING = object()
LONGEST = 2000
"""Characters of one value that are shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """One property. `old` is None where there was none, `new` where there is none any more."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event with what the page shows of it."""

    event: Event
    meaning: str
    noun: str
    url: str
    changes: list[Change]


def event_rows(events: Iterable[Event], user: Any) -> list[EventRow]:
    """The rows of a page; objects that `user` may open have their address."""
    events = list(events)
    links = links_of(events, user)
    return [
        EventRow(
            event,
            meaning_of(event),
            OBJECTS[event.object_type].word if event.object_type in OBJECTS else event.object_type,
            links.get((event.object_type, event.object_id), ""),
            changes_of(event),
        )
        for event in events
    ]


def meaning_of(event: Event) -> str:
    """What happened, in words."""
    return EVENTS.get(event.action, event.action).rstrip(".")


def changes_of(event: Event) -> list[Change]:
    """What is different, by property; properties of properties are joined with “›”."""
    old, new = dict(_flat(event.before or {})), dict(_flat(event.after or {}))
    return [
        Change(name, _text(old.get(name, MISSING)), _text(new.get(name, MISSING)))
        for name in dict.fromkeys([*old, *new])
        if _told(old.get(name, MISSING), new.get(name, MISSING))
    ]


def _told(old: Any, new: Any) -> bool:
    """Whether there is anything to tell: from nothing to empty is no change, another secret is one."""
    nothing = (MISSING, None, "")
    return (old != new or _is_masked(new)) and not (old in nothing and new in nothing)


def _is_masked(value: Any) -> bool:
    """A changed secret: services write the same dots on both sides."""
    return isinstance(value, str) and value != "" and not value.strip("•")


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        whole = f"{above} › {name}" if above else str(name)
        if isinstance(value, dict) and value:
            yield from _flat(value, whole)
        elif value != {}:
            yield whole, value


def _text(value: Any) -> str | None:
    if value is MISSING or value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
