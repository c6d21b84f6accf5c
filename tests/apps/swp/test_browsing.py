"""Looking into a linked directory with the browser's requests: a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from swp.browsing import SIGN_INS
from tests.factories import UserFactory
from tests.factories.swp import LinkedDirectoryFactory, linked
from tests.services.ldif import PASSWORD
from ums.core.crypto import seal

if TYPE_CHECKING:
    from django.test import Client

    from tests.services.samba import Samba

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_waits() -> None:
    """Sign-ins of the tests before count for nothing."""
    SIGN_INS.clear()


@pytest.fixture
def root(client: Client) -> Client:
    """A superuser's browser."""
    client.force_login(UserFactory(is_superuser=True))
    return client


def guid_of(corp: Samba, client: Client, row: Any, name: str) -> str:
    """Of what a search finds first."""
    answer = client.get(reverse("swp:contents", args=[row.pk, "root"]), {"q": name})
    line = next(line for line in answer.context["lines"] if line.entry.name == name)
    return str(line.entry.guid)


def names(answer: Any) -> list[str]:
    return [line.entry.name for line in answer.context["lines"]]


def test_containers_come_first_and_what_they_hold_follows(root: Client, corp: Samba) -> None:
    row = linked(corp)
    top = root.get(reverse("swp:contents", args=[row.pk, "root"]))
    assert {"Groups", "Staff", "Users"} <= set(names(top))
    assert 'id="breadcrumbs"' in top.content.decode()

    staff = root.get(reverse("swp:contents", args=[row.pk, guid_of(corp, root, row, "Staff")]))
    assert names(staff) == ["Engineering", "Sales", "Trouble"]
    sales = root.get(reverse("swp:contents", args=[row.pk, guid_of(corp, root, row, "Sales")]))
    assert names(sales) == ["alice", "bob"]
    assert [name for name, _ in sales.context["breadcrumbs"]] == [
        "Shared Workplace Users",
        "corp.test",
        "Staff",
        "Sales",
    ]


def test_accounts_that_cannot_log_in_are_marked(root: Client, corp: Samba) -> None:
    row = linked(corp)
    shown = root.get(reverse("swp:contents", args=[row.pk, guid_of(corp, root, row, "Trouble")]))
    marks = {line.entry.name: [word for _, word in line.marks] for line in shown.context["lines"]}
    assert marks["dora"] == ["Disabled"]
    assert marks["eva"] == ["Expired"]
    assert marks["max"] == marks["paul"] == ["Must change the password"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "alice"}, ["alice"]),
        ({"q": "ALI"}, ["alice"]),
        ({"q": "circle", "type": "group"}, ["circle-a", "circle-b"]),
        ({"q": "circle", "type": "user"}, []),
        ({"q": "*)(objectClass=*"}, []),
        ({"q": "alice", "scope": "here"}, []),
    ],
)
def test_search(root: Client, corp: Samba, query: dict[str, str], found: list[str]) -> None:
    row = linked(corp)
    assert names(root.get(reverse("swp:contents", args=[row.pk, "root"]), query)) == found


def test_scope_of_a_search(root: Client, corp: Samba) -> None:
    row = linked(corp)
    engineering = guid_of(corp, root, row, "Engineering")
    url = reverse("swp:contents", args=[row.pk, engineering])
    assert names(root.get(url, {"q": "alice"})) == []
    assert names(root.get(url, {"q": "alice", "scope": "all"})) == ["alice"]
    assert names(root.get(url, {"q": "carol", "scope": "here"})) == ["carol"]


def test_tree_is_read_one_level_at_a_time(root: Client, corp: Samba) -> None:
    row = linked(corp)
    whole = root.get(reverse("console:tree")).content.decode()
    assert "Shared Workplace Users" in whole
    assert "corp.test" in whole
    assert "Staff" not in whole
    level = root.get(reverse("console:users_children", args=[row.pk, "root"]), {"level": "3"}).content.decode()
    assert ">Staff<" in level
    assert ">Sales<" not in level


