"""The order of effectiveness: what the vectors (test_vectors.py) leave open, then properties that always hold."""

from __future__ import annotations

import random
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ums.domain.effectiveness import Layer, Rank, Stack, explain, explain_instance, order, resolve, tag
from ums.domain.parameters import Instance, Value, digest_of


def sessions(serials: str) -> dict[str, Instance]:
    return {serial: Instance("sessions.rdp%", {"name": f"Session {serial}"}) for serial in serials.split()}


def layer(rank: Rank = Rank.STANDARD_DEVICE, id: int = 1, label: str = "P", **more: Any) -> Layer:
    return Layer(rank, id, label, more.pop("values", {}), more.pop("instances", {}), **more)


def test_ranks_stand_in_the_order_of_the_table() -> None:
    mixed = [layer(rank) for rank in Rank]
    random.Random(5).shuffle(mixed)
    assert [one.rank.value for one in order(mixed)] == list(range(15))


def test_group_names_compare_without_case_for_both_kinds() -> None:
    for rank in (Rank.STANDARD_GROUP, Rank.PRIORITY_GROUP):
        names = [
            one.name for one in order(layer(rank, id, name=name) for id, name in enumerate(["beta", "Zoo", "Alpha"]))
        ]
        assert names == ["Alpha", "beta", "Zoo"]


def test_same_group_name_in_two_domains_is_decided_by_id() -> None:
    assert [
        one.id
        for one in order([layer(Rank.STANDARD_GROUP, 1, name="alpha"), layer(Rank.STANDARD_GROUP, 2, name="Alpha")])
    ] == [2, 1]


def test_nested_priority_groups_are_stronger_than_direct_ones() -> None:
    nested, direct = (
        layer(Rank.PRIORITY_GROUP, 1, distance=2, name="Z"),
        layer(Rank.PRIORITY_GROUP, 9, distance=1, name="A"),
    )
    assert order([direct, nested]) == (nested, direct)


def test_overwrite_sessions_spares_what_is_stronger() -> None:
    stronger = layer(Rank.PRIORITY_DEVICE, 1, instances=sessions("A"))
    overwriting = layer(Rank.STANDARD_DEVICE, 2, instances=sessions("B"), overwrite_sessions=True)
    weaker = layer(Rank.STANDARD_DIRECTORY, 3, instances=sessions("C"), overwrite_sessions=True)
    own = layer(Rank.LOCAL, 0, instances=sessions("L"))
    effective = resolve([own, weaker, overwriting, stronger], {})
    assert effective.instance_winners == {"A": stronger, "B": overwriting}


def test_an_instance_of_two_profiles_counts_whole_from_the_stronger() -> None:
    strong = layer(id=1, instances={"1": Instance("sessions.rdp%", {"name": "strong"})})
    weak = layer(Rank.LOCAL, 0, instances={"1": Instance("sessions.rdp%", {"name": "weak", "server": "host"})})
    effective = resolve([weak, strong], {})
    assert effective.instances == strong.instances
    assert effective.instance_winners == {"1": strong}


def test_overwrite_sessions_leaves_parameters_alone() -> None:
    effective = resolve([layer(overwrite_sessions=True), layer(Rank.LOCAL, 0, values={"x": "l"})], {"x": "d"})
    assert effective.values == {"x": "l"}


# --- Explanations ----------------------------------------------------------------------------------------------------

GERMANY = layer(Rank.PRIORITY_DIRECTORY, 1, "X", distance=1, place="directory Germany", values={"x": "g"})
BREMEN = layer(Rank.STANDARD_DIRECTORY, 2, "Y", place="directory Bremen", values={"x": "b"})
OWN = layer(Rank.LOCAL, 0, "", values={"x": "l"})


def test_explanation_names_winner_losers_in_order_and_the_rule() -> None:
    explanation = explain(resolve([OWN, BREMEN, GERMANY], {"x": "d"}), {"x": "d"}, "x")
    assert explanation.value == "g"
    assert explanation.winner is GERMANY
    assert explanation.losers == ((BREMEN, "b"), (OWN, "l"))
    assert explanation.default == "d"
    assert explanation.rule == (
        "Priority profile “X” on directory Germany beats standard profile “Y” on directory Bremen: "
        "priority profiles come before standard ones."
    )


