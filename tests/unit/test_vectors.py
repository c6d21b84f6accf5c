"""The 40 vectors (tests/vectors.py) by the rules alone: collected here, joined and explained by `ums.domain`."""

from __future__ import annotations

import pytest

from tests.vectors import CHAINS, DEFAULTS, DEFINITION, PRINCIPALS, VECTORS, WALLPAPERS, Phase, Profile, named
from ums.domain.contribution import Contribution, contribution
from ums.domain.effectiveness import Layer, Rank, explain, resolve
from ums.domain.parameters import Settings, Value, parse_catalogue
from ums.domain.per_user import NONE
from ums.domain.principals import RANKS, group_name, principals_of

CATALOGUE = parse_catalogue(DEFINITION)
KINDS = {"S": "standard", "M": "priority"}
ON_DEVICE = {
    "S": (Rank.STANDARD_DEVICE, Rank.STANDARD_DIRECTORY),
    "M": (Rank.PRIORITY_DEVICE, Rank.PRIORITY_DIRECTORY),
    "FWC": (Rank.CUSTOMIZATION, Rank.CUSTOMIZATION),
    "UFU": (Rank.FIRMWARE_UPDATE, Rank.FIRMWARE_UPDATE),
}
"""Rank on the device itself, and on a directory."""


def layers(phase: Phase) -> list[Layer]:
    """The layers that reach D, or who is logged in there."""
    found = []
    for profile, place in phase.assigned:
        if profile.name not in phase.binned and profile.os == CATALOGUE.os:
            found += [layer(profile, content_of(phase, profile, way[0]), *way) for way in ways(phase, profile, place)]
    own = contribution(CATALOGUE, Settings(phase.local.values, phase.local.instances), {})
    return [*found, Layer(Rank.LOCAL, 0, "", own.values, own.instances)]


def ways(phase: Phase, profile: Profile, place: str) -> list[tuple[Rank, int, str, str]]:
    """(rank, distance, name of the group, place) for each way that an assignment reaches the device or the user."""
    if place in PRINCIPALS:
        principals = principals_of(phase.login) if phase.login else ()
        return [
            (RANKS[KINDS[profile.prefix], one.kind], one.distance, group_name(one), one.place)
            for one in principals
            if one.id == PRINCIPALS[place]
        ]
    on_device, on_directory = ON_DEVICE[profile.prefix]
    if place == "D":
        return [(on_device, 0, "", "the device")]
    chain = CHAINS[phase.home]
    return [(on_directory, chain.index(place) + 1, "", f"directory {place}")] if place in chain else []


def content_of(phase: Phase, profile: Profile, rank: Rank) -> Contribution:
    settings = Settings(profile.content.values, profile.content.instances)
    return contribution(CATALOGUE, settings, keys(phase), per_user=NONE if rank.is_of_user else None)


def keys(phase: Phase) -> dict[str, Value]:
    """The nearest value of each key."""
    chain = CHAINS[phase.home]
    near = sorted((one for one in phase.keys if one[2] in chain), key=lambda one: -chain.index(one[2]))
    return {name: value for name, value, _ in near}


def layer(profile: Profile, content: Contribution, rank: Rank, distance: int, name: str, place: str) -> Layer:
    return Layer(
        rank,
        profile.id,
        profile.name,
        content.values,
        content.instances,
        overwrite_sessions=profile.overwrites,
        distance=distance,
        name=name,
        place=place,
        use_case=WALLPAPERS if profile.prefix == "FWC" else "",
        ignored=content.ignored,
    )


def test_all_40_are_there() -> None:
    assert [phases[0].number for phases in VECTORS] == list(range(1, 41))


@pytest.mark.parametrize("phases", VECTORS, ids=named)
def test_vector(phases: tuple[Phase, ...]) -> None:
    for phase in phases:
        collected = layers(phase)
        effective = resolve(collected, CATALOGUE.defaults)
        assert effective.values == phase.values, phase.why
        assert " ".join(sorted(effective.instances)) == phase.sessions, phase.why
        explained = {path: explain(collected, CATALOGUE.defaults, path) for path in DEFAULTS}
        assert {path: one.value for path, one in explained.items()} == phase.values, "what is told is what counts"
        assert {path for path, one in explained.items() if one.ignored} == phase.ignored
