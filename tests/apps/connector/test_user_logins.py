"""Users at connected devices: real sockets, a real directory, and what of it other devices notice."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from swp import limits, replays
from swp.feature import SHARED_WORKPLACE
from swp.ldap import pool
from swp.models import LinkedDirectory, Login, Session
from tests.apps.connector.world import Server, SimDevice, Talk
from tests.apps.swp.users import licensed, linked
from tests.factories import CatalogueFactory, ProfileFactory
from tests.factories.swp import UserAssignmentFactory
from tests.services.domains import corp
from tests.services.ldif import PASSWORD
from tests.services.samba import Samba
from ums.connector import told, users
from ums.core.actor import SYSTEM
from ums.domain import protocol as p
from ums.domain.licences import ASSET_INVENTORY
from ums.features.models import Feature
from ums.features.services import feature_switch
from ums.live import publish

WRONG = "Wrong.Passw0rd"


@pytest.fixture(scope="module")
def ad() -> Iterator[Samba]:
    """CORP.TEST, running."""
    with corp() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Limits and lists of other tests are forgotten."""
    for one in (limits.devices, limits.users):
        one.clear()
    replays._seen.clear()
    told.domains.forget()
    yield
    told.domains.forget()
    pool.forget()


@pytest.fixture
def directory(server: Server, ad: Samba) -> LinkedDirectory:
    """CORP.TEST, linked; users may log in at all devices, and nobody asks for peripherals."""
    CatalogueFactory()
    licensed()
    Feature.objects.create(name=ASSET_INVENTORY, enabled=False)
    return linked(ad)


def a_login(user: str = "alice", password: str = PASSWORD, **more: Any) -> p.Login:
    return p.Login(more.pop("id", secrets.token_urlsafe(18)), user, password, **more)


def answered(talk: Talk, message: p.Login | p.ChangePassword) -> p.LoginResult:
    """What a login comes to, without the settings behind it."""
    talk.send(message)
    result = heard(talk, p.LoginResult, 30)
    assert result.id == message.id
    assert isinstance(result, p.LoginResult)
    return result


def heard(talk: Talk, kind: type, seconds: float = 5) -> Any:
    """The next message of this kind; nudges may come in between."""
    while isinstance(message := talk.receive(seconds), p.Nudge) and kind is not p.Nudge:
        pass
    assert isinstance(message, kind), message
    return message


def test_in_and_out(server: Server, directory: LinkedDirectory) -> None:
    device = SimDevice()
    talk = server.talk()
    ready = talk.log_in(device)
    assert ready.login == p.LoginOptions(enabled=True, domains=("corp.test",))
    first = a_login()
    assert answered(talk, first).outcome == p.LoginOutcome.AUTH_OK
    settings = heard(talk, p.Settings)
    assert p.decode_body(settings.body).values["system.volume"] == 50
    UserAssignmentFactory(target=Session.objects.get().user, profile=ProfileFactory(values={"system.volume": 70}))
    talk.send(p.Logout(first.id, tag=settings.tag))
    assert heard(talk, p.LoggedOut) == p.LoggedOut(first.id)
    heard(talk, p.Unchanged)
    second = a_login(tag=settings.tag)
    result = answered(talk, second)
    assert (result.outcome, result.user, result.available) == (0, "alice", True)
    with_user = heard(talk, p.Settings)
    assert p.decode_body(with_user.body).values["system.volume"] == 70
    talk.send(p.Logout(second.id, shutdown=True, tag=with_user.tag))
    heard(talk, p.LoggedOut)
    assert heard(talk, p.Settings).tag == settings.tag
    assert list(Login.objects.order_by("pk").values_list("end", flat=True)) == ["logout", "shutdown"]


def test_refused_and_changed(server: Server, directory: LinkedDirectory, ad: Samba) -> None:
    talk = server.log_in(SimDevice())
    assert answered(talk, a_login(password=WRONG)).outcome == p.LoginOutcome.INVALID_PASSWORD
    assert answered(talk, a_login(password="\0" + PASSWORD)).outcome == p.LoginOutcome.INVALID_PASSWORD
    assert answered(talk, a_login("nobody")).outcome == p.LoginOutcome.USER_NOT_FOUND
    assert answered(talk, a_login("max")).outcome == p.LoginOutcome.PASSWORD_EXPIRED
    change = p.ChangePassword(secrets.token_urlsafe(18), "max", PASSWORD, "Newer.Passw0rd \N{GRINNING FACE}")
    assert answered(talk, change).outcome == p.LoginOutcome.AUTH_OK
    heard(talk, p.Settings)
    talk.send(p.Heartbeat())
    feature_switch(actor=SYSTEM, name=SHARED_WORKPLACE, enabled=False, confirmed=True)
    talk.send(p.Ask())
    assert heard(talk, p.LoggedOut) == p.LoggedOut(change.id)
    heard(talk, p.Settings)
    assert answered(talk, a_login()).outcome == p.LoginOutcome.LOGON_FAILED