RULES = [
    (
        [BREMEN, OWN],
        "Standard profile “Y” on directory Bremen beats the device's own configuration: "
        "standard profiles come before the device's own configuration.",
    ),
    ([BREMEN], "Only standard profile “Y” on directory Bremen sets this parameter."),
    ([OWN], "Only the device's own configuration sets this parameter."),
    ([], "No profile sets this parameter: the default of the firmware counts."),
    (
        [BREMEN, replace(BREMEN, rank=Rank.STANDARD_DEVICE, place="the device")],
        "Only standard profile “Y” on the device sets this parameter. "
        "It is assigned in several places and counts where it is strongest.",
    ),
    (
        [BREMEN, replace(BREMEN, rank=Rank.STANDARD_DEVICE, place="", id=3, label="Z")],
        "Standard profile “Z” beats standard profile “Y” on directory Bremen: "
        "among standard profiles, one on the device comes before one on a directory of the device.",
    ),
    (
        [BREMEN, replace(BREMEN, distance=1, id=3, label="Z", place="")],
        "Standard profile “Y” on directory Bremen beats standard profile “Z”: "
        "among standard profiles, the one assigned closer comes first.",
    ),
    (
        [GERMANY, replace(GERMANY, distance=2, id=3, label="Z", place="")],
        "Priority profile “Z” beats priority profile “X” on directory Germany: "
        "among priority profiles, the one assigned further away comes first.",
    ),
    (
        [BREMEN, replace(BREMEN, id=3, label="Z", place="")],
        "Standard profile “Z” beats standard profile “Y” on directory Bremen: "
        "on equal terms the higher id, the newer one, comes first.",
    ),
    (
        [
            layer(Rank.STANDARD_GROUP, n, f"P{n}", distance=1, name=name, values={"x": n})
            for n, name in ((1, "A"), (2, "B"))
        ],
        "Standard profile “P1” on group A beats standard profile “P2” on group B: "
        "groups of the same level take effect by name, A before Z.",
    ),
    (
        [layer(Rank.STANDARD_GROUP, n, f"P{n}", distance=n, name=f"G{n}", values={"x": n}) for n in (0, 1)],
        "Standard profile “P0” on group G0 beats standard profile “P1” on group G1: "
        "among standard profiles, one on the primary group comes before one on another group.",
    ),
    (
        [layer(Rank.FIRMWARE_UPDATE, 7, "Spring", values={"x": "u"}), GERMANY],
        "Universal firmware update “Spring” beats priority profile “X” on directory Germany: "
        "universal firmware updates come before priority profiles.",
    ),
]


@pytest.mark.parametrize(("layers", "rule"), RULES, ids=[rule.rpartition(":")[2].strip() for _, rule in RULES])
def test_rule_is_one_sentence_for_an_administrator(layers: list[Layer], rule: str) -> None:
    assert explain(layers, {"x": "d"}, "x").rule == rule


def test_a_parameter_that_nobody_knows_has_no_value() -> None:
    explanation = explain([], {}, "x")
    assert (explanation.value, explanation.rule) == (None, "Nothing sets this parameter and it has no default.")


def test_explanation_of_an_instance_that_is_there() -> None:
    strong, weak = layer(id=2, instances=sessions("A")), layer(Rank.LOCAL, 0, instances=sessions("A"))
    explanation = explain_instance([weak, strong], "A")
    assert (explanation.winner, explanation.losers, explanation.removed_by) == (strong, (weak,), None)
    assert explanation.rule.startswith("Standard profile “P” beats the device's own configuration:")
    assert explain_instance([strong], "A").rule == "Only standard profile “P” brings this instance."


