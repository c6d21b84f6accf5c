"""Two sets of settings side by side: two revisions, two profiles, or a profile and what a device has.

1. Rows stand under the page of their parameter, in the order of the catalogue; each instance is a group of its own.
2. Free instances meet by their serial. Two different profiles have different serials for what is meant to be the same:
   there, what is left meets by class and name (`by_name`).
3. Secrets are shown masked. Those of one profile are compared as they are. Between two owners they are not: two
   that are set count as different, or else who may write one could test guesses at the other (docs/preview.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ums.domain.parameters import Expression, Instance, Settings
from ums.profiles.content import MASK, SEALED, catalogue_of, is_secret, unsealed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ums.domain.parameters import Catalogue, Given, InstanceClass, Parameter
    from ums.profiles.models import Revision

OPTIONS = "Profile options"
UNKNOWN = "Not in the catalogue"


class Sign(StrEnum):
    """What became of a value from left to right."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared: settings with readable secrets, and the catalogue that they were checked against."""

    catalogue: Catalogue
    settings: Settings = field(default_factory=Settings)
    overwrite_sessions: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter; None means not set. `secret_changed`: two different secrets, which look the same; `blind`: or the
    same, nobody looked.

    note: why the right side is as it is, and note_url where that can be seen; both only beside a device.
    """

    key: str
    path: str
    label: str
    parameter: Parameter | None
    left: Given | None
    right: Given | None
    sign: Sign
    secret_changed: bool = False
    blind: bool = False
    note: str = ""
    note_url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a page, or of one instance on it: `instance` is its name, `cls` the label of its class.

    sign: whether only one of the sides has the instance.
    """

    page: str
    instance: str = ""
    cls: str = ""
    sign: Sign = Sign.SAME
    rows: tuple[Row, ...] = ()
    note: str = ""

    @property
    def differences(self) -> int:
        """How many things differ in it: an instance that has no values counts as one."""
        return sum(row.sign is not Sign.SAME for row in self.rows) or int(self.sign is not Sign.SAME)


def side_of(revision: Revision) -> Side:
    """What a revision holds."""
    catalogue = catalogue_of(revision.based_on or revision.profile.based_on)
    return Side(catalogue, unsealed(catalogue, revision.content), revision.overwrite_sessions)


def compared(left: Side, right: Side, *, by_name: bool = False) -> list[Group]:
    """All that one of the sides sets, in the order of the pages. `by_name`: the sides are different profiles."""
    places = Places(right.catalogue, left.catalogue)
    groups = _of_pages(places, left.settings, right.settings, blind=by_name)
    pairs = _pairs(places, left.settings.instances, right.settings.instances, by_name=by_name)
    groups += [_instance(places, serial, old, new, blind=by_name) for serial, old, new in pairs]
    groups.sort(key=lambda group: (places.order(group.page), bool(group.instance)))
    if left.overwrite_sessions or right.overwrite_sessions:
        groups.insert(0, _options(left.overwrite_sessions, right.overwrite_sessions))
    return groups


def differences(groups: Iterable[Group]) -> int:
    """How many things differ."""
    return sum(group.differences for group in groups)


def narrowed(groups: Iterable[Group], *, everything: bool, words: str) -> list[Group]:
    """Only what differs unless `everything`, and only what has all the words in label, path, page, name or value."""
    wanted = words.casefold().split()[:10]
    found = []
    for group in groups:
        rows = tuple(
            row
            for row in group.rows
            if (everything or row.sign is not Sign.SAME) and all(word in _text(group, row) for word in wanted)
        )
        lonely = not group.rows and group.sign is not Sign.SAME and not wanted
        if rows or lonely:
            found.append(replace(group, rows=rows))
    return found


def part_of(groups: Iterable[Group], start: int, length: int) -> list[Group]:
    """The groups with the rows from number `start` on; a group without rows counts as one."""
    found, number = [], 0
    for group in groups:
        size = max(1, len(group.rows))
        low, high = max(0, start - number), min(size, start + length - number)
        if low < high:
            found.append(replace(group, rows=group.rows[low:high]))
        number += size
    return found


def size_of(groups: Iterable[Group]) -> int:
    """Rows as `part_of` counts them."""
    return sum(max(1, len(group.rows)) for group in groups)


class Places:
    """Where parameters stand, by the first catalogue that knows them."""

    def __init__(self, *catalogues: Catalogue) -> None:
        self._catalogues = tuple(dict.fromkeys(catalogues))
        self._titles = {
            page: " › ".join(step.title for step in catalogue.trail(page))
            for catalogue in reversed(self._catalogues)
            for page in catalogue.pages
        }
        self._pages = {title: number for number, title in enumerate([OPTIONS, *self._titles.values()])}
        self._parameters = {
            path: number for catalogue in self._catalogues for number, path in enumerate(catalogue.parameters)
        }

    def find(self, path: str) -> Parameter | None:
        """The parameter."""
        return next((found for catalogue in self._catalogues if (found := catalogue.find(path))), None)

    def secret(self, path: str, value: object) -> bool:
        """Whether one of the catalogues knows a secret there: the values of both sides are shown side by side."""
        return any(is_secret(catalogue, path, value) for catalogue in self._catalogues)

    def order(self, title: str) -> int:
        """Number of a page; what no catalogue knows comes last."""
        return self._pages.get(title, len(self._pages))

    def rank(self, path: str) -> tuple[int, str]:
        """Order of rows within a group."""
        parameter = self.find(path)
        return (self._parameters.get(parameter.path, -1) if parameter else len(self._parameters), path)

    def page(self, path: str) -> str:
        """Title of the page of a parameter with those above it."""
        parameter = self.find(path)
        return self._titles.get(parameter.page, UNKNOWN) if parameter else UNKNOWN

    def fixed(self, path: str) -> str:
        """ "Display 1" for a parameter of a fixed instance, "" for a plain one."""
        for catalogue in self._catalogues:
            if cls := catalogue.class_of(path):
                index = next((index for index in cls.indices if path.startswith(f"{cls.concrete(index)}.")), None)
                return cls.label if index is None else f"{cls.label} {index}"
        return ""

    def cls(self, path: str) -> InstanceClass | None:
        """The class of free instances."""
        return next((found for catalogue in self._catalogues if (found := catalogue.classes.get(path))), None)

    def name(self, instance: Instance) -> str:
        """What the administrator called an instance, else the label of its class."""
        cls = self.cls(instance.cls)
        name = instance.values.get(cls.name_parameter) if cls else None
        return str(name) if name else cls.label if cls else instance.cls