def test_groups_are_leaves_of_the_tree_and_users_are_not_in_it(root: Client, corp: Samba) -> None:
    row = linked(corp)

    def below(name: str) -> list[Any]:
        url = reverse("console:users_children", args=[row.pk, guid_of(corp, root, row, name)])
        return list(root.get(url, {"level": "4"}).context["nodes"])

    groups = below("Groups")
    assert {"company", "field"} <= {node.label for node in groups}
    assert all(node.drop == "profile" and not node.branch for node in groups)
    assert below("Sales") == []


def test_without_browse_account_the_administrator_signs_in_first(root: Client, corp: Samba) -> None:
    row = linked(corp, browse="")
    contents, sign_in = reverse("swp:contents", args=[row.pk, "root"]), reverse("swp:sign_in", args=[row.pk])
    before = root.get(contents).content.decode()
    assert "Sign in to corp.test" in before
    assert "Sign in to see it" in root.get(reverse("console:users_children", args=[row.pk, "root"])).content.decode()

    wrong = root.post(sign_in, {"user": "alice", "password": "wrong-Passw0rd"})
    assert wrong.status_code == 422
    assert "wrong-Passw0rd" not in wrong.content.decode()
    assert root.post(sign_in, {"user": "alice", "password": ""}).status_code == 422

    assert root.post(sign_in, {"user": "alice", "password": PASSWORD}).status_code == 204
    assert "Staff" in names(root.get(contents))
    assert PASSWORD not in str(dict(root.session.items()))

    assert root.post(reverse("swp:sign_out", args=[row.pk])).status_code == 204
    assert "Sign in to corp.test" in root.get(contents).content.decode()


def test_credentials_end_after_half_an_hour_and_with_the_session(root: Client, corp: Samba, monkeypatch: Any) -> None:
    row = linked(corp, browse="")
    root.post(reverse("swp:sign_in", args=[row.pk]), {"user": "alice@corp.test", "password": PASSWORD})
    contents = reverse("swp:contents", args=[row.pk, "root"])
    assert "Staff" in names(root.get(contents))
    monkeypatch.setattr("swp.browsing.LASTS", -1)
    assert "Sign in to corp.test" in root.get(contents).content.decode()
    root.post(reverse("accounts:logout"))
    assert "swp_browsing" not in root.session


def test_sign_ins_that_are_refused_are_not_repeated_for_ever(root: Client, corp: Samba) -> None:
    row = linked(corp, browse="")
    url = reverse("swp:sign_in", args=[row.pk])
    answers = [root.post(url, {"user": "nobody", "password": "x"}).content.decode() for _ in range(6)]
    assert "Too many refused sign-ins" not in answers[0]
    assert "Too many refused sign-ins" in answers[-1]


def test_controller_that_does_not_answer_is_something_to_read(root: Client) -> None:
    given = {"browse_user": "browse@down.test", "sealed_browse_password": seal("x")}
    row = LinkedDirectoryFactory(domain_name="down.test", controllers=["127.0.0.1:9"], **given)
    assert root.get(reverse("swp:object", args=[row.pk, "root"])).status_code == 200
    shown = root.get(reverse("swp:contents", args=[row.pk, "root"])).content.decode()
    assert "No controller answers" in shown
    assert "Retry" in shown
    branch = root.get(reverse("console:users_children", args=[row.pk, "root"])).content.decode()
    assert "No controller answers" in branch
    assert "data-stale" in branch


def test_user_page_names_groups(root: Client, corp: Samba) -> None:
    row = linked(corp)
    page = root.get(reverse("swp:contents", args=[row.pk, guid_of(corp, root, row, "alice")])).content.decode()
    assert "CN=alice,OU=Sales,OU=Staff,DC=corp,DC=test" in page
    assert ">field<" in page