def test_explanation_of_an_instance_that_was_removed() -> None:
    lockdown, own = layer(label="Lockdown", overwrite_sessions=True), layer(Rank.LOCAL, 0, instances=sessions("L"))
    explanation = explain_instance(resolve([own, lockdown], {}), "L")
    assert (explanation.instance, explanation.winner, explanation.removed_by) == (None, None, lockdown)
    assert explanation.losers == (own,)
    assert explanation.rule == (
        "Standard profile “Lockdown” overwrites sessions: it removes the free instances of everything weaker."
    )
    assert explain_instance([lockdown], "L").rule == "Nothing brings this instance."


# --- Tags ------------------------------------------------------------------------------------------------------------

KEY = b"k" * 32


def test_tag_tells_values_types_instances_and_keys_apart() -> None:
    def tagged(values: dict[str, Value], serials: str = "", key: bytes = KEY) -> str:
        return tag(resolve([layer(values=values, instances=sessions(serials))], {}), key)

    variants: list[Value] = [True, 1, 1.5, "1", "", "True"]
    tags = [tagged({"x": value}) for value in variants]
    tags += [tagged({"y": 1}), tagged({"x": 1}, "A"), tagged({"x": 1}, "B"), tagged({"x": 1}, "", b"other"), tagged({})]
    assert len(set(tags)) == len(tags)
    assert all(len(one) == 32 for one in tags)


# --- Properties ------------------------------------------------------------------------------------------------------

PATHS = st.sampled_from("uvwxyz")
VALUES = st.one_of(st.booleans(), st.integers(-3, 3), st.sampled_from(["", "a", "b"]))
CONTENTS = st.tuples(
    st.dictionaries(PATHS, VALUES, max_size=4),
    st.dictionaries(
        st.sampled_from("1234"),
        st.builds(Instance, st.just("sessions.rdp%"), st.dictionaries(st.just("name"), VALUES)),
        max_size=3,
    ),
    st.booleans(),
)


@st.composite
def layer_lists(draw: st.DrawFn) -> list[Layer]:
    """Layers as they can meet on one device: a profile has one content and one kind, however often it is reached."""
    contents = draw(st.lists(CONTENTS, min_size=1, max_size=5))
    ways = st.tuples(
        st.integers(0, len(contents) - 1), st.integers(0, 6), st.integers(0, 3), st.sampled_from(["", "A", "a", "B"])
    )
    layers = []
    for id, offset, distance, name in draw(st.lists(ways, max_size=8)):
        values, instances, overwrites = contents[id]
        ranks = ([*range(1, 7)], [7], [8, 9, 10, 11, 12])[id % 3]
        rank = Rank(ranks[offset % len(ranks)])
        layers.append(
            Layer(rank, id, f"P{id}", values, instances, overwrites, distance, name, f"object {distance}{name}")
        )
    if draw(st.booleans()):
        values, instances, _ = draw(CONTENTS)
        layers.append(Layer(Rank.LOCAL, 0, "", values, instances))
    return layers


DEFAULT_VALUES = st.dictionaries(PATHS, VALUES)


@given(layer_lists(), DEFAULT_VALUES, st.randoms(use_true_random=False))
def test_order_of_input_never_matters(layers: list[Layer], defaults: dict[str, Value], rnd: random.Random) -> None:
    shuffled = layers[:]
    rnd.shuffle(shuffled)
    assert resolve(shuffled, defaults) == resolve(layers, defaults)


@given(layer_lists(), st.integers(0, 20), DEFAULT_VALUES)
def test_removing_a_layer_restores_what_was_before(layers: list[Layer], index: int, defaults: dict[str, Value]) -> None:
    profile = 99
    added = Layer(Rank(index % 13), profile, "Added", {"x": "added", "y": 1}, sessions("1 9"))
    before, together = resolve(layers, defaults), resolve([*layers, added], defaults)
    for path in together.values:
        if together.winners.get(path) != added:
            assert together.values[path] == before.values[path]
            assert together.winners.get(path) == before.winners.get(path)
    assert resolve([one for one in together.layers if one.id != profile], defaults) == before