def row_of(places: Places, key: str, path: str, left: Given | None, right: Given | None, *, blind: bool = False) -> Row:
    """A row with its sign, secrets masked. `key`: path, or "serial:name" in a free instance. `blind`: secrets are not
    compared.
    """
    parameter = places.find(path)
    sign = sign_of(left, right)
    secret = any(places.secret(path, value) or _is_sealed(value) for value in (left, right))
    label = parameter.label if parameter else path
    if secret:
        unknown = blind and bool(left and right)
        sign = Sign.CHANGED if unknown else sign
        changed = sign is Sign.CHANGED
        return Row(key, path, label, parameter, _mask(left), _mask(right), sign, secret_changed=changed, blind=unknown)
    return Row(key, path, label, parameter, left, right, sign)


def sign_of(left: Given | None, right: Given | None) -> Sign:
    """True and 1 are different values, and so are an expression and its text."""
    if left is None or right is None:
        return Sign.SAME if left is right else Sign.ADDED if left is None else Sign.REMOVED
    kinds = (isinstance(left, bool), isinstance(left, Expression)) == (
        isinstance(right, bool),
        isinstance(right, Expression),
    )
    return Sign.SAME if kinds and left == right else Sign.CHANGED


def instance_group(places: Places, instance: Instance, rows: Iterable[Row], sign: Sign, note: str = "") -> Group:
    """The group of a free instance, on the page of its name."""
    cls = places.cls(instance.cls)
    page = places.page(f"{cls.path}.{cls.name_parameter}") if cls else UNKNOWN
    ordered = tuple(sorted(rows, key=lambda row: places.rank(row.path)))
    return Group(page, places.name(instance), cls.label if cls else instance.cls, sign, ordered, note)


def _of_pages(places: Places, left: Settings, right: Settings, *, blind: bool) -> list[Group]:
    """Plain parameters by page, and each fixed instance by itself."""
    found: dict[tuple[str, str], list[Row]] = {}
    for path in sorted(left.values.keys() | right.values.keys(), key=places.rank):
        row = row_of(places, path, path, left.values.get(path), right.values.get(path), blind=blind)
        found.setdefault((places.page(path), places.fixed(path)), []).append(row)
    return [Group(page, instance, rows=tuple(rows)) for (page, instance), rows in found.items()]


def _pairs(
    places: Places, left: Mapping[str, Instance], right: Mapping[str, Instance], *, by_name: bool
) -> Iterator[tuple[str, Instance | None, Instance | None]]:
    """(serial, left, right); an instance of another class is another one, whatever its serial."""
    alone: list[tuple[str, Instance]] = []
    taken = set()
    for serial, instance in left.items():
        other = right.get(serial)
        if other is not None and other.cls == instance.cls:
            taken.add(serial)
            yield serial, instance, other
        else:
            alone.append((serial, instance))
    free = [(serial, instance) for serial, instance in right.items() if serial not in taken]
    for serial, instance in alone:
        met = next((one for one in free if by_name and _called(places, one[1]) == _called(places, instance)), None)
        if met is not None:
            free.remove(met)
        yield serial, instance, met[1] if met else None
    for serial, instance in free:
        yield serial, None, instance


def _called(places: Places, instance: Instance) -> tuple[str, str]:
    return instance.cls, places.name(instance)


def _instance(places: Places, serial: str, left: Instance | None, right: Instance | None, *, blind: bool) -> Group:
    shown = right or left
    assert shown is not None, "one of the sides has it"
    before, after = (left or Instance(shown.cls)).values, (right or Instance(shown.cls)).values
    rows = [
        row_of(places, f"{serial}:{name}", f"{shown.cls}.{name}", before.get(name), after.get(name), blind=blind)
        for name in before.keys() | after.keys()
    ]
    sign = Sign.ADDED if left is None else Sign.REMOVED if right is None else Sign.SAME
    return instance_group(places, shown, rows, sign)


def _options(left: bool, right: bool) -> Group:
    sign = Sign.SAME if left == right else Sign.CHANGED
    return Group(OPTIONS, rows=(Row("overwrite_sessions", "", "Overwrite sessions", None, left, right, sign),))


def _is_sealed(value: Given | None) -> bool:
    """A secret of a parameter that no catalogue here knows."""
    return isinstance(value, str) and value.startswith(SEALED)


def _mask(value: Given | None) -> Given | None:
    return MASK if value else value


def _text(group: Group, row: Row) -> str:
    shown = [str(value) for value in (row.left, row.right) if value is not None and value != MASK]
    return "\n".join([row.label, row.path, group.page, group.instance, group.cls, row.note, *shown]).casefold()
