"""What a profile of a user cannot set, by kind of OS and version of the firmware (manual p. 53-54).

The lists are the files beside this one. They say more than `Parameter.system_setting` does: that is what a catalogue
knows of itself, these are what is known of firmware whose definition is silent. Either is enough.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase, translate
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from ums.domain.versions import version_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from ums.domain.parameters import Catalogue

PER_USER = "It concerns the whole device and is not effective in a profile of a user."
KEYS = "It takes its value from template keys, which do not exist for users."

_NUMBER = re.compile(r"\d+(?=\.|$)")


@dataclass(frozen=True, slots=True)
class Restriction:
    """One entry of a list. title: of the list. systems: patterns of kinds of OS. versions: one of them must hold."""

    title: str
    what: str
    systems: tuple[str, ...]
    versions: tuple[str, ...] = ()
    paths: re.Pattern[str] | None = field(default=None, repr=False)
    excepted: re.Pattern[str] | None = field(default=None, repr=False)
    pages: tuple[str, ...] = ()

    def holds_for(self, os: str, version: str) -> bool:
        """Whether firmware of this kind and version is meant."""
        if not any(fnmatchcase(os, pattern) for pattern in self.systems):
            return False
        return not self.versions or any(version_within(version, one) for one in self.versions)

    def concerns(self, path: str, page: str) -> bool:
        """Whether a parameter is meant. path: with “%” for numbers. page: "System > Update", small letters."""
        if self.excepted and self.excepted.fullmatch(path):
            return False
        if self.paths and self.paths.fullmatch(path):
            return True
        return any(page == one or page.startswith(f"{one} > ") for one in self.pages)

    @property
    def reason(self) -> str:
        """As people read it."""
        return f"{self.what} cannot be set by a profile of a user on {self.title}."


@dataclass(frozen=True, slots=True, eq=False)
class Restrictions:
    """The entries that hold for some firmware. Where they are the same they are the same object: part of quick keys."""

    entries: tuple[Restriction, ...] = ()


NONE = Restrictions()


@lru_cache(maxsize=1024)
def restrictions_of(os: str, version: str) -> Restrictions:
    """The entries that hold for firmware of this kind and version."""
    return _shared(tuple(number for number, one in enumerate(_all()) if one.holds_for(os, version)))


@cache
def _shared(numbers: tuple[int, ...]) -> Restrictions:
    return Restrictions(tuple(_all()[number] for number in numbers)) if numbers else NONE


def why_not(catalogue: Catalogue, path: str, restrictions: Restrictions) -> str | None:
    """Why a profile of a user cannot set this parameter, also one of a class ("sessions.rdp%.name"); None: it can."""
    parameter = catalogue.find(path)
    if parameter is not None and parameter.system_setting:
        return PER_USER
    if not restrictions.entries:
        return None
    name = parameter.path if parameter else _NUMBER.sub("%", path)
    page = " > ".join(step.title for step in catalogue.trail(parameter.page)).casefold() if parameter else ""
    return next((one.reason for one in restrictions.entries if one.concerns(name, page)), None)


def class_why_not(catalogue: Catalogue, cls: str, restrictions: Restrictions) -> str | None:
    """The same for free instances as a whole: when nothing in them can be set."""
    members = [path for path, parameter in catalogue.parameters.items() if parameter.class_path == cls]
    reasons = [why_not(catalogue, path, restrictions) for path in members]
    return reasons[0] if reasons and all(reasons) else None


@lru_cache(maxsize=1)
def _all() -> tuple[Restriction, ...]:
    found = sorted((one for one in files(__name__).iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(entry for one in found for entry in _read(tomllib.loads(one.read_text(encoding="utf-8"))))


def _read(content: Mapping[str, Any]) -> Iterable[Restriction]:
    for entry in content["cannot"]:
        versions = tuple(entry.get("versions", ()))
        for condition in versions:
            version_within("0", condition)  # one that is none is found when it is read
        yield Restriction(
            content["title"],
            entry["what"],
            tuple(entry.get("os", content["os"])),
            versions,
            _pattern(entry.get("paths", ())),
            _pattern(entry.get("except", ())),
            tuple(page.casefold() for page in entry.get("pages", ())),
        )


def _pattern(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """A node is meant with all below it."""
    every = [f"(?:{translate(form)})" for one in patterns for form in (one, f"{one}.*")]
    return re.compile("|".join(every)) if every else None
