"""The catalogue: all parameters of one firmware version, in pages, with their instance classes."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import msgspec

from ums.domain.parameters.parameter import Parameter, Value

_MAX_QUERY = 200
_MAX_QUERY_WORDS = 10


class CatalogueError(ValueError):
    """Data that is not a catalogue; the message names the place and what is expected there."""


def digest_of(paths: Iterable[str]) -> bytes:
    """32 bytes that name paths in their order."""
    return hashlib.blake2b(msgspec.msgpack.encode(list(paths)), digest_size=32).digest()


@dataclass(frozen=True, slots=True)
class InstanceClass:
    """Things that exist several times: "fixed" ones by number (displays), "free" ones by serial (sessions)."""

    path: str
    kind: Literal["free", "fixed"]
    label: str
    indices: tuple[int, ...] = ()
    name_parameter: str = "name"

    def concrete(self, index: int) -> str:
        """Path of the fixed instance with this number: "userinterface.display0"."""
        return self.path.replace("%", str(index))


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the settings editor."""

    id: str
    title: str
    parent: str | None


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Immutable and compared by identity, so that it can be shared and used as a key of caches."""

    name: str
    version: str
    os: str
    pages: Mapping[str, Page]
    parameters: Mapping[str, Parameter]
    classes: Mapping[str, InstanceClass]

    def find(self, path: str) -> Parameter | None:
        """Return the parameter of a plain path, a class member ("sessions.rdp%.server") or a fixed instance."""
        return self.parameters.get(path) or self.concrete.get(path)

    def class_of(self, path: str) -> InstanceClass | None:
        """Return the class of a parameter, of a concrete fixed path or of the class's own path."""
        if "%" not in path:
            parameter = self.concrete.get(path)
            return self.classes[parameter.class_path] if parameter else None
        return self.classes.get(path[: path.index("%") + 1])

    @cached_property
    def concrete(self) -> Mapping[str, Parameter]:
        """The paths of all fixed instances ("userinterface.display0.rotation") and their parameters."""
        return MappingProxyType(
            {
                parameter.path.replace("%", str(index)): parameter
                for parameter in self.parameters.values()
                if "%" in parameter.path
                for index in self.classes[parameter.class_path].indices
            }
        )

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The paths of all secrets, as `find` takes them."""
        known = (*self.parameters.items(), *self.concrete.items())
        return frozenset(path for path, parameter in known if parameter.secret)

    @cached_property
    def defaults(self) -> Mapping[str, Value]:
        """What a device uses where nothing is set, by path: plain parameters and fixed instances, not free ones."""
        plain = {path: parameter.default for path, parameter in self.parameters.items() if "%" not in path}
        fixed = {path: parameter.default for path, parameter in self.concrete.items()}
        return MappingProxyType(plain | fixed)

    @cached_property
    def digest(self) -> bytes:
        """Names the paths that have defaults, in their order: the same for each catalogue that has the same."""
        return digest_of(self.defaults)

    @cached_property
    def instance_defaults(self) -> Mapping[str, Mapping[str, Value]]:
        """For each class the defaults of a new instance by relative name."""
        found: dict[str, dict[str, Value]] = {path: {} for path in self.classes}
        for parameter in self.parameters.values():
            if "%" in parameter.path:
                found[parameter.class_path][parameter.relative] = parameter.default
        return MappingProxyType({path: MappingProxyType(values) for path, values in found.items()})

    def on_page(self, page: str) -> tuple[Parameter, ...]:
        """Parameters of the page in the order of the file."""
        return self._by_page.get(page, ())

    def children(self, page: str | None) -> tuple[Page, ...]:
        """Pages directly below `page`; the top ones for None."""
        return self._by_parent.get(page, ())

    def trail(self, page: str) -> tuple[Page, ...]:
        """The pages from the top down to `page`, for a breadcrumb."""
        found: list[Page] = []
        current = self.pages.get(page)
        while current is not None:
            found.append(current)
            current = self.pages.get(current.parent) if current.parent is not None else None
        return tuple(reversed(found))

    def search(self, words: str) -> list[Parameter]:
        """Parameters that hold every word in path, label, help, choices, group or page titles.

        Hits in the label come first, then hits in the path, then the rest, each in the order of the file.
        The query is cut at 200 characters and 10 words; an empty one finds nothing.
        """
        wanted = words[:_MAX_QUERY].casefold().split()[:_MAX_QUERY_WORDS]
        if not wanted:
            return []
        ranked: tuple[list[Parameter], list[Parameter], list[Parameter]] = ([], [], [])
        for label, path, everything, parameter in self._haystack:
            if all(word in everything for word in wanted):
                in_label = all(word in label for word in wanted)
                rank = 0 if in_label else 1 if all(word in path for word in wanted) else 2
                ranked[rank].append(parameter)
        return [parameter for found in ranked for parameter in found]

    @cached_property
    def _haystack(self) -> tuple[tuple[str, str, str, Parameter], ...]:
        titles = {page: "\n".join(step.title for step in self.trail(page)) for page in self.pages}
        found = []
        for p in self.parameters.values():
            choices = (label for _, label in p.choices)
            everything = "\n".join((p.path, p.label, p.help, p.group, titles[p.page], *choices))
            found.append((p.label.casefold(), p.path.casefold(), everything.casefold(), p))
        return tuple(found)

    @cached_property
    def _by_page(self) -> dict[str, tuple[Parameter, ...]]:
        found: dict[str, list[Parameter]] = {}
        for parameter in self.parameters.values():
            found.setdefault(parameter.page, []).append(parameter)
        return {page: tuple(parameters) for page, parameters in found.items()}

    @cached_property
    def _by_parent(self) -> dict[str | None, tuple[Page, ...]]:
        found: dict[str | None, list[Page]] = {}
        for page in self.pages.values():
            found.setdefault(page.parent, []).append(page)
        return {parent: tuple(pages) for parent, pages in found.items()}
