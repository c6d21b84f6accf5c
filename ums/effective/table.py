"""Effective settings as the console's table shows them: by page of the catalogue, filtered, a part at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ums.domain.criteria import Criteria, Field, Kind, Pattern
from ums.domain.effectiveness import Layer, Rank, explain_instance
from ums.effective.filters import SOURCES
from ums.effective.provenance import ignored_in_instance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ums.domain.parameters import Catalogue, Given, Parameter, Value
    from ums.effective.selectors import DeviceExplained, Explained, ExplainedInstance

FIELDS = (
    Field("source", Kind.CHOICE, "Where the value comes from", SOURCES),
    Field("set", Kind.FLAG, "Anything but the default", (("yes", "Not the default"), ("no", "The default"))),
    Field("overridden", Kind.FLAG, "Several layers set it", (("yes", "Yes"), ("no", "No"))),
    Field("ignored", Kind.FLAG, "Set by a profile, but not effective", (("yes", "Yes"), ("no", "No"))),
    Field("profile", Kind.TEXT, "Set by the profile of this name"),
    Field("page", Kind.TEXT, "Title of a page, as Displays"),
)
"""What the filter bar offers."""

ROWS = 200
"""Rows of a part."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a parameter, or a free instance (`serial`). `layer` is the winner, None for the default."""

    key: str
    serial: str
    page: str
    label: str
    within: str
    """Which fixed instance a parameter belongs to, or the class of a free one."""
    parameter: Parameter | None
    value: Value | None
    layer: Layer | None
    losers: int
    ignored: int = 0
    """How often something is set here that does not count."""
    removed: bool = False
    """A free instance that *overwrite sessions* took away."""

    @property
    def source(self) -> str:
        """`profile`, `local` or `default`."""
        return "default" if self.layer is None else "local" if self.layer.rank is Rank.LOCAL else "profile"


def lines_of(explained: DeviceExplained) -> list[Line]:
    """All parameters and free instances, in the order of the pages."""
    catalogue = explained.catalogue
    lines = [_parameter_line(catalogue, one) for one in explained.parameters]
    lines += [_instance_line(catalogue, explained, one) for one in explained.instances]
    lines += _removed(catalogue, explained)
    pages = {page: number for number, page in enumerate(catalogue.pages)} if catalogue else {}
    return sorted(lines, key=lambda line: (pages.get(line.page, len(pages)), bool(line.serial)))


def matching(lines: Iterable[Line], criteria: Criteria, titles: dict[str, str]) -> list[Line]:
    """The lines that a filter lets through. `titles`: of the pages, by id."""
    found = list(lines)
    for (key, excluded), terms in criteria.by_key().items():
        found = [line for line in found if any(_fits(line, key, term.wanted, titles) for term in terms) is not excluded]
    words = [word.casefold() for word in criteria.words]
    return [line for line in found if all(word in _text(line) for word in words)] if words else found


def sections(lines: list[Line], titles: dict[str, str]) -> list[tuple[str, list[Line]]]:
    """Lines under the titles of their pages."""
    return [
        (titles.get(page, "Not in the catalogue"), list(group)) for page, group in groupby(lines, lambda one: one.page)
    ]


def page_titles(catalogue: Catalogue | None) -> dict[str, str]:
    """ "User Interface › Displays" of each page by its id."""
    if catalogue is None:
        return {}
    return {page: " › ".join(step.title for step in catalogue.trail(page)) for page in catalogue.pages}


def _parameter_line(catalogue: Catalogue | None, one: Explained) -> Line:
    explanation, parameter = one.explanation, one.parameter
    # What is no parameter may be a class of instances that users cannot have (`ums.domain.contribution`).
    return Line(
        key=one.path,
        serial="",
        page=parameter.page if parameter else _page(catalogue, one.path),
        label=parameter.label if parameter else _class_label(catalogue, one.path),
        within=fixed_name(catalogue, one.path) if parameter and "%" in parameter.path else "",
        parameter=parameter,
        value=explanation.value,
        layer=explanation.winner,
        losers=len(explanation.losers),
        ignored=len(explanation.ignored),
    )


def _instance_line(catalogue: Catalogue | None, explained: DeviceExplained, one: ExplainedInstance) -> Line:
    why = explain_instance(explained.effective, one.serial)
    return Line(
        key=one.serial,
        serial=one.serial,
        page=_page(catalogue, one.instance.cls),
        label=instance_name(catalogue, one.instance.cls, one.instance.values),
        within=one.label,
        parameter=None,
        value=None,
        layer=one.winner,
        losers=len(why.losers),
        ignored=len(ignored_in_instance(explained, one.serial, [one.winner, *why.losers])),
    )


def _removed(catalogue: Catalogue | None, explained: DeviceExplained) -> list[Line]:
    """Instances that some layer brings and that are not on the device."""
    gone = {
        serial: (layer, instance)
        for layer in reversed(explained.effective.layers)
        for serial, instance in layer.instances.items()
        if serial not in explained.effective.instances
    }
    return [
        Line(
            key=serial,
            serial=serial,
            page=_page(catalogue, instance.cls),
            label=instance_name(catalogue, instance.cls, instance.values),
            within=_class_label(catalogue, instance.cls),
            parameter=None,
            value=None,
            layer=layer,
            losers=0,
            removed=True,
        )
        for serial, (layer, instance) in gone.items()
    ]


def instance_name(catalogue: Catalogue | None, cls: str, values: Mapping[str, Given]) -> str:
    """What an administrator called a free instance, else the label of its class."""
    known = catalogue.classes.get(cls) if catalogue else None
    return str(values.get(known.name_parameter, "") if known else "") or _class_label(catalogue, cls)


def _class_label(catalogue: Catalogue | None, cls: str) -> str:
    known = catalogue.classes.get(cls) if catalogue else None
    return known.label if known else cls


def _page(catalogue: Catalogue | None, cls: str) -> str:
    """The page where instances of a class are listed: the one of their name."""
    known = catalogue.classes.get(cls) if catalogue else None
    name = catalogue.find(f"{cls}.{known.name_parameter}") if catalogue and known else None
    return name.page if name else ""


def fixed_name(catalogue: Catalogue | None, path: str) -> str:
    """ "Display 1" for a parameter of a fixed instance."""
    cls = catalogue.class_of(path) if catalogue else None
    if cls is None:
        return ""
    index = next((index for index in cls.indices if path.startswith(f"{cls.concrete(index)}.")), "")
    return f"{cls.label} {index}".strip()


def _fits(line: Line, key: str, wanted: object, titles: dict[str, str]) -> bool:
    if key == "source":
        return line.source == wanted
    if key == "set":
        return (line.layer is not None) is wanted
    if key == "overridden":
        return (line.losers > 0) is wanted
    if key == "ignored":
        return (line.ignored > 0) is wanted
    assert isinstance(wanted, Pattern)
    if key == "page":
        return any(_like(step, wanted) for step in titles.get(line.page, "").split(" › "))
    return line.source == "profile" and line.layer is not None and _like(line.layer.label, wanted)


def _like(text: str, pattern: Pattern) -> bool:
    """Whether a text has the pieces of a pattern one after the other, upper and lower case the same."""
    return re.fullmatch(".*".join(map(re.escape, pattern.pieces)), text, re.IGNORECASE | re.DOTALL) is not None


def _text(line: Line) -> str:
    parameter = line.parameter
    parts = (line.key, line.label, line.within, parameter.help if parameter else "", str(line.value or ""))
    return "\n".join(parts).casefold()
