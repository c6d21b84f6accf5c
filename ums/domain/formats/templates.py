"""Template keys, their values and groups of these in our readable form: one TOML file (docs/exchange.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import tomli_w

from ums.domain.formats.exchange import ExchangeError, checked_path
from ums.domain.formats.text import MAX_ASSIGNMENTS, TEMPLATES_FILE, Name, decoded, encoded, lines_of

TEMPLATES_FORMAT = "ums-template-keys/1"

Scalar = bool | int | float | str
Paths = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ExchangedValue:
    """A value of a key, and what it is assigned to: directories by path below the root, devices by unit ID."""

    value: Scalar
    description: str = ""
    directories: Paths = ()
    devices: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class ExchangedKey:
    """A template key with its values. path: of its directory below the root of the template keys."""

    name: str
    type: str = "string"
    description: str = ""
    path: tuple[str, ...] = ()
    values: tuple[ExchangedValue, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class ExchangedGroup:
    """A group of values, as pairs of key and value, and what it is assigned to."""

    name: str
    description: str = ""
    path: tuple[str, ...] = ()
    values: tuple[tuple[str, Scalar], ...] = ()
    directories: Paths = ()
    devices: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class ExchangedTemplates:
    """All of a file."""

    keys: tuple[ExchangedKey, ...] = ()
    groups: tuple[ExchangedGroup, ...] = ()


class _Value(msgspec.Struct, forbid_unknown_fields=True):
    value: Scalar
    description: str = ""
    directories: list[list[Name]] = []
    devices: list[Name] = []


class _Key(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    type: Literal["string", "checkbox", "integer", "float"] = "string"
    description: str = ""
    directory: list[Name] = []
    value: list[_Value] = []


class _Group(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    description: str = ""
    directory: list[Name] = []
    values: dict[str, Scalar] = {}
    directories: list[list[Name]] = []
    devices: list[Name] = []


class _Templates(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["ums-template-keys/1"]
    key: list[_Key] = []
    group: list[_Group] = []


def read_templates(data: bytes, where: str = TEMPLATES_FILE) -> ExchangedTemplates:
    """What the file says. Raises ExchangeError, and nothing else, for any bytes."""
    read = decoded(data, _Templates, where)
    values = [value for key in read.key for value in key.value]
    if sum(len(one.directories) + len(one.devices) for one in (*values, *read.group)) > MAX_ASSIGNMENTS:
        raise ExchangeError(f"More than {MAX_ASSIGNMENTS:,} assignments.", where=where)
    at_keys, at_groups = lines_of(data, "[[key]]", len(read.key)), lines_of(data, "[[group]]", len(read.group))
    at_values = iter(lines_of(data, "[[key.value]]", len(values)))
    return ExchangedTemplates(
        tuple(
            ExchangedKey(
                one.name,
                one.type,
                one.description,
                checked_path(one.directory, where),
                tuple(
                    ExchangedValue(
                        value.value,
                        value.description,
                        tuple(checked_path(path, where) for path in value.directories),
                        tuple(value.devices),
                        next(at_values),
                    )
                    for value in one.value
                ),
                line,
            )
            for one, line in zip(read.key, at_keys, strict=True)
        ),
        tuple(
            ExchangedGroup(
                one.name,
                one.description,
                checked_path(one.directory, where),
                tuple(one.values.items()),
                tuple(checked_path(path, where) for path in one.directories),
                tuple(one.devices),
                line,
            )
            for one, line in zip(read.group, at_groups, strict=True)
        ),
    )


def write_templates(templates: ExchangedTemplates) -> bytes:
    """The file of all keys and groups."""
    blocks = [tomli_w.dumps({"format": TEMPLATES_FORMAT}).encode()]
    for key in templates.keys:
        entry = {"name": key.name, "type": key.type, "description": key.description, "directory": list(key.path)}
        blocks.append(b"[[key]]\n" + _said(entry))
        for value in key.values:
            said = {"value": value.value, "description": value.description, **_assigned(value)}
            blocks.append(b"[[key.value]]\n" + _said(said))
    for group in templates.groups:
        entry = {"name": group.name, "description": group.description, "directory": list(group.path)}
        block = b"[[group]]\n" + _said({**entry, **_assigned(group)})
        if group.values:
            block += b"\n[group.values]\n" + encoded(dict(group.values))
        blocks.append(block)
    return b"\n".join(blocks)


def _assigned(one: ExchangedValue | ExchangedGroup) -> dict[str, Any]:
    return {"directories": [list(path) for path in one.directories], "devices": list(one.devices)}


def _said(entry: dict[str, Any]) -> bytes:
    """Without what is empty: that is what is read when nothing stands there. An empty value is one."""
    return encoded({name: one for name, one in entry.items() if name == "value" or one not in ("", [])})
