"""Versions of firmware, compared as such: 1.9.0 comes before 1.10.0, and 5.06 is 5.6."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONDITION = re.compile(r"(<=|>=|<|>)\s*([0-9A-Za-z.+-]+)\s*")


def version_key(version: str) -> tuple[tuple[int, str], ...]:
    """What versions are sorted by."""
    parts = version.replace("-", ".").replace("+", ".").split(".")
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)


def version_within(version: str, condition: str) -> bool:
    """Whether a version fulfils all of a condition like ">= 5 < 5.06.100". Raises ValueError for what is none."""
    parts = _CONDITION.findall(condition)
    if not parts or _CONDITION.sub("", condition).strip():
        raise ValueError(f"“{condition}” is no condition about a version.")
    key = version_key(version)
    return all(_COMPARED[sign](key, version_key(bound)) for sign, bound in parts)
