"""Settings: the values of a profile's revision, or of a device's own configuration."""

import math
import re
import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ums.domain.parameters.catalogue import Catalogue
from ums.domain.parameters.expression import Expression, check_expression
from ums.domain.parameters.parameter import MAX_INTEGER, ParameterError, Value, clean_text

MAX_VALUES = 50_000
MAX_INSTANCES = 2_000
MAX_PATH = 300

Given: TypeAlias = Value | Expression
"""What a profile sets a parameter to."""

# Holds our own serials and those that older firmware made ("1478ddbb:16fa18a7001:-8000172.0.4.237").
_SERIAL = re.compile(r"[A-Za-z0-9:._-]{1,128}")


class SettingsError(ValueError):
    """Settings that cannot be taken: `errors` maps a path, or "serial:relative name", to a message."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{key}: {message}" for key, message in list(self.errors.items())[:5]))


@dataclass(frozen=True, slots=True)
class Instance:
    """A free instance, such as a session: its class and its values by relative name."""

    cls: str
    values: Mapping[str, Given] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Values by path (fixed instances by their concrete path) and free instances by serial."""

    values: Mapping[str, Given] = field(default_factory=dict)
    instances: Mapping[str, Instance] = field(default_factory=dict)


def new_serial() -> str:
    """A globally unique serial for a new free instance: milliseconds since 1970 and a random UUID."""
    return f"{time.time_ns() // 1_000_000}{uuid.uuid4().hex}"


def settings_from_json(data: object) -> Settings:
    """Read the JSON form without a catalogue: only shape and bounds are checked. Raises SettingsError."""
    errors: dict[str, str] = {}
    root = _section(data, {"values", "instances"})
    values = _section(root.get("values", {}), None, "values", MAX_VALUES)
    cleaned = _values(values, "", errors)
    instances: dict[str, Instance] = {}
    total = len(values)
    for serial, item in _section(root.get("instances", {}), None, "instances", MAX_INSTANCES).items():
        if not _SERIAL.fullmatch(serial):
            raise SettingsError({serial[:128]: "A serial has 1 to 128 letters, digits or any of : . _ -"})
        entry = _section(item, {"class", "values"}, serial)
        cls = entry.get("class")
        if not isinstance(cls, str) or not 0 < len(cls) <= MAX_PATH:
            raise SettingsError({serial: 'Name the class of the instance, such as "sessions.rdp%".'})
        own = _section(entry.get("values", {}), None, serial, MAX_VALUES)
        total += len(own)
        if total > MAX_VALUES:
            raise SettingsError({"instances": f"More than {MAX_VALUES} values in all."})
        instances[serial] = Instance(cls, _values(own, f"{serial}:", errors))
    if errors:
        raise SettingsError(errors)
    return Settings(cleaned, instances)


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """The JSON form: {"values": {path: value}, "instances": {serial: {"class": …, "values": {name: value}}}}.

    An expression is written {"expression": "Ward ${SITE}"} in place of a value.
    """
    return {
        "values": _plain(settings.values),
        "instances": {
            serial: {"class": instance.cls, "values": _plain(instance.values)}
            for serial, instance in settings.instances.items()
        },
    }


def flat(settings: Settings) -> dict[str, Given]:
    """All values under one key each: the path, or "serial:relative name" in a free instance."""
    found = dict(settings.values)
    for serial, instance in settings.instances.items():
        found.update({f"{serial}:{name}": value for name, value in instance.values.items()})
    return found


def keys_used(settings: Settings) -> list[str]:
    """Names of the template keys in all expressions, sorted."""
    return sorted({name for given in flat(settings).values() if isinstance(given, Expression) for name in given.keys})


def unknown_to(catalogue: Catalogue, settings: Settings) -> set[str]:
    """What the catalogue does not know: paths, "serial:name", and serials of instances of unknown classes."""
    unknown = {path for path in settings.values if catalogue.find(path) is None or "%" in path}
    for serial, instance in settings.instances.items():
        cls = catalogue.classes.get(instance.cls)
        if cls is None or cls.kind != "free":
            unknown.add(serial)
        else:
            unknown |= {f"{serial}:{n}" for n in instance.values if f"{cls.path}.{n}" not in catalogue.parameters}
    return unknown


