"""The language of the filter bar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ums.domain.criteria import MAX_STARS, CriteriaError, Field, Kind, Pattern, Span, parse, quoted

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
FIELDS = (
    Field("status", Kind.CHOICE, "Presence", (("online", "Online"), ("never", "Never seen"))),
    Field("pending", Kind.FLAG, "Pending"),
    Field("site", Kind.TEXT, "Site"),
    Field("last-contact", Kind.MOMENT, "Last contact"),
)


def wanted(text: str) -> object:
    [term] = parse(text, FIELDS, NOW).terms
    return term.wanted


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("status:online", "online"),
        ("STATUS:Online", "online"),
        ('status:"never seen"', "never"),
        ("pending:yes", True),
        ("pending:No", False),
        ("site:Bremen", Pattern(("Bremen",))),
        ('site:"New York"', Pattern(("New York",))),
        ('site:""', Pattern(("",))),
        ("site:B*n", Pattern(("B", "n"))),
        ("last_contact:>7d", Span(end=NOW - timedelta(days=7))),
        ("last-contact:<2h", Span(start=NOW - timedelta(hours=2))),
        ("last-contact:never", Span()),
        ("last-contact:2026-01-31", Span(datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))),
        ("last-contact:>2026-01-31", Span(start=datetime(2026, 2, 1, tzinfo=UTC))),
        ("last-contact:<2026-01-31", Span(end=datetime(2026, 1, 31, tzinfo=UTC))),
    ],
)
def test_term_means(text: str, meant: object) -> None:
    assert wanted(text) == meant


def test_mixes_terms_and_words_in_any_order() -> None:
    criteria = parse('ward status:online "room 3" -site:Bremen 00:e0:c5:00:00:01', FIELDS, NOW)
    assert [str(term) for term in criteria.terms] == ["status:online", "-site:Bremen"]
    assert criteria.words == ("ward", "room 3", "00:e0:c5:00:00:01")


def test_terms_of_one_key_belong_together() -> None:
    groups = parse("status:online site:A status:never -site:B", FIELDS, NOW).by_key()
    assert {key: len(terms) for key, terms in groups.items()} == {
        ("status", False): 2,
        ("site", False): 1,
        ("site", True): 1,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("colour:red", "There are last-contact, pending, site, status"),
        ("status:sleeping", "Choose one of online, never"),
        ("pending:perhaps", "yes or no"),
        ("last-contact:yesterday", ">7d"),
        ("last-contact:2026-02-31", "no date"),
        ("last-contact:9999-12-31", "no date"),
        ("site:", "Write a value"),
        ("site:" + "*" * (MAX_STARS + 1), "stars"),
        ("x" * 1001, "1,000 characters"),
        (" ".join(map(str, range(31))), "30 parts"),
        ("a\x00b", "character"),
    ],
)
def test_error_says_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(CriteriaError, match=told):
        parse(text, FIELDS, NOW)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        criteria = parse(text, FIELDS, NOW)
    except CriteriaError:
        return
    assert parse(str(criteria), FIELDS, NOW) == criteria


@given(st.text(alphabet=st.characters(exclude_characters='"\x00*'), min_size=1, max_size=40))
def test_a_quoted_value_comes_back(value: str) -> None:
    assert wanted(f"site:{quoted(value)}") == Pattern((value,))
