"""The text of a filter bar: `status:offline site:"New York" last-contact:>7d free words`, read and checked.

1. A term is `key:value`, without a space around the colon; a value with spaces stands in double quotes.
2. Terms of the same key widen (“offline or late”), terms of different keys narrow. `-key:value` excludes.
3. In text values `*` stands for anything; upper and lower case are the same; `""` means empty.
4. Moments: `>7d` longer ago than seven days, `<2h` more recently, `>2026-01-31` after, `<2026-01-31` before,
   `2026-01-31` on that day, `never`. Units: m, h, d, w. Days are those of UTC.
5. Everything else is a free word; each of them must be found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

MAX_TEXT = 1000
MAX_TERMS = 30
MAX_STARS = 5


class CriteriaError(ValueError):
    """A text that cannot be read; the message says which part and what is possible instead."""


class Kind(StrEnum):
    """What values of a field look like."""

    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Field:
    """A key that can stand before a colon. `choices` are (value, label) of a CHOICE; `help` is shown on completion."""

    key: str
    kind: Kind
    help: str
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text to compare with: its fixed pieces, anything between them. One piece: exactly that, whatever the case."""

    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """From (inclusive) to (exclusive), either open; neither: never happened."""

    start: datetime | None = None
    end: datetime | None = None

    @property
    def never(self) -> bool:
        """Whether the moment has not come at all."""
        return self.start is None and self.end is None


Wanted = Pattern | Span | str | bool
"""By kind of field: TEXT, MOMENT, CHOICE, FLAG."""


@dataclass(frozen=True, slots=True)
class Term:
    """One `key:value`, both as it was written and as it is meant."""

    field: Field
    text: str
    wanted: Wanted
    excluded: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.excluded else ''}{self.field.key}:{quoted(self.text)}"


@dataclass(frozen=True, slots=True)
class Criteria:
    """A filter: terms and free words in the order in which they were written."""

    terms: tuple[Term, ...] = ()
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([*map(str, self.terms), *map(quoted, self.words)])

    def by_key(self) -> Mapping[tuple[str, bool], tuple[Term, ...]]:
        """Terms by (key, excluded): those of one entry widen, the entries narrow."""
        found: dict[tuple[str, bool], tuple[Term, ...]] = {}
        for term in self.terms:
            at = (term.field.key, term.excluded)
            found[at] = (*found.get(at, ()), term)
        return found


def quoted(value: str) -> str:
    """A value as it can stand in a text: in quotes when it is empty or would be read otherwise."""
    return value if value and not re.search(r'[\s":]', value) else '"' + value.replace('"', "") + '"'


_PART = re.compile(
    r'(?P<minus>-)?(?P<key>[A-Za-z][A-Za-z_-]*):(?P<value>"[^"]*"|[^\s"]*)(?=\s|$)|"(?P<phrase>[^"]*)"|\S+'
)
_AGO = re.compile(r"([<>])(\d{1,5})([mhdw])")
_DAY = re.compile(r"([<>]?)(\d{4}-\d{2}-\d{2})")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def parse(text: str, fields: Iterable[Field], now: datetime) -> Criteria:
    """Read a text. `now` is what “7 days ago” counts from, with a time zone. Raises CriteriaError."""
    if len(text) > MAX_TEXT:
        raise CriteriaError(f"A filter has {MAX_TEXT:,} characters at most.")
    if "\x00" in text:
        raise CriteriaError("A filter cannot hold the character with the number 0.")
    known = {field.key: field for field in fields}
    terms: list[Term] = []
    words: list[str] = []
    for part in _PART.finditer(text):
        key = part["key"]
        if key is None or (key.lower().replace("_", "-") not in known and _is_word(part[0])):
            word = (part[0] if part["phrase"] is None else part["phrase"]).replace('"', "").strip()
            words.extend([word] if word else [])
            continue
        field = known.get(key.lower().replace("_", "-"))
        if field is None:
            raise CriteriaError(f"There is no filter “{key}”. There are {', '.join(sorted(known))}.")
        value = part["value"].strip('"')
        if not value and not part["value"]:
            raise CriteriaError(f'Write a value after “{key}:”, or “{key}:""” for none.')
        terms.append(Term(field, value, _wanted(field, value, now), excluded=bool(part["minus"])))
    if len(terms) + len(words) > MAX_TERMS:
        raise CriteriaError(f"A filter has {MAX_TERMS} parts at most.")
    return Criteria(tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(words)))


def _is_word(part: str) -> bool:
    """MAC and IPv6 addresses have colons as well: `aa:bb:cc:dd:ee:ff` is no term."""
    return part.count(":") > 1


def _wanted(field: Field, value: str, now: datetime) -> Wanted:
    match field.kind:
        case Kind.TEXT:
            if value.count("*") > MAX_STARS:
                raise CriteriaError(f"“{field.key}:{value}” has more than {MAX_STARS} stars.")
            return Pattern(tuple(value.split("*")))
        case Kind.CHOICE:
            return _choice(field, value)
        case Kind.FLAG:
            if value.lower() not in _FLAGS:
                raise CriteriaError(f"“{field.key}:” is followed by yes or no, not by “{value}”.")
            return _FLAGS[value.lower()]
        case Kind.MOMENT:
            return _span(field, value, now)


def _choice(field: Field, value: str) -> str:
    wanted = value.casefold()
    for choice, label in field.choices:
        if wanted in (choice.casefold(), label.casefold()):
            return choice
    options = ", ".join(choice for choice, _ in field.choices)
    raise CriteriaError(f"“{field.key}:{value}” is not possible. Choose one of {options}.")


def _span(field: Field, value: str, now: datetime) -> Span:
    if value.lower() == "never":
        return Span()
    try:
        if ago := _AGO.fullmatch(value):
            moment = now - int(ago[2]) * _UNITS[ago[3]]
            return Span(end=moment) if ago[1] == ">" else Span(start=moment)
        if day := _DAY.fullmatch(value):
            start = datetime.combine(datetime.fromisoformat(day[2]).date(), time(), UTC)
            end = start + timedelta(days=1)
            return Span(start, end) if not day[1] else Span(start=end) if day[1] == ">" else Span(end=start)
    except (ValueError, OverflowError):
        raise CriteriaError(f"“{value}” after “{field.key}:” is no date that there is.") from None
    raise CriteriaError(
        f"“{field.key}:{value}” is not possible. Write for example >7d (longer ago than 7 days), <2h (in the last two "
        "hours), 2026-01-31, >2026-01-31 or never."
    )
