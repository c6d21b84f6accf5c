"""The history of one device: what administrators did to it and what it was told, merged, newest first.

Apps above this one add their part when they start (`add_source`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ums.audit.catalogue import EVENTS
from ums.audit.selectors import event_for_object

if TYPE_CHECKING:
    from ums.audit.models import Event
    from ums.devices.models import Device

PAGE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `changes` are (what, before, after); `status` as `{% status %}` names it."""

    time: datetime
    who: str
    what: str
    icon: str = "pencil"
    detail: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    status: str = ""
    url: str = ""


Source = Callable[["Device", datetime | None, int], list[Entry]]
"""(device, before, limit): the newest `limit` entries older than `before`, newest first."""

_sources: list[Source] = []


def add_source(source: Source) -> None:
    """Let the history show more. Called from AppConfig.ready()."""
    if source not in _sources:
        _sources.append(source)


def history(*, device: Device, before: datetime | None = None) -> tuple[list[Entry], datetime | None]:
    """A page of entries, and from where the next one goes on (None: there is none)."""
    found = [entry for source in (_events, *_sources) for entry in source(device, before, PAGE + 1)]
    found.sort(key=lambda entry: entry.time, reverse=True)
    return found[:PAGE], found[PAGE - 1].time if len(found) > PAGE else None


def _events(device: Device, before: datetime | None, limit: int) -> list[Entry]:
    events = event_for_object(target=device).order_by("-id")
    if before is not None:
        events = events.filter(time__lt=before)
    return [_entry(event) for event in events[:limit]]


ICONS = {"registered": "monitor", "moved": "folder-input", "deleted": "trash-2", "reenrolment_allowed": "key-round"}


def _entry(event: Event) -> Entry:
    before, after = event.before or {}, event.after or {}
    names = [name for name in {**before, **after} if not name.endswith("_id") or name in ("unit_id", "asset_id")]
    return Entry(
        time=event.time,
        who=event.actor_name,
        what=EVENTS.get(event.action, event.action).removesuffix("."),
        icon=ICONS.get(event.action.partition(".")[2], "pencil"),
        detail=event.comment,
        changes=tuple((name.replace("_", " "), _text(before.get(name)), _text(after.get(name))) for name in names),
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
