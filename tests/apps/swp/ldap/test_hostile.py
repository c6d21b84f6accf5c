"""Controllers that hang, break, lie or lead astray; what is said to them, and how often."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from swp.ldap import cursors, pool, talk, wire
from swp.ldap.bind import authenticated, change_password
from swp.ldap.directory import connected
from swp.ldap.types import BindRefused, Controller, Credentials, DirectoryUnavailable, Link, Refusal
from tests.apps.swp.ldap.asked import link
from tests.services.ldif import PASSWORD
from tests.services.relay import BIND, MODIFY, SEARCH, Relay, Spoil
from tests.services.samba import Samba

pytestmark = pytest.mark.once

PAGED = b"1.2.840.113556.1.4.319"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CONNECT", 0.7)
    monkeypatch.setattr(talk, "CONNECT", 0.7)
    monkeypatch.setattr(talk, "ANSWER", 1.5)


@pytest.fixture
def relay(corp: Samba) -> Iterator[Relay]:
    with Relay(corp) as between:
        yield between


def through(corp: Samba, *relays: Relay) -> Link:
    return link(corp, controllers=tuple(Controller(corp.address, one.port) for one in relays))


def test_every_search_carries_the_control_of_paged_results(corp: Samba, relay: Relay) -> None:
    with connected(through(corp, relay)) as directory:
        entry = directory.user("alice")
        assert entry is not None
        directory.groups_of(entry)
        directory.children(corp.base, size=3)
        directory.search("a", size=3)
        directory.entries([entry.guid])
        directory.at([entry.dn])
        directory.foreign_groups([entry.sid], [entry.dn])
        directory.netbios()
    asked = relay.asked(SEARCH)
    assert len(asked) >= 9
    assert all(PAGED in one for one in asked)


def test_a_login_takes_one_bind_and_four_searches_on_a_connection_that_is_kept(corp: Samba, relay: Relay) -> None:
    from swp.principals import principals_for

    linked = through(corp, relay)

    def login(user: str) -> None:
        with connected(linked) as directory:
            entry = directory.user(user)
            assert entry is not None
        with authenticated(linked, entry.dn, PASSWORD) as directory:
            principals_for(linked, directory, entry)

    login("alice")
    before = len(relay.questions)
    login("bob")
    assert len(relay.questions) - before == 4, "the user, the bind, the groups of the token, what they are"


@pytest.mark.parametrize("password", ["Wr0ng.Passw0rd", "", " \t ", "\0", PASSWORD + "\0", "é" * 500])
def test_a_wrong_password_is_sent_once_at_most(corp: Samba, relay: Relay, password: str) -> None:
    linked = through(corp, relay, relay)
    with pytest.raises(BindRefused) as refused, authenticated(linked, "alice@corp.test", password):
        pass
    assert refused.value.refusal is Refusal.WRONG_PASSWORD
    assert len(relay.asked(BIND)) <= 1
    if password:
        assert password not in str(refused.value) + repr(refused.value)


def test_a_wrong_password_locks_nobody_out_before_its_time(corp: Samba) -> None:
    corp.lock_after(3)
    try:
        for _ in range(2):
            with pytest.raises(BindRefused), authenticated(link(corp), "bob@corp.test", "wrong"):
                pass
        with authenticated(link(corp), "bob@corp.test", PASSWORD) as directory:
            bob = directory.user("bob")
        assert bob is not None and not bob.locked
        for _ in range(3):
            with pytest.raises(BindRefused), authenticated(link(corp), "bob@corp.test", "wrong"):
                pass
        with pytest.raises(BindRefused) as refused, authenticated(link(corp), "bob@corp.test", PASSWORD):
            pass
        assert refused.value.refusal is Refusal.LOCKED
        with connected(link(corp)) as directory:
            bob = directory.user("bob")
        assert bob is not None and bob.locked
    finally:
        corp.lock_after(0)
        corp.change(corp.dn("bob", "OU=Sales,OU=Staff"), lockoutTime=0)


@pytest.mark.parametrize(
    ("user", "refusal", "code"),
    [
        ("dora", Refusal.DISABLED, "533"),
        ("eva", Refusal.ACCOUNT_EXPIRED, "701"),
        ("max", Refusal.PASSWORD_EXPIRED, "773"),
        ("paul", Refusal.PASSWORD_EXPIRED, "532"),
        ("nobody", Refusal.WRONG_PASSWORD, "52e"),
    ],
)
def test_why_somebody_is_refused(corp: Samba, user: str, refusal: Refusal, code: str) -> None:
    with pytest.raises(BindRefused) as refused, authenticated(link(corp), f"{user}@corp.test", PASSWORD):
        pass
    assert (refused.value.refusal, refused.value.code) == (refusal, code)


STRANGE_PASSWORD = 'Ünï "c"\\0de; \u00a0 <&> %s {x} 漢字 🎉 1'


def test_an_expired_password_is_changed_whatever_its_characters(corp: Samba) -> None:
    corp.add([corp.user("old")])
    dn = corp.dn("old")
    corp.expire_password(dn)
    for old, new, refusal in (("wrong", "New.Passw0rd", Refusal.WRONG_PASSWORD), (PASSWORD, "x", Refusal.OTHER)):
        with pytest.raises(BindRefused) as refused:
            change_password(link(corp), dn, old, new)
        assert refused.value.refusal is refusal
    change_password(link(corp), dn, PASSWORD, STRANGE_PASSWORD)
    with authenticated(link(corp), "old@corp.test", STRANGE_PASSWORD):
        pass
    corp.delete(dn)


@pytest.mark.parametrize("spoil", ["silent", "mute", "garbage", "half", "slow", "close"])
def test_another_controller_answers_in_place_of_one_that_does_not(corp: Samba, relay: Relay, spoil: Spoil) -> None:
    relay.spoil = spoil
    linked = link(corp, controllers=(Controller(corp.address, relay.port), Controller(corp.address)))
    with connected(linked) as directory:
        assert directory.user("alice") is not None
    with authenticated(linked, "alice@corp.test", PASSWORD) as directory:
        assert directory.user("alice") is not None
    assert relay.asked(BIND) == []


@pytest.mark.parametrize("spoil", ["silent", "mute", "garbage", "half", "slow", "close"])
def test_a_directory_that_does_not_answer_says_so_in_words(corp: Samba, relay: Relay, spoil: Spoil) -> None:
    relay.spoil = spoil
    with pytest.raises(DirectoryUnavailable) as unavailable, connected(through(corp, relay)):
        pass
    (attempt,) = unavailable.value.attempts
    assert attempt.controller == f"{corp.address}:{relay.port}"
    assert len(attempt.words.split()) > 4


@pytest.mark.parametrize("spoil", ["mute", "garbage", "half", "close"])
def test_what_breaks_in_the_middle_is_told_and_the_connection_not_used_again(
    corp: Samba, relay: Relay, spoil: Spoil
) -> None:
    linked = through(corp, relay)

    def ask() -> None:
        with connected(linked) as directory:
            relay.spoil = spoil
            directory.user("alice")

    with pytest.raises(DirectoryUnavailable):
        ask()
    relay.spoil = ""
    pool.forget()
    with connected(linked) as directory:
        assert directory.user("alice") is not None


def test_a_bind_without_an_answer_is_not_repeated_elsewhere(corp: Samba, relay: Relay) -> None:
    relay.only_after_bind = True
    with Relay(corp) as second:
        linked = through(corp, relay, second)
        with pytest.raises(DirectoryUnavailable), authenticated(linked, "alice@corp.test", PASSWORD):
            pass
        assert len(relay.asked(BIND)) == 1
        assert second.questions == []


def test_a_kept_connection_that_hangs_is_left_before_a_password_is_sent(
    corp: Samba, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "RECENT", -1)
    linked = link(corp, controllers=(Controller(corp.address, relay.port), Controller(corp.address)))
    with authenticated(linked, "alice@corp.test", PASSWORD):
        pass
    assert len(relay.asked(BIND)) == 1
    relay.spoil = "mute"
    with authenticated(linked, "alice@corp.test", PASSWORD) as directory:
        assert directory.controller == corp.address
    assert len(relay.asked(BIND)) == 1


def test_controllers_that_all_hang_are_not_waited_for_by_everybody(corp: Samba, relay: Relay) -> None:
    relay.spoil = "silent"
    linked = through(corp, relay)
    with pytest.raises(DirectoryUnavailable), connected(linked):
        pass
    relay.spoil = ""
    with pytest.raises(DirectoryUnavailable, match="answers nothing"), connected(linked):
        pass
    assert relay.questions == []


def test_referrals_are_not_followed(corp: Samba, relay: Relay) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.5)
        relay.elsewhere = f"ldap://127.0.0.1:{trap.getsockname()[1]}/{corp.base}"
        with connected(through(corp, relay)) as directory:
            relay.spoil = "refer"
            assert directory.user("alice") is None
            assert directory.children(corp.base, size=10).entries == ()
        with pytest.raises(TimeoutError):
            trap.accept()


def test_a_password_goes_to_nobody_whose_certificate_is_not_trusted(corp: Samba) -> None:
    own = type(corp.authority).self_signed(corp.name, corp.address)
    with Relay(corp, own) as relay:
        with pytest.raises(DirectoryUnavailable, match="self-signed"), connected(through(corp, relay)):
            pass
        assert relay.questions == []
        trusted = link(corp, controllers=(Controller(corp.address, relay.port),), certificates=own.pem)
        with connected(trusted) as directory:
            assert directory.user("alice") is not None


def test_threads_share_connections_and_a_bounded_number_of_them(
    corp: Samba, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "ANSWER", 20.0)
    monkeypatch.setattr(wire, "CONNECT", 20.0)
    monkeypatch.setattr(talk, "CONNECT", 20.0)
    linked = through(corp, relay)
    users = {"alice": PASSWORD, "bob": PASSWORD, "carol": PASSWORD}
    names = list(users) * 20
    most = threading.BoundedSemaphore(6)

    def login(name: str) -> str:
        with most, authenticated(linked, f"{name}@corp.test", users[name]) as directory:
            found = directory.user(name)
            assert found is not None
            return found.account

    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(login, names)) == names
    assert len(relay.asked(BIND)) == len(names)
    (shelf,) = pool._shelves.values()
    assert 1 <= len(shelf.idle) <= 6
    pool.close_idle(-1)
    assert pool._shelves == {}


def test_who_is_bound_does_not_leak_to_the_next(corp: Samba, relay: Relay) -> None:
    """A connection of the browse account is never one that somebody logged in on."""
    linked = through(corp, relay)
    with authenticated(linked, "alice@corp.test", PASSWORD):
        pass
    other = Credentials("bob@corp.test", PASSWORD)
    for whom in (None, other, None, other):
        with connected(linked, whom) as directory:
            assert directory.user("alice") is not None
    assert len(relay.asked(BIND)) == 3, "one of alice, and one of each of the others"
    with pytest.raises(BindRefused):
        with connected(linked, Credentials("bob@corp.test", "wrong")):
            pass


def test_a_list_goes_on_where_it_stood_and_only_for_who_began_it(corp: Samba, relay: Relay) -> None:
    linked, query = through(corp, relay), cursors.Query(f"CN=Users,{corp.base}", size=5)
    first, token = cursors.first(linked, None, query)
    second, following = cursors.more(linked, None, token, query, 5)
    assert len({one.guid for one in (*first, *second)}) == 10
    searches = len(relay.asked(SEARCH))
    again, _ = cursors.more(linked, None, token, query, 5)
    assert again == second, "a token that is used up begins anew and skips"
    assert len(relay.asked(SEARCH)) > searches + 1
    alien, _ = cursors.more(linked, Credentials("bob@corp.test", PASSWORD), following, query, 10)
    assert not {one.guid for one in alien} & {one.guid for one in (*first, *second)}
    assert len(relay.asked(MODIFY)) == 0


def test_lists_that_wait_are_bounded(corp: Samba, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursors, "MOST", 3)
    query = cursors.Query(f"CN=Users,{corp.base}", size=5)
    tokens = [cursors.first(link(corp), None, query)[1] for _ in range(5)]
    assert len(cursors._open) == 3
    entries, _ = cursors.more(link(corp), None, tokens[0], query, 5)
    assert len(entries) == 5
