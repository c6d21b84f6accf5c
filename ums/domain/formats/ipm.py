"""Profiles of OS 12: `.ipm`, a ZIP with one JSON file per profile and the apps that they configure.

What the original's files have no place for stands in a field "ums" of each profile, which other readers pass over;
docs/exchange.md lists it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from ums.domain.formats.archive import Archive, file_name, write_archive
from ums.domain.formats.exchange import (
    MAX_PROFILES,
    Basis,
    Exchange,
    ExchangedCatalogue,
    ExchangedProfile,
    ExchangeError,
    checked_path,
    checked_profile,
    settings_read,
)
from ums.domain.parameters import Expression

if TYPE_CHECKING:
    from ums.domain.parameters import Given

OS = "igel-os-12"
"""The OS of profiles and apps that say nothing else."""

MAX_PROFILE = 8 * 2**20
MAX_DEFINITION = 32 * 2**20

_PLAIN, _CLASS = 2, 1
_PRIORITY = "PRIORITY_PROFILE"
_APP = re.compile(r"APPS/(?P<name>.+?)-(?P<version>\d[^/]*)/(?P<file>.+)")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")
_OWN = "config/ums-catalogue.json"
_BOTH = "“{}” is a parameter and a class of instances at once, which an .ipm cannot hold."
_PARTS = ("config/setup.def", "config/ui.json", "config/translation.json", _OWN)

Raw = bool | int | float | str


class _Meta(msgspec.Struct, rename="camel"):
    profile_name: str
    profile_id: int | str | None = None
    profile_description: str | None = ""
    profile_type: str | None = "PROFILE"


class _App(msgspec.Struct):
    line: str
    version: str | None = ""
    os: str | None = ""


class _Value(msgspec.Struct, rename="camel"):
    value: Raw | None = None
    template_expression: str | None = None
    is_integer_instance: bool | None = None


class _Entry(_Value):
    type: int | None = _PLAIN
    instances: dict[str, dict[str, _Value]] = {}


class _Ours(msgspec.Struct, rename="camel"):
    kind: str = ""
    use_case: str = ""
    overwrite_sessions: bool = False


class _Profile(msgspec.Struct, rename="camel"):
    meta: _Meta
    path: list[str] | None = None
    apps: list[_App] = []
    parameter_descriptions: dict[str, _Entry] = {}
    ums: _Ours = msgspec.field(default_factory=_Ours)


def read_ipm(data: bytes) -> Exchange:
    """The profiles and catalogues of a file. Raises ExchangeError, and nothing else, for any bytes."""
    archive = Archive(data)
    names = [name for name in archive.names if name.startswith("PROFILES/") and name.lower().endswith(".json")]
    if not names:
        raise ExchangeError("There is no profile in this file: an .ipm holds PROFILES/<name>.json.")
    if len(names) > MAX_PROFILES:
        raise ExchangeError(f"The file holds more than {MAX_PROFILES:,} profiles.")
    catalogues = _catalogues(archive)
    versions = {catalogue.name: catalogue.version for catalogue in catalogues}
    profiles = tuple(_profile(name, archive.read(name, MAX_PROFILE), versions) for name in names)
    return Exchange(profiles, catalogues)


def read_apps(data: bytes) -> tuple[ExchangedCatalogue, ...]:
    """Only the catalogues of a file; profiles need not be in it. Raises ExchangeError."""
    return _catalogues(Archive(data))


def write_ipm(exchange: Exchange) -> bytes:
    """The file with these profiles and catalogues."""
    taken: set[str] = set()
    entries = [
        (f"PROFILES/{file_name(profile.name, taken, '.json')}", _encoded(_as_json(profile)))
        for profile in exchange.profiles
    ]
    for catalogue in exchange.catalogues:
        folder = f"APPS/{catalogue.name.replace('/', '_')}-{catalogue.version.replace('/', '_')}"
        app = {"name": catalogue.name, "version": catalogue.version, "ums": {"os": catalogue.os}}
        entries.append((f"{folder}/app.json", _encoded(app)))
        if catalogue.own:
            entries.append((f"{folder}/{_OWN}", catalogue.definition))
            continue
        parts = zip(_PARTS, (catalogue.definition, catalogue.ui, catalogue.translations), strict=False)
        entries += [(f"{folder}/{part}", content) for part, content in parts if content]
    return write_archive(entries)


def _catalogues(archive: Archive) -> tuple[ExchangedCatalogue, ...]:
    found: dict[tuple[str, str], dict[str, bytes]] = {}
    for entry in archive.names:
        match = _APP.fullmatch(entry)
        if match and match["file"] in _PARTS:
            app = found.setdefault((match["name"], match["version"]), {})
            app[match["file"]] = archive.read(entry, MAX_DEFINITION)
    catalogues = []
    for (name, version), parts in found.items():
        own, definition = _OWN in parts, parts.get(_OWN) or parts.get("config/setup.def", b"")
        if definition:
            ui, texts = (b"", b"") if own else (parts.get(part, b"") for part in _PARTS[1:3])
            catalogues.append(ExchangedCatalogue(name, version, OS, definition, ui, texts, own))
    return tuple(catalogues)


def _profile(entry: str, data: bytes, versions: dict[str, str]) -> ExchangedProfile:
    where = entry.removeprefix("PROFILES/")[:100]
    try:
        read = msgspec.json.decode(data, type=_Profile)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ExchangeError(f"This is not a profile: {error}", where=where) from None
    values: dict[str, Any] = {}
    instances: dict[str, dict[str, Any]] = {}
    fixed: dict[str, tuple[str, int]] = {}
    notes: list[str] = []
    for path, given in read.parameter_descriptions.items():
        if given.type != _CLASS:
            _take(values, path, given, notes)
            continue
        for key, members in given.instances.items():
            if not _is_number(key, members):
                own = instances.setdefault(key, {"class": f"{path}%", "values": {}})
                if own["class"] != f"{path}%":
                    raise ExchangeError(f"The instance {key[:100]} is there twice.", where=where)
                for name, member in members.items():
                    _take(own["values"], name, member, notes)
                continue
            for name, member in members.items():
                concrete = f"{path}{int(key)}.{name}"
                if concrete in values:
                    raise ExchangeError(f"{concrete[:200]} is there twice.", where=where)
                _take(values, concrete, member, notes)
                fixed[concrete] = (f"{path}%.{name}", int(key))
    settings, refused = settings_read(values, instances, where)
    apps = [Basis(app.line, app.version or versions.get(app.line, ""), app.os or OS) for app in read.apps]
    type_says = "priority" if read.meta.profile_type == _PRIORITY else "standard"
    return checked_profile(
        ExchangedProfile(
            name=read.meta.profile_name,
            apps=tuple(apps),
            settings=settings,
            source_id="" if read.meta.profile_id is None else str(read.meta.profile_id),
            description=read.meta.profile_description or "",
            kind=read.ums.kind or type_says,
            use_case=read.ums.use_case,
            path=checked_path(read.path or [], where),
            overwrite_sessions=read.ums.overwrite_sessions,
            fixed={path: place for path, place in fixed.items() if path in settings.values},
            refused=refused,
            notes=tuple(notes),
        )
    )


def _is_number(key: str, members: dict[str, _Value]) -> bool:
    """Whether the key of an instance is the number of a fixed one. One without any value says nothing: then it is free.

    Members say it; where they do not, a number of up to three digits is one.
    """
    if not members or not _NUMBER.fullmatch(key):
        return False
    said = {member.is_integer_instance for member in members.values()} - {None}
    return True in said or (not said and len(key) <= 3)


def _take(values: dict[str, Any], name: str, given: _Value, notes: list[str]) -> None:
    if given.template_expression is not None:
        values[name] = {"expression": given.template_expression}
    elif given.value is not None:
        values[name] = given.value
    else:
        notes.append(f"{name[:200]} has no value in the file and was left out.")


def _as_json(profile: ExchangedProfile) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for path, given in profile.settings.values.items():
        place = profile.placed(path)
        if place is None:
            if path in described:
                raise ExchangeError(_BOTH.format(path))
            described[path] = {"type": _PLAIN, **_value(profile, path, given)}
        else:
            cls, _, name = place[0].partition("%.")
            _instance(described, cls, str(place[1]))[name] = _value(profile, path, given, number=True)
    for serial, instance in profile.settings.instances.items():
        if not instance.cls.endswith("%"):
            raise ExchangeError(f"The class “{instance.cls}” does not end with “%”, which an .ipm cannot hold.")
        members = _instance(described, instance.cls[:-1], serial)
        if members:
            raise ExchangeError(f"The instance {serial} has the number of a fixed one, which an .ipm cannot hold.")
        for name, given in instance.values.items():
            members[name] = _value(profile, f"{instance.cls}.{name}", given, number=False)
    meta: dict[str, Any] = {"version": "1.0.0", "profileId": profile.source_id, "profileName": profile.name}
    if _NUMBER.fullmatch(profile.source_id):
        meta["profileId"] = int(profile.source_id)
    meta["profileDescription"] = profile.description
    meta["profileType"] = _PRIORITY if profile.kind == "priority" else "PROFILE"
    return {
        "meta": meta,
        "path": list(profile.path),
        "apps": [_without_nothing({"line": app.name, "version": app.version, "os": app.os}) for app in profile.apps],
        "parameterDescriptions": described,
        "ums": {
            "kind": profile.kind,
            "useCase": profile.use_case,
            "overwriteSessions": profile.overwrite_sessions,
        },
    }


def _instance(described: dict[str, Any], cls: str, key: str) -> dict[str, Any]:
    entry = described.setdefault(cls, {"type": _CLASS, "templateParameters": {}, "instances": {}})
    if entry["type"] != _CLASS:
        raise ExchangeError(_BOTH.format(cls))
    members: dict[str, Any] = entry["instances"].setdefault(key, {})
    return members


def _value(profile: ExchangedProfile, path: str, given: Given, number: bool | None = None) -> dict[str, Any]:
    parameter = profile.catalogue.find(path) if profile.catalogue else None
    kind = parameter.type if parameter else _ui_type(given)
    told: dict[str, Any] = {"value": given.text if isinstance(given, Expression) else given, "uiType": kind}
    if isinstance(given, Expression):
        told["templateExpression"] = given.text
    if number is not None:
        told["isIntegerInstance"] = number
    told["systemSettings"] = bool(parameter and parameter.system_setting)
    told["activatedInProfile"] = profile.name
    return told


def _ui_type(given: Given) -> str:
    if isinstance(given, bool):
        return "bool"
    return "integer" if isinstance(given, int) else "float" if isinstance(given, float) else "string"


def _without_nothing(entry: dict[str, str]) -> dict[str, str]:
    return {key: text for key, text in entry.items() if text or key == "line"}


def _encoded(data: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(data), indent=2)
