"""By what profiles reach a user, of real domains."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import ldap3
import pytest

from swp.ldap import facts
from swp.ldap.directory import connected
from swp.ldap.types import Link
from swp.principals import principals_for
from tests.apps.swp.ldap.asked import link
from tests.services.domains import NESTED
from tests.services.ldif import record
from tests.services.samba import ADMIN_PASSWORD, Samba
from ums.domain.principals import Principal, PrincipalKind

pytestmark = pytest.mark.once


def principals(ad: Samba, user: str, others: tuple[Link, ...] = ()) -> tuple[Principal, ...]:
    here = link(ad)
    with connected(here) as directory:
        entry = directory.user(user)
        assert entry is not None
        return principals_for(here, directory, entry, others)


def groups(found: tuple[Principal, ...]) -> dict[str, int]:
    return {one.name: one.distance for one in found if one.kind is PrincipalKind.GROUP}


def walked(ad: Samba, user: str) -> set[str]:
    """objectGUIDs of the groups around a user, found by reading `memberOf` of one object after the other."""
    server = ldap3.Server(ad.address, use_ssl=True, get_info=ldap3.NONE)
    with ldap3.Connection(server, ad.administrator, ADMIN_PASSWORD, check_names=False) as asked:

        def read(condition: str) -> dict[str, list[bytes]]:
            asked.search(ad.base, condition, attributes=["objectGUID", "memberOf", "primaryGroupID", "groupType"])
            return next(one["raw_attributes"] for one in asked.response if one["type"] == "searchResEntry")

        start = read(f"(sAMAccountName={user})")
        todo = [dn.decode() for dn in start["memberOf"]]
        asked.search(ad.base, "(sAMAccountName=Domain Users)")
        todo += [one["dn"] for one in asked.response if one["type"] == "searchResEntry"]
        seen: dict[str, str] = {}
        while todo:
            dn = todo.pop()
            if dn not in seen:
                group = read(f"(distinguishedName={dn})")
                seen[dn] = str(UUID(bytes_le=group["objectGUID"][0]))
                todo += [outer.decode() for outer in group["memberOf"]]
        return set(seen.values())


@pytest.mark.parametrize("user", ["alice", "bob", "carol", "browse", "Administrator"])
def test_the_groups_are_those_of_a_plain_walk(corp: Samba, user: str) -> None:
    found = principals(corp, user)
    kinds = {PrincipalKind.GROUP, PrincipalKind.PRIMARY_GROUP}
    assert {one.id for one in found if one.kind in kinds} == walked(corp, user)
    assert len({one.id for one in found}) == len(found)


def test_groups_count_their_steps(corp: Samba) -> None:
    found = principals(corp, "alice")
    assert [groups(found)[name] for name in NESTED] == [1, 2, 3, 4, 5]
    assert groups(principals(corp, "bob"))["sales"] == 1


def test_groups_in_a_circle_end(corp: Samba) -> None:
    found = groups(principals(corp, "carol"))
    assert (found["engineers"], found["circle-a"], found["circle-b"]) == (1, 1, 2)


def test_the_user_the_primary_group_and_the_ous(corp: Samba) -> None:
    found = principals(corp, "alice")
    assert [(one.kind, one.name, one.distance) for one in found[:2]] == [
        (PrincipalKind.USER, "alice", 0),
        (PrincipalKind.PRIMARY_GROUP, "Domain Users", 0),
    ]
    chain = [(one.name, one.distance) for one in found if one.kind is PrincipalKind.OU]
    assert chain == [("Sales", 0), ("Staff", 1), ("corp.test", 2)]
    with connected(link(corp)) as directory:
        guids = {one.name: str(one.guid) for one in directory.at([f"OU=Staff,{corp.base}", corp.base])}
    assert {one.name: one.id for one in found if one.name in guids} == guids


def test_a_user_in_a_plain_container_is_below_the_domain_only(corp: Samba) -> None:
    assert [one.name for one in principals(corp, "browse") if one.kind is PrincipalKind.OU] == ["corp.test"]


def test_a_membership_counts_from_the_next_login_on(corp: Samba) -> None:
    corp.add([corp.group("late", "OU=Groups", members=[corp.dn("bob", "OU=Sales,OU=Staff")])])
    assert groups(principals(corp, "bob"))["late"] == 1
    corp.delete(corp.dn("late", "OU=Groups"))
    assert "late" not in groups(principals(corp, "bob"))


def test_a_group_that_came_into_another_one_is_seen_though_it_is_remembered(corp: Samba) -> None:
    inner, outer = (corp.dn(name, "OU=Groups") for name in ("inner", "outer"))
    bob = corp.dn("bob", "OU=Sales,OU=Staff")
    corp.add([corp.group("inner", "OU=Groups", members=[bob]), corp.group("outer", "OU=Groups")])
    assert "outer" not in groups(principals(corp, "bob"))
    corp.join(outer, inner)
    found = groups(principals(corp, "bob"))
    assert (found["inner"], found["outer"]) == (1, 2)
    for dn in (outer, inner):
        corp.delete(dn)


def test_groups_are_asked_for_once(corp: Samba) -> None:
    here = link(corp)
    facts.forget()
    with connected(here) as directory:
        sids = directory.token_groups(corp.dn("alice", "OU=Sales,OU=Staff"))
        told = directory.known(sids, [corp.base])
        assert {one.guid for one in told} == {one.guid for one in directory.by_sids(sids, [corp.base])}
        directory.by_sids = lambda *_: pytest.fail("it was told already")  # type: ignore[method-assign]
        assert {one.guid for one in directory.known(sids, [corp.base.upper()])} == {one.guid for one in told}
        with pytest.raises(pytest.fail.Exception):
            directory.known(sids, [corp.base], anew=True)


@pytest.fixture
def foreign(corp: Samba, lab: Samba) -> Iterator[None]:
    """LAB's `bridge` has alice as a member, and `hall` CORP's group trade; `bridge` is in `tower`.

    CORP's group `echo` has LAB's group tower as a member.
    """
    sids = {}
    with connected(link(corp)) as directory:
        for name in ("alice", "trade"):
            sids[name] = directory.search(name, size=1).entries[0].sid

    # A member that is given by its SID gets an object of its own there, as by the tools of Windows.
    bridge, tower, hall = (lab.dn(name, "OU=Guests") for name in ("bridge", "tower", "hall"))
    for name, member in (("bridge", f"<SID={sids['alice']}>"), ("tower", bridge), ("hall", f"<SID={sids['trade']}>")):
        lab.add([local(lab.dn(name, "OU=Guests"), name, member)])
    with connected(link(lab)) as directory:
        sid = directory.search("tower", size=1).entries[0].sid
    echo = corp.dn("echo", "OU=Groups")
    corp.add([local(echo, "echo", f"<SID={sid}>")])
    yield
    corp.delete(echo)
    for dn in (tower, bridge, hall):
        lab.delete(dn)


def local(dn: str, name: str, member: str) -> str:
    """A domain local group: the only kind that takes members of other domains."""
    return record(dn, objectClass="group", sAMAccountName=name, groupType=-2147483644, member=member)


@pytest.mark.usefixtures("foreign")
def test_groups_of_other_domains_count_when_told_to(corp: Samba, lab: Samba) -> None:
    alone = groups(principals(corp, "alice"))
    assert not {"bridge", "tower", "hall", "echo"} & set(alone)
    found = groups(principals(corp, "alice", (link(corp), link(lab))))
    assert {name: found[name] for name in ("bridge", "tower", "hall", "echo")} == {
        "bridge": 1,
        "tower": 2,
        "echo": 3,
        "hall": 5,
    }
    assert {name: found[name] for name in alone} == alone


def test_another_domain_that_does_not_answer_keeps_nobody_out(corp: Samba, lab: Samba) -> None:
    gone = link(lab, domain="gone.test", controllers=())
    assert principals(corp, "alice", (gone,)) == principals(corp, "alice")
