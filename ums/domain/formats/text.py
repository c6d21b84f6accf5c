"""Our readable form: one TOML file per profile, and one for the assignments (docs/exchange.md)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import tomli_w

from ums.domain.formats.archive import Archive, file_name, write_archive
from ums.domain.formats.exchange import (
    MAX_PROFILES,
    Basis,
    Exchange,
    ExchangedProfile,
    ExchangeError,
    checked_path,
    checked_profile,
    settings_read,
)
from ums.domain.parameters import settings_to_json

PROFILE_FORMAT = "ums-profile/1"
ASSIGNMENTS_FORMAT = "ums-assignments/1"
ASSIGNMENTS_FILE = "assignments.toml"
TEMPLATES_FILE = "template-keys.toml"
BESIDE_PROFILES = (ASSIGNMENTS_FILE, TEMPLATES_FILE)
"""Files of an exported directory that hold no profile."""
MAX_BYTES = 4 * 2**20
MAX_ASSIGNMENTS = 100_000

# The reader of the standard library needs a time that grows with the square of the parts of a key. Ours have three.
_LONG_KEY = re.compile(
    r"""(?:^[ \t]*+\[{0,2}|[{,])[ \t]*+(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""", re.MULTILINE
)

Name = Annotated[str, msgspec.Meta(max_length=1_000)]


class _Based(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    version: Name = ""
    os: Name = ""


class _Instance(msgspec.Struct, forbid_unknown_fields=True):
    cls: str = msgspec.field(name="class")
    values: dict[str, Any] = {}


class _Profile(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["ums-profile/1"]
    name: Name
    based_on: _Based
    id: Name = ""
    kind: Name = "standard"
    use_case: Name = ""
    description: str = ""
    directory: list[Name] = []
    overwrite_sessions: bool = False
    also_for: list[_Based] = []
    values: dict[str, Any] = {}
    instances: dict[str, _Instance] = {}


class _Assigned(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    kind: Name = "standard"
    directory: list[Name] = []
    directories: list[list[Name]] = []
    devices: list[Name] = []


class _Assignments(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["ums-assignments/1"]
    profile: list[_Assigned] = []


@dataclass(frozen=True, slots=True)
class ExchangedAssignments:
    """What one profile is assigned to: directories by their path below the root, devices by unit ID."""

    name: str
    kind: str
    path: tuple[str, ...]
    directories: tuple[tuple[str, ...], ...] = ()
    devices: tuple[str, ...] = ()
    line: int = 0


def read_profile(data: bytes, where: str = "") -> ExchangedProfile:
    """One profile. Raises ExchangeError, and nothing else, for any bytes."""
    read = decoded(data, _Profile, where)
    instances = {serial: {"class": one.cls, "values": one.values} for serial, one in read.instances.items()}
    settings, refused = settings_read(read.values, instances, where)
    apps = tuple(Basis(app.name, app.version, app.os) for app in (read.based_on, *read.also_for))
    return checked_profile(
        ExchangedProfile(
            name=read.name,
            apps=apps,
            settings=settings,
            source_id=read.id,
            description=read.description,
            kind=read.kind,
            use_case=read.use_case,
            path=checked_path(read.directory, where),
            overwrite_sessions=read.overwrite_sessions,
            refused=refused,
        )
    )


def write_profile(profile: ExchangedProfile) -> bytes:
    """The file of one profile, its values in the order of their paths."""
    content = settings_to_json(profile.settings)
    for section in (content, *content["instances"].values()):
        section["values"] = dict(sorted(section["values"].items()))
    data: dict[str, Any] = {
        "format": PROFILE_FORMAT,
        "id": profile.source_id,
        "kind": profile.kind,
        "use_case": profile.use_case,
        "name": profile.name,
        "description": profile.description,
        "directory": list(profile.path),
        "overwrite_sessions": profile.overwrite_sessions,
        "also_for": [_app(app) for app in profile.apps[1:]],
        "based_on": _app(profile.based_on),
        **content,
    }
    for optional in ("id", "use_case", "description", "also_for", "values", "instances"):
        if not data[optional]:
            del data[optional]
    return encoded(data)


def read_assignments(data: bytes, where: str = ASSIGNMENTS_FILE) -> tuple[ExchangedAssignments, ...]:
    """What is assigned to what. Raises ExchangeError, and nothing else, for any bytes."""
    read = decoded(data, _Assignments, where)
    if sum(len(one.directories) + len(one.devices) for one in read.profile) > MAX_ASSIGNMENTS:
        raise ExchangeError(f"More than {MAX_ASSIGNMENTS:,} assignments.", where=where)
    places = lines_of(data, "[[profile]]", len(read.profile))
    return tuple(
        ExchangedAssignments(
            one.name,
            one.kind,
            checked_path(one.directory, where),
            tuple(checked_path(path, where) for path in one.directories),
            tuple(one.devices),
            place,
        )
        for one, place in zip(read.profile, places, strict=True)
    )


def write_assignments(assignments: list[ExchangedAssignments]) -> bytes:
    """The file of all assignments."""
    blocks = [tomli_w.dumps({"format": ASSIGNMENTS_FORMAT})]
    for one in assignments:
        entry: dict[str, Any] = {"name": one.name, "kind": one.kind, "directory": list(one.path)}
        if one.directories:
            entry["directories"] = [list(path) for path in one.directories]
        if one.devices:
            entry["devices"] = list(one.devices)
        blocks.append(f"[[profile]]\n{tomli_w.dumps(entry)}")
    return "\n".join(blocks).encode()


def read_bundle(archive: Archive) -> Exchange:
    """The profiles of a ZIP of such files. Raises ExchangeError."""
    names = [name for name in archive.names if name.endswith(".toml") and name.split("/")[-1] not in BESIDE_PROFILES]
    if len(names) > MAX_PROFILES:
        raise ExchangeError(f"The file holds more than {MAX_PROFILES:,} profiles.")
    return Exchange(tuple(read_profile(archive.read(name, MAX_BYTES), name[:100]) for name in names))


def write_bundle(exchange: Exchange) -> bytes:
    """A ZIP with the files of several profiles."""
    taken: set[str] = set()
    return write_archive((file_name(one.name, taken, ".toml"), write_profile(one)) for one in exchange.profiles)


def line_of(text: str, key: str) -> int:
    """The line on which a value stands, by its path or "serial:name"; 1 when it is not found."""
    serial, _, name = key.rpartition(":")
    quoted = rf"""["']?{re.escape(name)}["']?"""
    wanted = re.compile(rf"""\s*{quoted}\s*=|\s*\[.*values\.{quoted}\]""")
    begun = not serial
    for number, line in enumerate(text.split("\n"), 1):
        begun = begun or (line.startswith("[instances.") and serial in line)
        if begun and wanted.match(line):
            return number
    return 1


def _app(app: Basis) -> dict[str, str]:
    return {key: text for key, text in (("name", app.name), ("version", app.version), ("os", app.os)) if text}


def lines_of(data: bytes, header: str, count: int) -> list[int]:
    """On which lines the tables of a list begin; 0 for each of `count` when they are written in another way."""
    found = [number for number, line in enumerate(data.decode().split("\n"), 1) if line.strip() == header]
    return found if len(found) == count else [0] * count


def encoded(data: dict[str, Any]) -> bytes:
    """As TOML."""
    # Its several lines of text are not exact when a text has line ends of more than one kind.
    mixed = b"\\r" in msgspec.json.encode(data)
    return tomli_w.dumps(data, multiline_strings=not mixed).encode()


def decoded(data: bytes, kind: Any, where: str) -> Any:
    """The content of a TOML file as a structure. Raises ExchangeError, and nothing else, for any bytes."""
    if len(data) > MAX_BYTES:
        raise ExchangeError(f"A file has {MAX_BYTES // 2**20} MB at most.", where=where)
    try:
        text = data.decode()
        if _LONG_KEY.search(text):
            raise ExchangeError("A key has more than 32 parts.", where=where)
        return msgspec.convert(tomllib.loads(text), kind)
    except UnicodeDecodeError:
        raise ExchangeError("This is not a text in UTF-8.", where=where) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        raise ExchangeError(f"This is not TOML: {error}", where=where, line=int(found[1]) if found else 0) from None
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        if isinstance(error, ExchangeError):
            raise
        raise ExchangeError(f"This is not what the file should hold: {error}", where=where) from None
