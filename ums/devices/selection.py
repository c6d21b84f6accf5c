"""Which devices an action is about: marked rows by id, or everything that a list shows, counted anew each time.

A list's address (`directory=5&f=status:offline&q=ward&sort=-last_contact`) says what it shows; the same text as
`filter` beside `all=1` selects it (static/js/table.js).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from ums.core.access import restrict
from ums.core.errors import AppError, Conflict
from ums.core.filters import MAX_ID
from ums.core.listing import filter_text
from ums.devices.filters import apply_filter
from ums.devices.models import Device, Directory
from ums.devices.selectors import directory_subtree_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

MAX_IDS = 20_000
SAMPLES = 5
"""Names that a dialog shows."""


def id_of(text: str) -> int | None:
    """A primary key out of an address, None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= MAX_ID else None


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What an address of the device list says about which devices are shown."""

    directory: int | None = None
    tokens: tuple[str, ...] = ()
    words: str = ""
    text: str = ""
    """Tokens and words in the language of the filter bar."""

    @classmethod
    def of(cls, given: QueryDict) -> ListQuery:
        """Read an address. A directory that is no number shows nothing, not everything."""
        directory = given.get("directory", "")
        tokens = tuple(dict.fromkeys(given.getlist("f")))
        where = (id_of(directory) or 0) if directory else None
        return cls(where, tokens, given.get("q", "").strip(), filter_text(given))

    def devices(self, *, user: Any, action: str) -> QuerySet[Device]:
        """The devices, without the joins of a list. Raises AppError `filter_invalid`."""
        devices = restrict(Device.objects.all(), user, action)
        if self.directory is not None:
            devices = devices.filter(directory__in=directory_subtree_ids(directory_id=self.directory))
        return apply_filter(devices, self.text) if self.text else devices

    def address(self, **more: Any) -> str:
        """The query string of the list, with `more` parameters (empty ones are left out)."""
        query = QueryDict(mutable=True)
        if self.directory is not None:
            query["directory"] = str(self.directory)
        query.setlist("f", list(self.tokens))
        for name, value in {"q": self.words, **more}.items():
            if value not in ("", None):
                query[name] = str(value)
        return query.urlencode()


@dataclass(frozen=True, slots=True)
class Selection:
    """Devices that an administrator selected."""

    ids: tuple[int, ...] = ()
    everything: ListQuery | None = None
    fields: tuple[tuple[str, str], ...] = field(default=())
    """The same as hidden fields of a form."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Selection:
        """Read `ids=1,2,3`, or `all=1` and `filter`. Raises AppError `no_devices`."""
        if given.get("all"):
            text = given.get("filter", "")
            return cls(everything=ListQuery.of(QueryDict(text)), fields=(("all", "1"), ("filter", text)))
        text = given.get("ids", "")
        ids = [id_of(part) for part in text.split(",") if part]
        if not ids or None in ids or len(ids) > MAX_IDS:
            raise AppError("no_devices", "Select one device at least." if not ids else "These are no ids of devices.")
        return cls(ids=tuple(dict.fromkeys(pk for pk in ids if pk is not None)), fields=(("ids", text),))

    def devices(self, *, user: Any, action: str) -> QuerySet[Device]:
        """Those of the selected devices with which `user` may do `action`."""
        if self.everything is not None:
            return self.everything.devices(user=user, action=action)
        return restrict(Device.objects.filter(pk__in=self.ids), user, action)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A selection, counted: what a dialog shows before it acts."""

    count: int
    names: tuple[str, ...]
    left_out: int
    """Devices that are selected, but not for this administrator's action."""
    target: str
    """In words: “Ward 3 and below”, “TC-0012”, “12 devices”."""

    @property
    def more(self) -> int:
        """How many the names do not show."""
        return self.count - len(self.names)


def chosen(*, selection: Selection, user: Any, action: str, read: str) -> Chosen:
    """Count what `user` may do `action` with, out of what `user` may `read`. Raises AppError `no_devices`."""
    devices = selection.devices(user=user, action=action)
    count = devices.order_by().count()
    seen = selection.devices(user=user, action=read).order_by().count()
    if not seen:
        raise AppError("no_devices", "None of these devices is there any more. Read the list again.", status=404)
    names = tuple(devices.order_by("name", "pk").values_list("name", flat=True)[:SAMPLES])
    return Chosen(count, names, seen - count, _in_words(selection, count, names))


def taken(*, selection: Selection, user: Any, action: str, expect: str) -> list[Device]:
    """The devices to act on now. Raises Conflict `count_changed` unless they are as many as the dialog said."""
    devices = list(selection.devices(user=user, action=action).select_related("directory").order_by("pk"))
    if expect != str(len(devices)):
        raise Conflict("count_changed", f"These are {len(devices):,} devices by now, not {expect}. Look again.")
    return devices


def _in_words(selection: Selection, count: int, names: tuple[str, ...]) -> str:
    if count == 1:
        return names[0]
    query = selection.everything
    if query is None:
        return f"{count:,} devices"
    place = "all devices"
    if query.directory is not None:
        name = Directory.objects.filter(pk=query.directory).values_list("name", flat=True).first()
        place = f"{name} and below"
    return f"{place}, {query.text}" if query.text else place