def test_a_device_that_comes_back(server: Server, directory: LinkedDirectory) -> None:
    device = SimDevice()
    talk = server.log_in(device)
    login = a_login()
    answered(talk, login)
    talk.cut()
    back = server.talk()
    ready = back.log_in(device, login=login.id)
    assert (ready.login.current, ready.login.user) == (login.id, "alice")
    back.cut()
    # It never heard the answer: so it learns that it went well, and the password is not sent again.
    again = server.talk()
    assert again.log_in(device, trying=login.id).login.current == login.id
    assert answered(again, login).outcome == p.LoginOutcome.AUTH_OK
    again.cut()
    # It was switched off.
    fresh = server.talk()
    assert fresh.log_in(device, boot_id="boot-2").login.current == ""
    assert not Session.objects.exists()
    assert Login.objects.get().end == "lost"


def test_agents_older_than_logins(server: Server, directory: LinkedDirectory) -> None:
    talk = server.log_in(SimDevice())
    talk.send(p.Ask())
    talk.expect(p.Settings)
    talk.silent()


def test_one_after_the_other_and_not_too_many(server: Server, directory: LinkedDirectory, ad: Samba) -> None:
    talk = server.log_in(SimDevice())
    logins = [a_login() for _ in range(users.MAX_LINE + 3)]
    ad.pause()
    try:
        for login in logins:
            talk.send(login)
        refused = [heard(talk, p.LoginResult) for _ in range(3)]
        assert {(one.outcome, one.available) for one in refused} == {(p.LoginOutcome.LOGON_FAILED, False)}
        # All else goes on while a directory does not answer.
        talk.send(p.Ask())
        heard(talk, p.Settings)
        assert server.log_in(SimDevice())
    finally:
        ad.resume()
    done = [message for message in _all(talk, len(logins) - 3) if message.outcome == p.LoginOutcome.AUTH_OK]
    assert [one.id for one in done] == [one.id for one in logins if one.id in {each.id for each in done}]


def _all(talk: Talk, number: int) -> Iterator[p.LoginResult]:
    while number:
        message = talk.receive(30)
        if isinstance(message, p.LoginResult):
            number -= 1
            yield message


def test_many_devices_at_once(server: Server, directory: LinkedDirectory) -> None:
    talks = [server.log_in(SimDevice()) for _ in range(20)]
    for number, talk in enumerate(talks):
        talk.send(a_login("alice" if number % 2 else "bob"))
    assert {heard(talk, p.LoginResult, 30).outcome for talk in talks} == {0}
    assert Session.objects.count() == 20


def test_more_than_can_be_answered_in_time(
    server: Server, directory: LinkedDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "MAX_WAITING", 0)
    talk = server.log_in(SimDevice())
    result = answered(talk, a_login())
    assert (result.outcome, result.available, result.text) == (p.LoginOutcome.LOGON_FAILED, False, users.BUSY)
    assert not Login.objects.exists()


def test_a_login_that_waited_too_long_is_not_asked_about(
    server: Server, directory: LinkedDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "WITHIN", 0.0)
    talk = server.log_in(SimDevice())
    result = answered(talk, a_login(password=WRONG))
    assert (result.outcome, result.available) == (p.LoginOutcome.LOGON_FAILED, False)
    assert "not asked" in Login.objects.get().detail


def test_hostile_frames(server: Server, directory: LinkedDirectory) -> None:
    for broken in (a_login(id="short"), a_login(user=""), a_login(password="x" * 1025), a_login(user="a\0b")):
        talk = server.log_in(SimDevice())
        talk.send(broken)
        talk.closed(p.Close.BAD_MESSAGE)
    talk = server.log_in(SimDevice())
    talk.send(p.Logout("nothing that is known"))
    heard(talk, p.LoggedOut)
    assert not Login.objects.exists()


def test_logins_without_the_server(server: Server, directory: LinkedDirectory) -> None:
    talk = server.log_in(SimDevice())
    for kind, ended in (("citrix", False), ("of tomorrow", False), ("citrix", True)):
        talk.send(p.LoginEvent(secrets.token_urlsafe(18), "ada", kind, ended=ended))
    server.wait(lambda: Login.objects.filter(end="logout").exists(), "all are written down")
    assert list(Login.objects.order_by("pk").values_list("kind", "end")) == [("citrix", "logout"), ("unknown", "")]


def test_the_password_is_nowhere(
    server: Server,
    directory: LinkedDirectory,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    secret, newer = 'Sälly\'s "Passw0rd" 7', "Newer.Passw0rd.8"
    caplog.set_level(0)
    messages: list[Any] = []
    send = publish.publish
    monkeypatch.setattr(publish, "publish", lambda message: (messages.append(message.to_wire()), send(message)))
    talk = server.log_in(SimDevice())
    answered(talk, a_login(password=secret))
    answered(talk, p.ChangePassword(secrets.token_urlsafe(18), "alice", secret, newer))
    right = a_login()
    answered(talk, right)
    talk.send(p.Logout(right.id))
    talk.send(b"\x82\xa4type\xa5login\xa8password" + bytes([0xA0 + len(newer)]) + newer.encode())
    talk.closed(p.Close.BAD_MESSAGE)
    dump = tmp_path / "dump.json"
    call_command("dumpdata", output=str(dump), verbosity=0)
    texts = dump.read_text() + caplog.text + repr(messages)
    assert not {one for one in (secret, newer, PASSWORD, "Sälly's", "S\\u00e4lly's") if one in texts}
    assert messages
    assert right.id in texts
