"""Puts each parameter on one page of the editor; those that no page shows go to "Further parameters"."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ums.domain.formats.report import Report
from ums.domain.formats.ui_json import UiPage
from ums.domain.formats.values import one_line
from ums.domain.parameters.fileformat import MAX_TITLE

_FURTHER = "further"
_MAX_ID = 80
_MAX_STEPS = 20


@dataclass(frozen=True, slots=True)
class Placed:
    """A parameter on its page."""

    path: str
    page: str
    group: str = ""
    minimum: int | None = None
    maximum: int | None = None
    further: bool = False


@dataclass(frozen=True, slots=True)
class Placing:
    """All parameters in the order in which pages show them, and the pages."""

    shown: tuple[Placed, ...]
    _pages: tuple[dict[str, str | None], ...]

    def pages(self, used: Collection[str]) -> list[dict[str, str | None]]:
        """The pages with a parameter on them or below them."""
        parents = {page["id"]: page["parent"] for page in self._pages}
        kept: set[str | None] = set()
        for page in used:
            step: str | None = page
            while step is not None and step not in kept:
                kept.add(step)
                step = parents[step]
        return [page for page in self._pages if page["id"] in kept]


def place(pages: list[UiPage], origins: Mapping[str, str], classes: Collection[str], report: Report) -> Placing:
    """Where each parameter is shown: on the first page that names it.

    origins: for each of our paths the path of the file. classes: paths of those whose instances a page may name by
    number.
    """
    ids = _Ids()
    named: dict[str, list[str]] = {}
    for path, origin in origins.items():
        named.setdefault(origin, []).append(path)
    found: dict[str, Placed] = {}
    made: list[dict[str, str | None]] = []
    for page in pages:
        made.append({"id": ids.of(page.id), "title": _title(page.title), "parent": page.parent and ids.of(page.parent)})
        filled = False
        for shown in page.shown:
            known = named.get(shown.path) or named.get(_general(shown.path, classes), [])
            if not known:
                report.add("unknown", shown.path)
            for path in known:
                if path not in found:
                    group = one_line(shown.group, MAX_TITLE)
                    found[path] = Placed(path, ids.of(page.id), group, shown.minimum, shown.maximum)
                    filled = True
        if page.shown and not filled:
            report.add("page", page.id)
    made += _further([path for path in origins if path not in found], found, ids)
    if pages:
        for path, placed in found.items():
            if placed.further:
                report.add("further", path)
    order = {entry["id"]: number for number, entry in enumerate(made)}
    return Placing(tuple(sorted(found.values(), key=lambda one: order[one.page])), tuple(made))


def _further(paths: list[str], found: dict[str, Placed], ids: "_Ids") -> Iterator[dict[str, str | None]]:
    """Pages for parameters that have none, by the first step of their paths."""
    if not paths:
        return
    top = ids.new(_FURTHER)
    yield {"id": top, "title": "Further parameters", "parent": None}
    below: dict[str, str] = {}
    for path in paths:
        first = path.partition(".")[0].rstrip("%")
        if first not in below:
            below[first] = ids.new(f"{_FURTHER}.{first}")
            yield {"id": below[first], "title": _title(first), "parent": top}
        found[path] = Placed(path, below[first], further=True)


def _general(path: str, classes: Collection[str]) -> str:
    """The path with "%" in place of the number of an instance: "display0.mode" is "display%.mode"."""
    steps = path.split(".")[:_MAX_STEPS]
    for number, step in enumerate(steps):
        stem = step.rstrip("0123456789")
        if stem != step and ".".join([*steps[:number], f"{stem}%"]) in classes:
            return ".".join([*steps[:number], f"{stem}%", *steps[number + 1 :]])
    return ""


def _title(text: str) -> str:
    return one_line(text, MAX_TITLE) or "Page"


class _Ids:
    """Ids of pages as our form takes them, each once."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}

    def of(self, raw: str) -> str:
        """The id of a page of the file; the same one each time."""
        if raw not in self._of:
            self._of[raw] = self.new(raw)
        return self._of[raw]

    def new(self, raw: str) -> str:
        """An id that is not taken yet."""
        base = made = re.sub(r"[^a-z0-9_.-]+", "-", raw.lower())[:_MAX_ID].lstrip("_.-") or "page"
        while made in self._taken:
            self._numbers[base] = number = self._numbers.get(base, 1) + 1
            made = f"{base}-{number}"
        self._taken.add(made)
        return made
