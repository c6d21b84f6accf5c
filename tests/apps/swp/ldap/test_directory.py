"""A real domain, asked."""

from __future__ import annotations

import pytest

from swp.ldap.directory import connected
from swp.ldap.types import BindRefused, Credentials, ObjectKind, Refusal
from tests.apps.swp.ldap.asked import ldap_link, link
from tests.services.ldif import PASSWORD, record
from tests.services.openldap import OpenLDAP
from tests.services.samba import Samba

pytestmark = pytest.mark.once

STRANGE = [
    "Doe, Jane",
    "a/b\\c",
    'say "hi" <now>; #1 = 2 + 2',
    "🎉 Ünïcödé",
    "*",
    "(cn=*)",
    ")(objectClass=*",
    "x)(|(cn=*",
    "\\2a",
    "CN=x,DC=y",
]


@pytest.fixture(scope="module", autouse=True)
def strange(corp: Samba) -> None:
    """OU=Strange, with users of names that mean something elsewhere, and a group of 3,000 members (130 kB of DNs)."""
    users = [
        corp.user(name, "OU=Strange", password="", sAMAccountName=f"odd{n}", userPrincipalName=f"odd{n}@corp.test")
        for n, name in enumerate(STRANGE)
    ]
    corp.add([corp.ou("OU=Strange"), *users, corp.ou("OU=Crowd")])
    corp.add(corp.user(f"crowd{n:04}", "OU=Crowd", password="") for n in range(1500))
    members = [corp.dn(f"crowd{n:04}", "OU=Crowd") for n in range(1500)]
    corp.add([corp.group("crowd", "OU=Strange", members=members)])


def test_what_lies_in_a_container_is_listed_one_level_deep(corp: Samba) -> None:
    with connected(link(corp)) as directory:
        top = directory.children(corp.base, size=100).entries
        staff = directory.children(f"OU=Staff,{corp.base}", size=100).entries
    assert {"Staff", "Groups", "Users"} <= {one.name for one in top}
    assert {one.kind for one in top} == {ObjectKind.OU, ObjectKind.CONTAINER}
    assert "System" not in {one.name for one in top}, "what Windows' own tools hide, too"
    assert sorted(one.name for one in staff) == ["Engineering", "Sales", "Trouble"]


def test_what_is_neither_account_nor_container_is_not_listed(corp: Samba) -> None:
    room = corp.dn("a shared room", "OU=Mixed")
    corp.add([corp.ou("OU=Mixed"), record(room, objectClass="contact")])
    corp.add(record(corp.dn(f"share{n}", "OU=Mixed"), objectClass="volume", uNCName=f"\\\\s\\{n}") for n in range(7))
    corp.add([corp.user("zoe", "OU=Mixed", password="")])
    seen, cookie = [], b""
    with connected(link(corp)) as directory:
        while True:
            page = directory.children(f"OU=Mixed,{corp.base}", size=2, cookie=cookie)
            seen += [one.name for one in page.entries]
            cookie = page.cookie
            if not cookie:
                break
            assert page.entries, "a part in which nothing is shown is passed over"
    assert seen == ["zoe"]


def test_accounts_that_cannot_log_in_are_marked(corp: Samba) -> None:
    with connected(link(corp)) as directory:
        trouble = directory.children(f"OU=Trouble,OU=Staff,{corp.base}", size=100).entries
    marks = {one.account: (one.disabled, one.locked, one.expired, one.expires_password) for one in trouble}
    assert marks == {
        "dora": (True, False, False, False),
        "eva": (False, False, True, False),
        "max": (False, False, False, True),
        "paul": (False, False, False, True),
    }


@pytest.mark.parametrize(
    "name",
    ["alice", "ALICE", "alice@corp.test", "Alice@CORP.test", "cn=Alice,OU=sales,OU=Staff,DC=corp,DC=test"],
)
def test_a_user_is_found_by_account_upn_and_dn(corp: Samba, name: str) -> None:
    with connected(link(corp)) as directory:
        found = directory.user(name)
    assert found is not None
    assert (found.account, found.upn, found.mail) == ("alice", "alice@corp.test", "alice@corp.test")
    assert found.member_of == (f"CN=field,OU=Groups,{corp.base}",)
    assert found.primary_group.endswith("-513")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "ali*",
        "alice)(objectClass=*",
        "alice\0",
        "*)(|(cn=*",
        "alice@lab.test",
        "DC1$",
        "=",
        "a=b,c=d",
        "<SID=S-1-5-32-544>",
    ],
)
def test_nothing_in_a_name_is_taken_for_a_condition(corp: Samba, name: str) -> None:
    with connected(link(corp)) as directory:
        assert directory.user(name) is None