def clean_settings(catalogue: Catalogue, data: object, *, keep: Collection[str] = ()) -> Settings:
    """Read settings (JSON form, or Settings) and check each value against its parameter.

    keep: what stays as it is though the catalogue does not know it, as `unknown_to` names it.
    Raises SettingsError with one message for each other value that is refused or unknown to the catalogue.
    """
    settings = data if isinstance(data, Settings) else settings_from_json(data)
    errors: dict[str, str] = {}
    kept = unknown_to(catalogue, settings).intersection(keep) if keep else set()
    values = {
        path: raw if path in kept else _checked(catalogue, path, path, raw, errors)
        for path, raw in settings.values.items()
    }
    for path in values:
        if "%" in path and path not in kept:
            errors[path] = 'Add an instance first, or name the number in place of "%".'
    instances: dict[str, Instance] = {}
    for serial, instance in settings.instances.items():
        if serial in kept:
            instances[serial] = instance
            continue
        cls = catalogue.classes.get(instance.cls)
        if cls is None or cls.kind != "free":
            errors[serial] = f'"{instance.cls}" is not a class of {catalogue.name} to which instances can be added.'
            continue
        instances[serial] = Instance(
            cls.path,
            {
                name: raw
                if f"{serial}:{name}" in kept
                else _checked(catalogue, f"{cls.path}.{name}", f"{serial}:{name}", raw, errors)
                for name, raw in instance.values.items()
            },
        )
    if errors:
        raise SettingsError(errors)
    return Settings(values, instances)


def _plain(values: Mapping[str, Given]) -> dict[str, Any]:
    return {
        name: {"expression": given.text} if isinstance(given, Expression) else given for name, given in values.items()
    }


def _checked(catalogue: Catalogue, path: str, key: str, raw: Given, errors: dict[str, str]) -> Given:
    parameter = catalogue.find(path)
    if parameter is None:
        errors[key] = f"{catalogue.name} {catalogue.version} has no such parameter."
        return raw
    try:
        if not isinstance(raw, Expression):
            return parameter.clean(raw)
        if parameter.secret:
            raise ParameterError("Template keys are readable: a secret cannot come from one.")
        return check_expression(raw)
    except ParameterError as error:
        errors[key] = str(error)
        return raw


def _section(data: object, fields: set[str] | None, where: str = "settings", limit: int = 10) -> dict[str, Any]:
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise SettingsError({where: "An object is expected here."})
    if fields is not None and not data.keys() <= fields:
        raise SettingsError({where: f"Only {' and '.join(sorted(fields))} are expected here."})
    if len(data) > limit:
        raise SettingsError({where: f"More than {limit} entries."})
    return data


def _values(data: dict[str, Any], prefix: str, errors: dict[str, str]) -> dict[str, Given]:
    values: dict[str, Given] = {}
    for name, value in data.items():
        try:
            if not 0 < len(clean_text(name)) <= MAX_PATH:
                raise ParameterError(f"The name of a value has 1 to {MAX_PATH} characters.")
            values[name] = _value(value)
        except ParameterError as error:
            errors[prefix + name[:MAX_PATH]] = str(error)
    return values


def _value(value: Any) -> Given:
    """`value` when it is one that every store keeps exactly. Raises ParameterError."""
    if isinstance(value, dict) and value.keys() == {"expression"} and isinstance(value["expression"], str):
        return check_expression(Expression(value["expression"]))
    if isinstance(value, str):
        clean_text(value, multiline=True)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ParameterError("Enter a finite number.")
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ParameterError(f"Enter a whole number from {-MAX_INTEGER} to {MAX_INTEGER}.")
    elif not isinstance(value, (bool, int, float)):
        raise ParameterError("A value is true, false, a number, a text, or an expression with template keys.")
    given: Given = value
    return given