@given(layer_lists(), DEFAULT_VALUES)
def test_resolving_twice_gives_the_same(layers: list[Layer], defaults: dict[str, Value]) -> None:
    kept = dict(defaults)
    first, second = resolve(layers, defaults), resolve(layers, defaults)
    assert first == second
    assert tag(first, KEY) == tag(second, KEY)
    assert defaults == kept, "resolve must not write into what it is given"


@given(layer_lists(), DEFAULT_VALUES, st.data())
def test_a_stack_joins_what_is_alike_once_and_finds_the_same(
    layers: list[Layer], defaults: dict[str, Value], data: st.DataObject
) -> None:
    """Some profiles hold something else on the other device: at the same places, of the same kind."""
    layers = [replace(one, use_case="kiosk") if one.rank is Rank.CUSTOMIZATION else one for one in layers]
    others = {id: data.draw(CONTENTS)[:2] for id in data.draw(st.sets(st.sampled_from(range(5))))}
    own = [one for one in layers if one.id in others]
    shared = [one for one in layers if one.id not in others]
    there = [replace(one, values=others[one.id][0], instances=others[one.id][1]) for one in own]
    stack = Stack(shared, own, defaults)
    for found, expected in ((own, layers), (there, [*shared, *there])):
        effective, resolved = stack.resolve(data.draw(st.permutations(found))), resolve(expected, defaults)
        assert effective == resolved
        assert list(effective.values) == list(resolved.values), "also in the order in which devices get them"


@given(layer_lists())
def test_ties_are_total(layers: list[Layer]) -> None:
    """Two layers are equally strong only if they are the same profile reached twice in the same way."""
    for one in layers:
        for other in layers:
            if one.strength == other.strength:
                assert one == other
            else:
                assert (one.strength < other.strength) != (other.strength < one.strength)


@given(layer_lists(), DEFAULT_VALUES)
def test_tag_does_not_depend_on_provenance(layers: list[Layer], defaults: dict[str, Value]) -> None:
    effective = resolve(layers, defaults)
    flat = layer(Rank.LOCAL, values=effective.values, instances=effective.instances)
    assert tag(resolve([flat], defaults), KEY) == tag(effective, KEY), "a default that is set is a default"
    assert tag(effective, KEY, digest_of(defaults)) == tag(effective, KEY)
    backwards = replace(effective, values=dict(reversed(effective.values.items())))
    assert tag(backwards, KEY) == tag(effective, KEY)


@given(DEFAULT_VALUES, st.data())
def test_tag_is_the_same_exactly_for_the_same_values(defaults: dict[str, Value], data: st.DataObject) -> None:
    """Compared with their types: True is not 1."""
    one, other = (resolve([layer(values=data.draw(DEFAULT_VALUES))], defaults) for _ in range(2))
    same = [{path: (type(value), value) for path, value in each.values.items()} for each in (one, other)]
    assert (tag(one, KEY) == tag(other, KEY)) is (same[0] == same[1])


@given(layer_lists(), st.data())
def test_overwrite_never_adds_an_instance(layers: list[Layer], data: st.DataObject) -> None:
    plain = [replace(one, overwrite_sessions=False) for one in layers]
    before = resolve(plain, {}).instances
    overwriting = [replace(one, overwrite_sessions=data.draw(st.booleans())) for one in plain]
    after = resolve(overwriting, {}).instances
    assert all(before.get(serial) == instance for serial, instance in after.items())


@given(layer_lists(), DEFAULT_VALUES)
def test_every_value_comes_from_its_strongest_layer(layers: list[Layer], defaults: dict[str, Value]) -> None:
    """The quick way through merged dicts agrees with asking each layer, strongest first."""
    effective = resolve(layers, defaults)
    paths = set(defaults).union(*(one.values for one in layers))
    assert set(effective.values) == paths
    assert resolve(layers, MappingProxyType(defaults)) == effective
    for path in paths:
        explanation = explain(effective, defaults, path)
        assert effective.values[path] == explanation.value
        assert effective.winners.get(path) == explanation.winner
    for serial in {serial for one in layers for serial in one.instances}:
        found = explain_instance(effective, serial)
        assert effective.instances.get(serial) == found.instance
        assert effective.instance_winners.get(serial) == found.winner
