"""Expressions: a profile's value that is put together from text and template keys, "Ward ${SITE}" for example.

The rules are those of domain/profiles.md §4; docs/template-keys.md tells them as numbered steps.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ums.domain.parameters.parameter import MAX_LINE, Parameter, ParameterError, Value, clean_text

MAX_KEYS = 20
"""Keys that one expression may hold."""

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
        found += 1
    if not found:
        raise ParameterError("Name at least one key, as ${SITE}; or enter a plain value.")
    if found > MAX_KEYS:
        raise ParameterError(f"An expression has {MAX_KEYS} keys at most.")
    return expression


def evaluate(parameter: Parameter, expression: Expression, keys: Mapping[str, Value]) -> Value:
    """The value that an expression gives to a parameter.

    keys: values by the name of their key. A key that stands alone keeps its type; in between text it becomes text.
    Raises UnsetKey, or ParameterError when the parameter refuses the result.
    """

    def text_of(match: re.Match[str]) -> str:
        return "${" if match[1] is None else _as_text(_value(match[1], keys))

    alone = _PART.fullmatch(expression.text)
    if alone and alone[1]:
        return parameter.clean(_value(alone[1], keys))
    text = _PART.sub(text_of, expression.text)
    if len(text) > MAX_LINE:
        raise ParameterError(f"The result has more than {MAX_LINE} characters.")
    return parameter.clean(text)


def _value(name: str, keys: Mapping[str, Value]) -> Value:
    if name not in keys:
        raise UnsetKey(name)
    return keys[name]


def _as_text(value: Value) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
