"""Kinds of profile in templates: `{% icon profile.kind|kind_icon %}`, `{{ profile.kind|kind_words }}`."""

from __future__ import annotations

from django import template

from ums.domain.effectiveness import Rank
from ums.profiles.kinds import WORDS, Words, kind_of_rank

register = template.Library()


@register.filter
def kind_words(kind: str) -> Words:
    """The words of a kind; `|kind_words` in a `with`."""
    return WORDS[kind]


@register.filter
def kind_icon(kind: str) -> str:
    """Name of the icon of a kind."""
    return WORDS[kind].icon


@register.filter
def rank_icon(rank: Rank) -> str:
    """Name of the icon of what sets a parameter."""
    kind = kind_of_rank(rank)
    return WORDS[kind].icon if kind else "monitor"


@register.filter
def rank_noun(rank: Rank) -> str:
    """ "priority profile" for a rank, "" for what is no profile."""
    kind = kind_of_rank(rank)
    return WORDS[kind].noun if kind else ""
