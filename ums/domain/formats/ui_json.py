"""Reads `ui.json`, the pages on which an app of the original shows its parameters, and their titles."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from ums.domain.parameters import CatalogueError

MAX_BYTES = 16 * 1024 * 1024
MAX_PAGES = 2_000
MAX_ELEMENTS = 50_000
MAX_LEVELS = 8
"""Of pages; deeper ones move up."""
_MAX_NESTING = 16
_MAX_HEADING = 60
_ROOT = "root"


@dataclass(frozen=True, slots=True)
class Shown:
    """A parameter on a page, under the heading of its group; a slider says from where to where it goes."""

    path: str
    group: str = ""
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class UiPage:
    """A page, with the id of the page above it."""

    id: str
    title: str
    parent: str | None
    shown: tuple[Shown, ...]


def read_ui(ui: bytes, translations: bytes = b"") -> list[UiPage]:
    """The pages in the order of their tree. A page lies in it once, and at most 8 levels deep.

    What is no parameter is left out, as are conditions between parameters. Raises CatalogueError.
    """
    pages = _object(_decoded(ui, "ui.json"), "ui.json") if ui else {}
    texts = _object(_decoded(translations, "translation.json"), "translation.json") if translations else {}
    if len(pages) > MAX_PAGES:
        raise CatalogueError(f"ui.json has {len(pages):,} pages; at most {MAX_PAGES:,} are allowed.")
    reader = _Reader({key: _object(page, f'ui.json, page "{key[:50]}"') for key, page in pages.items()}, texts)
    return reader.pages()


class _Reader:
    def __init__(self, pages: dict[str, dict[str, Any]], texts: dict[str, Any]) -> None:
        self._pages = pages
        self._texts = texts
        self._elements = 0
        self._below: dict[str, list[str]] = {}
        for key, page in pages.items():
            for child in _strings(page.get("childrenIds")):
                self._below.setdefault(key, []).append(child)
            if parent := _parent(page):
                self._below.setdefault(parent, []).append(key)

    def pages(self) -> list[UiPage]:
        found: list[UiPage] = []
        seen: set[str] = set()
        orphans = [key for key, page in self._pages.items() if _parent(page) not in self._pages]
        starts = [_ROOT] if _ROOT in self._pages else []
        for start in [*starts, *orphans, *self._pages]:
            # (page, the pages above it)
            waiting: list[tuple[str, tuple[str, ...]]] = [(start, ())]
            while waiting:
                key, above = waiting.pop()
                if key in seen or key not in self._pages:
                    continue
                seen.add(key)
                page = self._read(key, above[-1] if above else None)
                if key != _ROOT or page.shown:
                    found.append(page)
                inner = () if key == _ROOT else (*above, key)[: MAX_LEVELS - 1]
                waiting.extend((child, inner) for child in reversed(self._below.get(key, ())))
        return found

    def _read(self, key: str, parent: str | None) -> UiPage:
        page = self._pages[key]
        title = self._title(page) or ("General" if key == _ROOT else key)
        return UiPage(key, title, parent, tuple(self._shown(page.get("elements"), "", 0)))

    def _shown(self, elements: object, group: str, depth: int) -> Iterator[Shown]:
        if depth > _MAX_NESTING:
            raise CatalogueError(f"ui.json: groups lie more than {_MAX_NESTING} levels deep.")
        for element in _in_order(elements):
            self._elements += 1
            if self._elements > MAX_ELEMENTS:
                raise CatalogueError(f"ui.json has more than {MAX_ELEMENTS:,} elements.")
            path = element.get("paramId")
            if isinstance(path, str) and path:
                yield Shown(path, group, _whole(element.get("minValue")), _whole(element.get("maxValue")))
            elif element.get("elements"):
                yield from self._shown(element["elements"], self._title(element) or group, depth + 1)
            elif element.get("type") == "label" and 0 < len(title := self._title(element)) <= _MAX_HEADING:
                group = title

    def _title(self, of: dict[str, Any]) -> str:
        key = of.get("nlsResourceId")
        texts = self._texts.get(key) if isinstance(key, str) else None
        if isinstance(texts, dict):
            for language, text in texts.items():
                if language.lower().startswith("en") and isinstance(text, str) and text.strip():
                    return text.strip()
        title = of.get("title")
        return title.strip() if isinstance(title, str) else ""


def _decoded(data: bytes, name: str) -> object:
    if len(data) > MAX_BYTES:
        raise CatalogueError(f"{name} has more than {MAX_BYTES // 2**20} MB.")
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CatalogueError(f"{name} is not JSON: {error}") from error


def _object(data: object, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise CatalogueError(f"{where} must be an object.")
    return data


def _parent(page: dict[str, Any]) -> str:
    """The name of the page above; "" for none, also where it is no text."""
    parent = page.get("parentId")
    return parent if isinstance(parent, str) else ""


def _strings(data: object) -> Iterator[str]:
    return (item for item in data if isinstance(item, str)) if isinstance(data, list) else iter(())


def _in_order(elements: object) -> list[dict[str, Any]]:
    """The members of {"0": …, "1": …} by number."""
    if isinstance(elements, dict):
        keys = sorted(elements, key=lambda key: int(key) if key.isdecimal() and len(key) < 10 else MAX_ELEMENTS)
        elements = [elements[key] for key in keys]
    return [element for element in elements if isinstance(element, dict)] if isinstance(elements, list) else []


def _whole(text: object) -> int | None:
    text = str(text) if isinstance(text, int) and not isinstance(text, bool) else text
    if isinstance(text, str) and len(text) < 16 and text.strip().removeprefix("-").isdecimal() and text.isascii():
        return int(text)
    return None
