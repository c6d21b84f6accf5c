"""Expressions: a profile's value that is put together from text and template keys, "Ward ${SITE}" for example.

The rules are those of domain/profiles.md §4; docs/template-keys.md tells them as numbered steps.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias

from ums.domain.parameters.parameter import MAX_INTEGER, MAX_LINE, Parameter, ParameterError, Value, clean_text

MAX_KEYS = 20
"""Keys that one expression may hold."""

KeyTypeName: TypeAlias = Literal["string", "checkbox", "integer", "float"]
"""What the values of a key are."""

# "$${" stands for "${" itself. A static key may be marked with the sign that the original shows it with.
_PART = re.compile(r"\$\$\{|\$\{§?([^{}]{0,80})\}|\$\{")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


class StaticKey(StrEnum):
    """Keys whose values come from the device itself; no other key may have such a name."""

    MAC = "MAC"
    HOSTNAME = "HOSTNAME"
    UNITID = "UNITID"
    SERIALNUMBER = "SERIALNUMBER"
    DEVICENAME = "DEVICENAME"


class UnsetKey(ParameterError):
    """A key that an expression needs has no value here."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"The template key {name} has no value here.")


@dataclass(frozen=True, slots=True)
class Expression:
    """What stands in a profile in place of a value. Compares by its text."""

    text: str

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys in it, each once, in the order of the text."""
        return tuple(dict.fromkeys(match[1] for match in _PART.finditer(self.text) if match[1]))

    def __str__(self) -> str:
        return self.text


def clean_key_name(raw: str) -> str:
    """The name of a key that an administrator makes. Raises ParameterError."""
    name = raw.strip()
    if not _NAME.fullmatch(name):
        raise ParameterError("A key's name has up to 64 letters, digits, “_” or “-” and begins with a letter.")
    if name.upper() in StaticKey.__members__:
        raise ParameterError(f"{name.upper()} is the name of a static key: its value comes from the device.")
    return name


# A floating point number up to here is the same after a journey through every database.
_NUMBER = 10**15
_CLEANERS: dict[KeyTypeName, Parameter] = {
    "string": Parameter("", "string", "", "", "", ""),
    "checkbox": Parameter("", "bool", False, "", "", ""),
    "integer": Parameter("", "integer", 0, "", "", "", minimum=-MAX_INTEGER, maximum=MAX_INTEGER),
    "float": Parameter("", "float", 0.0, "", "", "", minimum=-_NUMBER, maximum=_NUMBER),
}


def clean_key_value(key_type: KeyTypeName, raw: object) -> Value:
    """`raw` as a value of a key of this type; cleaning a cleaned value changes nothing. Raises ParameterError."""
    value = _CLEANERS[key_type].clean(raw)
    if value == "":
        raise ParameterError("Enter a text.")
    return value


class Adapter(NamedTuple):
    """A network adapter as the device reported it."""

    mac: str
    addresses: Sequence[str]


def static_keys(
    *, name: str, unit_id: str, serial_number: str, network_name: str, ip_address: str, adapters: Sequence[Adapter]
) -> dict[str, Value]:
    """The static keys of a device, without those that it did not report.

    MAC is that of the adapter which has the address that the device is connected from, else of the first one that has
    a MAC. HOSTNAME is the network name, DEVICENAME the name in the console (domain/profiles.md §4).
    """
    known = [adapter for adapter in adapters if adapter.mac]
    connected = [adapter for adapter in known if ip_address and ip_address in map(_bare, adapter.addresses)]
    values = {
        StaticKey.MAC: (connected or known)[0].mac if known else "",
        StaticKey.HOSTNAME: network_name,
        StaticKey.UNITID: unit_id,
        StaticKey.SERIALNUMBER: serial_number,
        StaticKey.DEVICENAME: name,
    }
    return {key.value: value for key, value in values.items() if value}


def check_expression(expression: Expression) -> Expression:
    """The expression when it is well formed. Raises ParameterError with what is wrong at which place."""
    clean_text(expression.text)
    found = 0
    for match in _PART.finditer(expression.text):
        if match[0] == "$${":
            continue
        if match[0] == "${":
            raise ParameterError(f"Close the key at character {match.start() + 1} with “}}”, or write “$${{”.")
        if not _NAME.fullmatch(match[1]):
            raise ParameterError(f"“{match[0]}” is not a key: a name has letters, digits, “_” or “-”.")
        if "§" in match[0] and match[1] not in StaticKey.__members__:
            raise ParameterError(f"“{match[0]}” is not a static key: only those are marked with “§”.")
        found += 1
    if not found:
        raise ParameterError("Name at least one key, as ${SITE}; or enter a plain value.")
    if found > MAX_KEYS:
        raise ParameterError(f"An expression has {MAX_KEYS} keys at most.")
    return expression


def evaluate(parameter: Parameter, expression: Expression, keys: Mapping[str, Value]) -> Value:
    """The value that an expression gives to a parameter.

    keys: values by the name of their key. A key that stands alone in a number or a switch keeps its type; everywhere
    else it becomes text, a checkbox "true" or "false". Raises UnsetKey, or ParameterError when the parameter refuses
    the result.
    """

    def text_of(match: re.Match[str]) -> str:
        return "${" if match[1] is None else _as_text(_value(match[1], keys))

    alone = _PART.fullmatch(expression.text)
    if alone and alone[1] and parameter.type in ("bool", "integer", "float"):
        return parameter.clean(_value(alone[1], keys))
    text = _PART.sub(text_of, expression.text)
    if len(text) > MAX_LINE:
        raise ParameterError(f"The result has more than {MAX_LINE} characters.")
    return parameter.clean(text)


def _value(name: str, keys: Mapping[str, Value]) -> Value:
    if name not in keys:
        raise UnsetKey(name)
    return keys[name]


def _bare(address: str) -> str:
    """Without the length of the prefix: "192.0.2.7/24" is the address 192.0.2.7."""
    return address.partition("/")[0]


def _as_text(value: Value) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
