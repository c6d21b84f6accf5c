"""Who is logged in, as principals: levels of groups, circles, OUs from the DN."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ums.domain.effectiveness import Rank
from ums.domain.principals import RANKS, Group, Login, Principal, PrincipalKind, group_name, normal_dn, principals_of

DN = "CN=U,OU=Sales,OU=Staff,DC=ex"


def group(name: str) -> Group:
    return Group(f"id of {name}", name)


def login(dn: str = DN, primary: str = "", groups: str = "", **inside: str) -> Login:
    """`login(groups="A B", A="C")`: direct member of A and B, and A is in C."""
    return Login(
        "id of U",
        "U",
        dn,
        group(primary) if primary else None,
        [group(name) for name in groups.split()],
        {group(inner).id: [group(name) for name in outer.split()] for inner, outer in inside.items()},
    )


def groups_of(who: Login) -> dict[str, int]:
    return {one.name: one.distance for one in principals_of(who) if one.kind is PrincipalKind.GROUP}


def ous_of(dn: str) -> list[tuple[str, int]]:
    return [(one.name, one.distance) for one in principals_of(login(dn)) if one.kind is PrincipalKind.OU]


def test_the_user_of_the_vectors() -> None:
    who = login(primary="Users", groups="Alpha Beta", Alpha="Zulu")
    assert [(one.place, one.distance) for one in principals_of(who)] == [
        ("user U", 0),
        ("primary group Users", 0),
        ("group Alpha", 1),
        ("group Beta", 1),
        ("group Zulu", 2),
        ("organizational unit Sales", 0),
        ("organizational unit Staff", 1),
        ("organizational unit ex", 2),
    ]


def test_a_group_counts_at_its_shortest_way() -> None:
    assert groups_of(login(groups="A D", A="B", B="C", C="D", D="C")) == {"A": 1, "D": 1, "B": 2, "C": 2}


def test_circles_end() -> None:
    assert groups_of(login(groups="A", A="B", B="A")) == {"A": 1, "B": 2}
    assert groups_of(login(groups="A", A="A")) == {"A": 1}
    assert groups_of(login(primary="P", P="Q", Q="P")) == {"Q": 2}


def test_the_primary_group_is_no_other_group_and_a_direct_membership() -> None:
    assert groups_of(login(primary="P", groups="P A", A="P", P="Q")) == {"A": 1, "Q": 2}


def test_groups_are_told_apart_by_id() -> None:
    two = Login("u", "U", DN, None, [Group("1", "Alpha"), Group("2", "Alpha")])
    assert [one.id for one in principals_of(two) if one.kind is PrincipalKind.GROUP] == ["1", "2"]


@pytest.mark.parametrize(
    ("dn", "ous"),
    [
        (DN, [("Sales", 0), ("Staff", 1), ("ex", 2)]),
        ("CN=U, ou = Sales , DC=corp,DC=ex", [("Sales", 0), ("corp.ex", 1)]),
        ("CN=U,CN=Users,DC=ex", [("ex", 0)]),
        ("CN=U,OU=Inner,CN=Container,OU=Outer,DC=ex", [("Inner", 0), ("Outer", 1), ("ex", 2)]),
        (r"CN=U\, first,OU=Sales\, North,OU=Z\C3\BCrich,OU=back\\,DC=ex",
         [("Sales, North", 0), ("Zürich", 1), ("back\\", 2), ("ex", 3)]),
        ("OU=U,OU=Sales", [("Sales", 0)]),
        ("CN=U", []),
        ("", []),
    ],
)  # fmt: skip
def test_ous_stand_in_the_dn(dn: str, ous: list[tuple[str, int]]) -> None:
    assert ous_of(dn) == ous


def test_a_dn_is_compared_without_case_and_blanks() -> None:
    assert normal_dn("OU=Sales , dc = EX") == normal_dn("ou=sales,DC=ex")
    [ou, *_] = [one for one in principals_of(login()) if one.kind is PrincipalKind.OU]
    assert ou.id == normal_dn("OU=Sales,OU=Staff,DC=ex")


def test_only_groups_and_roles_are_ordered_by_name() -> None:
    named = {kind: group_name(Principal(kind, "1", "N", 0)) for kind in PrincipalKind}
    assert {kind for kind, name in named.items() if name} == {
        PrincipalKind.PRIMARY_GROUP,
        PrincipalKind.GROUP,
        PrincipalKind.ROLE,
    }


def test_every_kind_of_principal_has_a_rank_of_users_for_standard_and_priority_profiles_only() -> None:
    assert {kind for kind, _ in RANKS} == {"standard", "priority"}
    assert len(RANKS) == 2 * len(PrincipalKind)
    assert set(RANKS.values()) == {rank for rank in Rank if rank.is_of_user}
    assert all(rank.is_priority == (kind == "priority") for (kind, _), rank in RANKS.items())


NAMES = st.sampled_from("ABCDEFGH")


DIRECT = st.lists(NAMES)
INSIDE = st.dictionaries(NAMES, st.lists(NAMES))
PRIMARY = st.sampled_from(["", *"ABC"])


@given(DIRECT, INSIDE, PRIMARY, st.randoms(use_true_random=False))
def test_any_membership_ends_and_its_order_does_not_matter(
    direct: list[str], inside: dict[str, list[str]], primary: str, rnd: random.Random
) -> None:
    def ask(groups: list[str], around: dict[str, list[str]]) -> set[Principal]:
        given = {name: " ".join(outer) for name, outer in around.items()}
        found = principals_of(login(primary=primary, groups=" ".join(groups), **given))
        assert len({one.id for one in found}) == len(found), "each once"
        return set(found)

    shuffled = {name: rnd.sample(outer, len(outer)) for name, outer in rnd.sample(sorted(inside.items()), len(inside))}
    found = ask(direct, inside)
    assert found == ask(rnd.sample(direct, len(direct)), shuffled)
    distance = {one.name: one.distance for one in found if one.kind is PrincipalKind.GROUP}
    for name, outers in inside.items():
        for outer in outers:
            if name in distance and outer != primary:
                assert distance[outer] <= distance[name] + 1, "no way is shorter"
