"""The neutral form of exported profiles: what all readers yield and all writers take (docs/exchange.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ums.domain.parameters import Settings, SettingsError, settings_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ums.domain.parameters import Catalogue

MAX_FILE = 32 * 2**20
"""Bytes of a file as it is uploaded."""
MAX_PROFILES = 2_000
"""Profiles in one file."""
MAX_DIRECTORIES = 30
"""Names in the path of a directory, as deep as directories can be nested."""

KINDS = ("standard", "priority", "customization", "update")


class ExchangeError(ValueError):
    """A file that is refused, or a profile that a format cannot carry. `line`: where in a text it is, 0 = unknown."""

    def __init__(self, message: str, *, where: str = "", line: int = 0) -> None:
        self.line = line
        super().__init__(f"{where}: {message}" if where else message)


@dataclass(frozen=True, slots=True)
class Basis:
    """A firmware or an app that a profile is based on. `version` empty: any."""

    name: str
    version: str = ""
    os: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class ExchangedProfile:
    """One profile as a file has it.

    source_id: its id in the installation that exported it. path: names of its directories below the root of its tree.
    apps: what it is based on, the main one first. fixed: for values of fixed instances, their path with “%” and the
    number, by concrete path; formats that name classes need it. refused: what was left out of `settings`, with the
    reason, by path or "serial:name". notes: what a person should know about how it was read. catalogue: the parameters
    that a writer may look up what a value is with.
    """

    name: str
    apps: tuple[Basis, ...]
    settings: Settings = field(default_factory=Settings)
    source_id: str = ""
    description: str = ""
    kind: str = "standard"
    use_case: str = ""
    path: tuple[str, ...] = ()
    overwrite_sessions: bool = False
    fixed: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    catalogue: Catalogue | None = field(default=None, compare=False)

    @property
    def based_on(self) -> Basis:
        """The main one of what it is based on."""
        return self.apps[0] if self.apps else Basis("Unknown firmware")

    def placed(self, path: str) -> tuple[str, int] | None:
        """The path with “%” and the number of a value of a fixed instance; None for a plain parameter."""
        if path in self.fixed or self.catalogue is None:
            return self.fixed.get(path)
        cls = self.catalogue.class_of(path)
        if cls is None or "%" in path:
            return None
        number = next(n for n in cls.indices if path.startswith(f"{cls.concrete(n)}."))
        return f"{cls.path}{path[len(cls.concrete(number)) :]}", number


@dataclass(frozen=True, slots=True)
class ExchangedCatalogue:
    """A catalogue inside a file: the original's definition (`setup.def`), or with `own` one of ours (JSON)."""

    name: str
    version: str
    os: str
    definition: bytes
    ui: bytes = b""
    translations: bytes = b""
    own: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one file holds."""

    profiles: tuple[ExchangedProfile, ...]
    catalogues: tuple[ExchangedCatalogue, ...] = ()
    notes: tuple[str, ...] = ()


def settings_read(
    values: dict[str, Any], instances: dict[str, dict[str, Any]], where: str
) -> tuple[Settings, dict[str, str]]:
    """Settings in JSON form as far as they can be taken, and what was left out with the reason.

    Raises ExchangeError when what is wrong is not a single value.
    """
    data = {"values": values, "instances": instances}
    try:
        return settings_from_json(data), {}
    except SettingsError as error:
        refused = error.errors
    for key in refused:
        serial, _, name = key.rpartition(":")
        if key in values:
            del values[key]
        elif serial in instances:
            instances[serial]["values"].pop(name, None)
    try:
        return settings_from_json(data), refused
    except SettingsError as error:
        raise ExchangeError(str(error), where=where) from None


def checked_path(names: list[str] | tuple[str, ...], where: str) -> tuple[str, ...]:
    """The path of a directory. Raises ExchangeError when it is too deep or a name is empty."""
    path = tuple(name.strip() for name in names)
    if len(path) > MAX_DIRECTORIES or not all(path):
        raise ExchangeError(f"A path has up to {MAX_DIRECTORIES} names, none of them empty.", where=where)
    return path


def checked_profile(profile: ExchangedProfile) -> ExchangedProfile:
    """The profile when it has a name and a known kind. Raises ExchangeError."""
    if not profile.name.strip():
        raise ExchangeError("A profile has no name.")
    if profile.kind not in KINDS:
        raise ExchangeError(f"“{profile.kind[:40]}” is no kind of profile.", where=profile.name[:100])
    return profile