@pytest.mark.parametrize("name", STRANGE)
def test_strange_names_come_and_go_as_they_are(corp: Samba, name: str) -> None:
    with connected(link(corp)) as directory:
        (found,) = [one for one in directory.children(f"OU=Strange,{corp.base}", size=100).entries if one.name == name]
        assert directory.entry(found.guid) == found
        assert [one.guid for one in directory.at([found.dn])] == [found.guid]
        named = directory.search(name, base=f"OU=Strange,{corp.base}", size=100).entries
    assert found.guid in {one.guid for one in named}
    assert all(name.lower() in one.name.lower() for one in named)


@pytest.mark.parametrize(
    "base", ["OU=x)(cn=*,DC=corp,DC=test", "nonsense", "OU=gone,DC=corp,DC=test", "DC=lab,DC=test", "\0"]
)
def test_a_container_that_is_none_is_empty(corp: Samba, base: str) -> None:
    with connected(link(corp)) as directory:
        assert directory.children(base, size=10).entries == ()


def test_a_search_has_a_scope_and_kinds(corp: Samba) -> None:
    staff = f"OU=Staff,{corp.base}"
    with connected(link(corp)) as directory:
        below = directory.search("alice", base=staff, size=10).entries
        right_there = directory.search("alice", base=staff, subtree=False, size=10).entries
        groups = directory.search("sales", kinds={ObjectKind.GROUP}, size=10).entries
        by_mail = directory.search("BOB@corp", size=10).entries
    assert [one.name for one in below] == ["alice"]
    assert right_there == ()
    assert [one.kind for one in groups] == [ObjectKind.GROUP]
    assert [one.name for one in by_mail] == ["bob"]


def test_a_group_of_many_members_is_read_without_them(corp: Samba) -> None:
    with connected(link(corp)) as directory:
        (crowd,) = directory.search("crowd", kinds={ObjectKind.GROUP}, size=10).entries
        member = directory.user("crowd0007")
    assert crowd.name == "crowd"
    assert member is not None and crowd.dn in member.member_of


def test_a_list_comes_in_parts_no_larger_than_the_page(corp: Samba) -> None:
    with connected(link(corp, page_size=700)) as directory:
        first = directory.children(f"OU=Crowd,{corp.base}", size=10_000)
        second = directory.children(f"OU=Crowd,{corp.base}", size=10_000, cookie=first.cookie)
        third = directory.children(f"OU=Crowd,{corp.base}", size=10_000, cookie=second.cookie)
    assert [len(one.entries) for one in (first, second, third)] == [700, 700, 100]
    assert third.cookie == b""
    assert len({entry.guid for one in (first, second, third) for entry in one.entries}) == 1500


def test_more_objects_than_fit_one_question_are_found_by_their_guids(corp: Samba) -> None:
    with connected(link(corp)) as directory:
        guids = [one.guid for one in directory.children(f"OU=Crowd,{corp.base}", size=450).entries]
        assert {one.guid for one in directory.entries(guids)} == set(guids)


def test_a_renamed_and_moved_object_keeps_its_guid(corp: Samba) -> None:
    corp.add([corp.user("mover", "OU=Strange", password="")])
    with connected(link(corp)) as directory:
        before = directory.user("mover")
        assert before is not None
        corp.move(before.dn, corp.dn("moved, far", "OU=Staff"))
        after = directory.entry(before.guid)
        assert after is not None
        assert (after.name, after.dn) == ("moved, far", f"CN=moved\\, far,OU=Staff,{corp.base}")
        corp.delete(after.dn)
        assert directory.entry(before.guid) is None


def test_the_short_name_of_the_domain(corp: Samba) -> None:
    with connected(link(corp)) as directory:
        assert directory.netbios() == "CORP"


def test_without_a_browse_account_nobody_is_asked(corp: Samba) -> None:
    with pytest.raises(BindRefused, match="No browse account"), connected(link(corp, browse=None)):
        pass


def test_a_wrong_browse_account_is_told(corp: Samba) -> None:
    with pytest.raises(BindRefused) as refused:
        with connected(link(corp), Credentials("browse@corp.test", "wrong")):
            pass
    assert refused.value.refusal is Refusal.WRONG_PASSWORD


def test_an_ldap_service_has_users_and_groups_too(openldap: OpenLDAP) -> None:
    with connected(ldap_link(openldap)) as directory:
        ada = directory.user("ada")
        assert ada is not None
        assert (ada.kind, ada.name, ada.account, ada.dn) == (
            ObjectKind.USER,
            "Ada",
            "ada",
            f"uid=ada,ou=people,{openldap.base}",
        )
        assert [one.name for one in directory.groups_of(ada)] == ["admins"]
        assert {one.name for one in directory.children(openldap.base, size=10).entries} == {"people", "groups"}
        assert [one.account for one in directory.search("bert", size=10).entries] == ["bert"]
        assert directory.entry(ada.guid) == ada
        assert directory.user("*") is None


def test_passwords_show_in_no_text(corp: Samba) -> None:
    shown = link(corp)
    assert PASSWORD not in repr(shown) + str(shown) + repr(shown.browse)
