"""Profiles of OS 11: XML, one `profile` or several in `profiles` (domain/formats.md §4).

Values are text there. What the original's files have no place for stands in attributes and an element "ums", which
other readers pass over; docs/exchange.md lists them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

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
from ums.domain.parameters import Expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ums.domain.parameters import Given

OS = "igel-os-11"
"""The OS of profiles that say nothing else."""

MAX_BYTES = 16 * 2**20
MAX_ELEMENTS = 400_000
MAX_DEPTH = 12

_CHUNK = 2**16
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NUMBER = re.compile(r"-1|0|[1-9][0-9]{0,5}")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
# Characters that XML 1.0 cannot hold, not even escaped.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class _Element:
    tag: str
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)
    children: list[_Element] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[_Element]:
        """The children with this name."""
        return (child for child in self.children if child.tag == tag)

    def said(self, tag: str, otherwise: str = "") -> str:
        """The text of the first child with this name."""
        found = next(self.all(tag), None)
        return "".join(found.text) if found else otherwise

    def below(self, tag: str, each: str) -> list[_Element]:
        """The children `each` of all children `tag`."""
        return [child for section in self.all(tag) for child in section.all(each)]


class _Tree:
    """Builds elements as the parser meets them, and gives up as soon as there are too many or they lie too deep."""

    def __init__(self) -> None:
        self.root: _Element | None = None
        self._open: list[_Element] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise ExchangeError("The file has more elements, or deeper ones, than exported profiles have.")
        element = _Element(tag, dict(attributes))
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, tag: str) -> None:
        """An element ends."""
        self._open.pop()

    def data(self, text: str) -> None:
        """Text of the innermost element."""
        if self._open:
            self._open[-1].text.append(text)

    def close(self) -> _Element | None:
        """The outermost element."""
        return self.root


def read_xml(data: bytes) -> Exchange:
    """The profiles of a file. Raises ExchangeError, and nothing else, for any bytes."""
    if len(data) > MAX_BYTES:
        raise ExchangeError(f"An XML file has {MAX_BYTES // 2**20} MB at most.")
    parser = DefusedXMLParser(target=_Tree(), encoding="utf-8", forbid_dtd=True)
    try:
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
        root = parser.close()
    except DefusedXmlException:
        raise ExchangeError("The file declares a document type or entities. Exported profiles have none.") from None
    except ParseError as error:
        line = error.position[0]
        raise ExchangeError(f"This is not well-formed XML, or it is cut off: {error}", line=line) from None
    except (ValueError, LookupError) as error:
        if isinstance(error, ExchangeError):
            raise
        raise ExchangeError(f"This is not XML in UTF-8: {error}") from None
    if root is None or root.tag not in ("profile", "profiles"):
        raise ExchangeError("Exported profiles begin with <profiles> or <profile>.")
    elements = list(root.all("profile")) if root.tag == "profiles" else [root]
    if not 0 < len(elements) <= MAX_PROFILES:
        raise ExchangeError(f"A file holds 1 to {MAX_PROFILES:,} profiles.")
    return Exchange(tuple(_profile(element) for element in elements))


def write_xml(exchange: Exchange) -> bytes:
    """The file with these profiles. Raises ExchangeError for a character that XML cannot hold."""
    lines = ["<profiles>", *(line for profile in exchange.profiles for line in _lines(profile)), "</profiles>"]
    text = "\n".join(lines)
    if wrong := _IMPOSSIBLE.search(text):
        raise ExchangeError(f"A text holds the character U+{ord(wrong[0]):04X}, which XML cannot carry.")
    return f"{_HEAD}{text}\n".encode()


def _profile(element: _Element) -> ExchangedProfile:
    name = element.said("profilename").strip()
    where = name[:100] or "A profile"
    values: dict[str, Any] = {}
    fixed: dict[str, tuple[str, int]] = {}
    notes: list[str] = []
    for entry in element.below("settings", "pclass"):
        _take_class(entry, values, fixed, notes, where)
    instances: dict[str, dict[str, Any]] = {}
    for entry in element.below("instancesettings", "instance"):
        serial = entry.attributes.get("serialnumber", "")
        if serial in instances:
            raise ExchangeError(f"The instance {serial[:128]} is there twice.", where=where)
        cls = entry.attributes.get("classprefix", "")
        own = {
            member.attributes.get("classname", "").removeprefix(f"{cls}."): _given(member, notes)
            for member in entry.all("ivalue")
        }
        instances[serial] = {"class": cls, "values": own}
    settings, refused = settings_read(values, instances, where)
    ours = next(element.all("ums"), _Element("ums", {}))
    firmware = next(element.all("firmware"), _Element("firmware", {}))
    main = Basis(firmware.said("model").strip(), firmware.said("version").strip(), ours.attributes.get("os", OS))
    others = [
        Basis(app.attributes.get("name", ""), app.attributes.get("version", ""), app.attributes.get("os", OS))
        for app in ours.all("app")
    ]
    kind = "priority" if _is_true(element.said("is_master_profile")) else "standard"
    return checked_profile(
        ExchangedProfile(
            name=name,
            apps=(main, *others) if main.name else (),
            settings=settings,
            source_id=element.said("profile_id").strip(),
            description=element.said("description"),
            kind=ours.attributes.get("kind", kind),
            use_case=ours.attributes.get("use_case", ""),
            path=checked_path(["".join(step.text) for step in ours.all("directory")], where),
            overwrite_sessions=_is_true(element.said("overwritesessions")),
            fixed={path: place for path, place in fixed.items() if path in settings.values},
            refused=refused,
            notes=tuple(notes),
        )
    )


def _take_class(
    entry: _Element, values: dict[str, Any], fixed: dict[str, tuple[str, int]], notes: list[str], where: str
) -> None:
    path = entry.attributes.get("name", "")
    for value in entry.all("pvalue"):
        number = value.attributes.get("instancenr", "-1")
        if not _NUMBER.fullmatch(number):
            raise ExchangeError(f"{path[:200]}: “{number[:20]}” is no number of an instance.", where=where)
        concrete = path
        if number != "-1" and "%." in path:
            concrete = path.replace("%", number, 1)
            fixed[concrete] = (path, int(number))
        if concrete in values:
            raise ExchangeError(f"{concrete[:200]} is there twice.", where=where)
        values[concrete] = _given(value, notes)


def _given(value: _Element, notes: list[str]) -> Any:
    expression = value.attributes.get("variableExpression", "")
    if _is_true(value.attributes.get("variableSubstitutionActive", "")):
        return {"expression": expression}
    if expression:
        notes.append(f"The template expression “{expression[:100]}” is switched off and was left out.")
    text = "".join(value.text)
    kind = value.attributes.get("type", "")
    if kind == "bool" and text in ("true", "false"):
        return text == "true"
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "float":
        try:
            return float(text)
        except ValueError:
            pass
    return text


def _lines(profile: ExchangedProfile) -> Iterable[str]:
    basis = profile.based_on
    yield "<profile>"
    yield f"<profile_id>{_text(profile.source_id)}</profile_id><profilename>{_text(profile.name)}</profilename>"
    model, version = _text(basis.name), _text(basis.version)
    yield f"<firmware><model>{model}</model><version>{version}</version></firmware>"
    yield f"<description>{_text(profile.description)}</description>"
    yield f"<overwritesessions>{_bool(profile.overwrite_sessions)}</overwritesessions>"
    yield f"<is_master_profile>{_bool(profile.kind == 'priority')}</is_master_profile>"
    yield "<is_igel_os>true</is_igel_os>"
    yield f"<ums kind={_quoted(profile.kind)} use_case={_quoted(profile.use_case)} os={_quoted(basis.os)}>"
    for app in profile.apps[1:]:
        yield f"<app name={_quoted(app.name)} version={_quoted(app.version)} os={_quoted(app.os)}/>"
    yield from (f"<directory>{_text(name)}</directory>" for name in profile.path)
    yield "</ums>"
    yield "<settings>"
    classes: dict[str, list[tuple[int, Given]]] = {}
    for path, given in profile.settings.values.items():
        place = profile.placed(path)
        classes.setdefault(place[0] if place else path, []).append((place[1] if place else -1, given))
    for path, found in classes.items():
        yield f"<pclass name={_quoted(path)}>"
        yield from (_value("pvalue", f"instancenr={_quoted(str(number))}", given) for number, given in found)
        active = any(isinstance(given, Expression) for _, given in found)
        yield f"<variableSubstitutionActive>{_bool(active)}</variableSubstitutionActive>"
        yield "</pclass>"
    yield "</settings>"
    yield "<instancesettings>"
    for serial, instance in profile.settings.instances.items():
        yield f"<instance classprefix={_quoted(instance.cls)} serialnumber={_quoted(serial)}>"
        for name, given in instance.values.items():
            yield _value("ivalue", f"classname={_quoted(f'{instance.cls}.{name}')}", given)
        yield "</instance>"
    yield "</instancesettings>"
    yield "</profile>"


def _value(tag: str, attribute: str, given: Given) -> str:
    expression = given.text if isinstance(given, Expression) else ""
    active = isinstance(given, Expression)
    text = "" if isinstance(given, Expression) else _bool(given) if isinstance(given, bool) else str(given)
    kind = f' type="{_TYPES[type(given)]}"' if type(given) in _TYPES else ""
    variable = f'variableExpression={_quoted(expression)} variableSubstitutionActive="{_bool(active)}"'
    return f"<{tag} {attribute} {variable}{kind}>{_text(text)}</{tag}>"


_TYPES: dict[type, str] = {bool: "bool", int: "integer", float: "float"}
"""Marked on values that are no texts, so that those which no catalogue knows keep their type."""


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _is_true(text: str) -> bool:
    return text.strip().lower() == "true"


def _text(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def _quoted(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
