"""One parameter of the original as an entry of our catalogue form: its type, default, choices and texts."""

import unicodedata
from typing import Any

from ums.domain.formats.report import Report
from ums.domain.formats.setup_def import items
from ums.domain.parameters import Parameter, ParameterError, ParameterType, Value
from ums.domain.parameters.fileformat import MAX_CHOICE, MAX_CHOICES, MAX_HELP, MAX_LABEL
from ums.domain.parameters.parameter import MAX_MULTILINE

_TYPES: dict[str, ParameterType] = {
    "string": "string",
    "bool": "bool",
    "integer": "integer",
    "int": "integer",
    "editable": "editable",
    "ip": "ip",
    "range": "range",
    "multiline": "multiline",
}
_FLAGS = ("system_setting", "machinespecific")


def as_parameter(
    path: str, attributes: dict[str, str], minimum: int | None, maximum: int | None, report: Report
) -> dict[str, Any] | None:
    """The entry of a parameter, still without its page; None when its default cannot be stored.

    minimum and maximum are those of its slider. A type that refuses the default gives way to text.
    """
    entry: dict[str, Any] = {"path": path, "type": _type(path, attributes, report), "default": attributes["value"]}
    _limit(entry, attributes, minimum, maximum, report)
    _fit_default(entry, report)
    if entry["default"] is None:
        return None
    label = _first(attributes, "displayname[en]", "displayname")
    tooltip = _first(attributes, "tooltip[en]", "tooltip", "help[en]", "help")
    entry["label"] = one_line(label, MAX_LABEL) or path.rpartition(".")[2]
    entry["help"] = _lines(tooltip)
    if len(label) > MAX_LABEL or len(tooltip) > MAX_HELP:
        report.add("text", path)
    for flag in _FLAGS:
        if _true(attributes.get(flag)):
            entry[flag] = True
    if _true(attributes.get("runtime", "true")) is False:
        entry["runtime"] = False
    if attributes.get("encrypted", "").strip().lower() not in ("", "false"):
        entry["secret"] = True
    return entry


def one_line(text: str, limit: int) -> str:
    """The text on one line, without control characters, cut to so many characters."""
    return cut(" ".join(_printable(text).split()), limit)


def cut(text: str, limit: int) -> str:
    """The text, or its beginning and a sign that there was more."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _type(path: str, attributes: dict[str, str], report: Report) -> ParameterType:
    given = attributes.get("type", "").strip().lower()
    if not given:
        report.add("untyped", path)
        return "bool" if attributes["value"].strip().lower() in ("true", "false") else "string"
    if given not in _TYPES:
        report.add("type", path)
    return _TYPES.get(given, "string")


def _limit(
    entry: dict[str, Any], attributes: dict[str, str], minimum: int | None, maximum: int | None, report: Report
) -> None:
    """Choices or bounds. A list with a text or whole number is one to choose from; two bare numbers are bounds."""
    choices, complete = _choices(attributes)
    numbers = [int(value) for value, _ in choices if _is_whole(value)]
    bounds = len(numbers) == 2 == len(choices) and numbers[0] < numbers[1] and "range[en]" not in attributes
    if entry["type"] == "integer" and bounds:
        minimum, maximum = numbers
    elif entry["type"] in ("string", "integer", "range", "editable") and choices:
        entry["type"] = "editable" if entry["type"] == "editable" or not complete else "range"
        entry["choices"] = choices
    elif entry["type"] == "range":
        entry["type"] = "string"
    if not complete:
        report.add("choices", entry["path"])
    if entry["type"] == "integer":
        default = entry["default"].strip()
        if _is_whole(default) and not _within(int(default), minimum, maximum):
            report.add("bounds", entry["path"])
            return
        entry.update({name: n for name, n in (("minimum", minimum), ("maximum", maximum)) if n is not None})


def _choices(attributes: dict[str, str]) -> tuple[list[list[str]], bool]:
    """Pairs of value and label, and whether all could be taken."""
    values = items(attributes.get("range", ""))
    labels = items(attributes.get("range[en]", ""))
    if len(labels) != len(values):
        labels = values
    found: dict[str, str] = {}
    complete = len(values) <= MAX_CHOICES
    for value, label in zip(values[:MAX_CHOICES], labels, strict=False):
        if len(value) > MAX_CHOICE or not value.isprintable():
            complete = False
        else:
            found.setdefault(value, one_line(label, MAX_CHOICE) or value or "none")
    return [[value, label] for value, label in found.items()], complete


def _fit_default(entry: dict[str, Any], report: Report) -> None:
    """Make type and default fit each other; the default becomes None when nothing helps."""
    path, default = entry["path"], entry["default"]
    if entry["type"] == "string" and "\n" in default:
        entry["type"] = "multiline"
    missing = entry["type"] == "range" and default not in [value for value, _ in entry["choices"]]
    if missing and len(default) <= MAX_CHOICE and default.isprintable() and len(entry["choices"]) < MAX_CHOICES:
        entry["choices"].append([default, default or "not set"])
        report.add("choice", path)
    for kind in (entry["type"], "string", "multiline"):
        value = _cleaned(entry, kind)
        if value is not None:
            if kind != entry["type"]:
                report.add("default", path)
                _become(entry, kind)
            entry["default"] = value
            return
    if len(default) > MAX_MULTILINE:
        report.add("long", path)
        entry["default"] = None
        return
    report.add("control", path)
    _become(entry, "multiline")
    entry["default"] = _printable(default)


def _cleaned(entry: dict[str, Any], kind: ParameterType) -> Value | None:
    choices = tuple((value, label) for value, label in entry.get("choices", ()))
    parameter = Parameter(entry["path"], kind, "", "", "", "", choices=choices if kind == "range" else ())
    try:
        return parameter.clean(entry["default"])
    except ParameterError:
        return None


def _become(entry: dict[str, Any], kind: ParameterType) -> None:
    entry["type"] = kind
    for name in ("choices", "minimum", "maximum"):
        entry.pop(name, None)


def _within(number: int, minimum: int | None, maximum: int | None) -> bool:
    return (minimum is None or minimum <= number) and (maximum is None or number <= maximum)


def _is_whole(text: str) -> bool:
    return len(text) < 16 and text.isascii() and text.removeprefix("-").isdecimal()


def _first(attributes: dict[str, str], *names: str) -> str:
    return next((text for name in names if (text := attributes.get(name, "").strip())), "")


def _true(text: str | None) -> bool:
    return text is not None and text.strip().lower() == "true"


def _lines(text: str) -> str:
    """A text of several lines, each without blanks at its ends."""
    return cut("\n".join(" ".join(line.split()) for line in _printable(text).splitlines()).strip(), MAX_HELP)


def _printable(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isprintable():
        return text
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
