"""Users who log in at devices, asked of real controllers: outcomes, rows, limits, requests that come again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from swp import limits, replays
from swp.authentication import Claim, asked
from swp.feature import SHARED_WORKPLACE
from swp.ldap import pool
from swp.models import LinkedDirectory, Login, Session, SharedWorkplaceSettings
from swp.services import service_switch
from swp.services.claims import INTERRUPTED, STALE, logins_claim
from swp.services.logins import (
    Event,
    Leaving,
    Met,
    Open,
    login_events_write,
    logins_settle,
    logouts_write,
    sessions_met,
)
from tests.apps.swp.users import carried_out, licensed, linked, log_in, request_of
from tests.factories import CatalogueFactory, DeviceFactory, ProfileFactory
from tests.factories.swp import LinkedDirectoryFactory, UserAssignmentFactory
from tests.services.domains import corp, lab
from tests.services.ldif import PASSWORD
from tests.services.samba import Samba
from ums.core.actor import SYSTEM
from ums.devices.models import Device
from ums.domain.principals import PrincipalKind
from ums.domain.protocol import LoginOutcome, decode_body
from ums.effective.selectors import settings_for_devices
from ums.features.services import feature_switch
from ums.licences.models import Licence

pytestmark = pytest.mark.django_db

MANY = 100
OK, FAILED, UNKNOWN, WRONG, EXPIRED, UNLICENSED, NO_DEVICE = LoginOutcome


def counting(ad: Samba) -> Samba:
    """Samba counts wrong passwords only where they lock accounts some time."""
    ad.lock_after(MANY)
    return ad


@pytest.fixture(scope="module")
def ad() -> Iterator[Samba]:
    """CORP.TEST, running."""
    with counting(corp()) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Limits and requests of other tests are forgotten."""
    for one in (limits.devices, limits.users):
        one.clear()
    replays._seen.clear()
    yield
    pool.forget()


@pytest.fixture
def directory(ad: Samba) -> LinkedDirectory:
    """CORP.TEST, linked; users may log in everywhere."""
    licensed()
    return linked(ad)


@pytest.fixture
def device() -> Device:
    """A device."""
    made: Device = DeviceFactory()
    return made


def wrong_so_far(ad: Samba, user: str) -> int:
    """How many wrong passwords the controller has counted."""
    found = re.search(r"badPwdCount: (\d+)", ad.tool("user", "show", user, "--attributes=badPwdCount"))
    return int(found[1]) if found else 0


def row_of(device: Device) -> Login:
    return Login.objects.filter(device=device).latest("pk")


# ---------------------------------------------------------------- outcomes


def test_the_right_password(directory: LinkedDirectory, device: Device) -> None:
    assert log_in(device, "alice") == (answer := log_in(device, "alice"))
    assert (answer.outcome, answer.user, answer.available) == (OK, "alice", True)
    session = Session.objects.get(device=device)
    row = session.login
    assert (row.outcome, row.settled, row.user, row.user_name) == (OK, True, session.user, "alice")
    assert (row.directory, row.domain, row.device_name, row.kind) == (directory, "corp.test", device.name, "swp")
    kinds = PrincipalKind
    found = {(one.kind, one.name, one.distance) for one in session.principals.all()}
    wanted = {(kinds.USER, "alice", 0), (kinds.PRIMARY_GROUP, "Domain Users", 0)}
    wanted |= {(kinds.GROUP, name, level) for level, name in enumerate(("field", "north", "sales", "trade"), 1)}
    wanted |= {(kinds.OU, "Sales", 0), (kinds.OU, "Staff", 1), (kinds.OU, "corp.test", 2)}
    assert wanted <= found
    device.refresh_from_db()
    assert device.last_user == "alice"


@pytest.mark.parametrize(
    ("user", "domain"),
    [
        ("alice", ""),
        ("ALICE", ""),
        ("  alice ", ""),
        ("alice", "CORP"),
        ("Alice", "corp.test"),
        ("CORP\\alice", ""),
        ("corp\\ALICE", "lab.test"),
        ("corp.test\\alice", ""),
        ("alice@corp.test", ""),
        ("ALICE@CORP.TEST", "CORP"),
    ],
)
def test_all_forms_of_names(directory: LinkedDirectory, device: Device, user: str, domain: str) -> None:
    answer = log_in(device, user, domain=domain)
    assert (answer.outcome, answer.user) == (OK, "alice")


@pytest.mark.parametrize(
    ("user", "domain"),
    [("alice@other.test", ""), ("OTHER\\alice", ""), ("alice", "other.test")],
)
def test_a_domain_that_is_not_linked(directory: LinkedDirectory, device: Device, user: str, domain: str) -> None:
    assert log_in(device, user, domain=domain).outcome is UNKNOWN
    assert (row_of(device).user_name, row_of(device).outcome) == (user, UNKNOWN)


def test_names_that_mean_something_to_ldap(directory: LinkedDirectory, device: Device, ad: Samba) -> None:
    for name in (
        "*",
        "ali*",
        "alice)(objectClass=*",
        "(|(cn=*))",
        "\\2a",
        "CN=alice,OU=Sales,OU=Staff,DC=corp,DC=test x",
        "ü" * 400,
    ):
        limits.devices.clear()
        assert log_in(device, name).outcome is UNKNOWN, name


def test_a_wrong_password_is_counted_once(directory: LinkedDirectory, device: Device, ad: Samba) -> None:
    before = wrong_so_far(ad, "bob")
    answer = log_in(device, "bob", "Wrong.Passw0rd")
    assert (answer.outcome, answer.available) == (WRONG, True)
    assert wrong_so_far(ad, "bob") == before + 1
    assert not Session.objects.exists()
    assert (row_of(device).outcome, row_of(device).user_name, row_of(device).detail != "") == (WRONG, "bob", True)
    assert log_in(device, "bob").outcome is OK
    assert wrong_so_far(ad, "bob") == 0


def test_users_who_are_not_there(ad: Samba, device: Device) -> None:
    licensed()
    row = linked(ad)
    assert log_in(device, "nobody").outcome is UNKNOWN
    LinkedDirectory.objects.filter(pk=row.pk).update(browse_user="", sealed_browse_password="")
    # Without a browse account AD says the same for both.
    assert log_in(device, "nobody").outcome is WRONG
    assert log_in(device, "CORP\\alice").outcome is OK
    assert log_in(device, "alice@corp.test").outcome is OK


def test_a_browse_account_that_is_refused_keeps_nobody_out(ad: Samba, device: Device) -> None:
    licensed()
    linked(ad, browse_user="gone@corp.test")
    assert log_in(device, "alice").outcome is OK


@pytest.mark.parametrize(
    ("user", "outcome", "words"),
    [
        ("dora", FAILED, "disabled"),
        ("eva", FAILED, "expired"),
        ("max", EXPIRED, "Choose a new one"),
        ("paul", EXPIRED, "Choose a new one"),
    ],
)
def test_accounts_in_trouble(
    directory: LinkedDirectory, device: Device, user: str, outcome: LoginOutcome, words: str
) -> None:
    answer = log_in(device, user)
    assert (answer.outcome, answer.available) == (outcome, True)
    assert words in answer.text
    assert row_of(device).detail
    assert log_in(device, user, "Wrong.Passw0rd").outcome is WRONG


def test_a_locked_account(ad: Samba, directory: LinkedDirectory, device: Device) -> None:
    ad.add([ad.user("lorenz")])
    ad.lock_after(2)
    try:
        assert [log_in(device, "lorenz", "Wrong.Passw0rd").outcome for _ in range(2)] == [WRONG, WRONG]
        answer = log_in(device, "lorenz")
        assert (answer.outcome, "locked" in answer.text) == (FAILED, True)
    finally:
        ad.lock_after(MANY)


def test_an_expired_password_is_changed(ad: Samba, directory: LinkedDirectory, device: Device) -> None:
    ad.add([ad.user("petra")])
    ad.must_change(ad.dn("petra"))
    new = 'New "Passw0rd" \N{GRINNING FACE}'
    assert log_in(device, "petra").outcome is EXPIRED
    assert log_in(device, "petra", "Wrong.Passw0rd", new_password=new).outcome is WRONG
    refused = log_in(device, "petra", new_password="short")
    assert (refused.outcome, "rules" in refused.text) == (EXPIRED, True)
    assert log_in(device, "petra", new_password=new).outcome is OK
    assert log_in(device, "petra", new).outcome is OK
    assert row_of(device).user_name == "petra"


PASSWORDS = {
    "spaces": "  Leading and trailing 1 ",
    "quotes": 'It\'s "quoted" `1` \\ / <&> ; -- %s {0}',
    "emoji": "Pässwörd 1 \N{GRINNING FACE}\N{ZERO WIDTH JOINER}",
    "cyrillic": "Пароль.Надёжный.1",
    "long": "Aa1" + "x" * 124,
    "longer": "Aa1" + "\N{EURO SIGN}" * 200,
    "lines": "Line 1\r\nLine 2\ttab",
}


def test_any_character_in_a_password(ad: Samba, directory: LinkedDirectory) -> None:
    ad.add(ad.user(name, password=password) for name, password in PASSWORDS.items())
    for name, password in PASSWORDS.items():
        assert log_in(DeviceFactory(), name, password).outcome is OK, name
        assert log_in(DeviceFactory(), name, password + "x").outcome is WRONG, name


@pytest.mark.parametrize("password", ["", "\0", "Joe.Passw0rd\0", "\0Joe.Passw0rd"])
def test_passwords_that_no_directory_is_asked_about(
    ad: Samba, directory: LinkedDirectory, device: Device, password: str
) -> None:
    before = wrong_so_far(ad, "carol")
    assert log_in(device, "carol", password).outcome is WRONG
    assert log_in(device, "carol", new_password=password).outcome is WRONG
    assert wrong_so_far(ad, "carol") == before


# ---------------------------------------------------------------- who may not


def test_switched_off_for_all(directory: LinkedDirectory, device: Device, ad: Samba) -> None:
    assert log_in(device, "alice").outcome is OK
    feature_switch(actor=SYSTEM, name=SHARED_WORKPLACE, enabled=False, confirmed=True)
    assert not Session.objects.exists()
    answer = log_in(device, "alice")
    assert (answer.outcome, "switched off" in answer.text) == (FAILED, True)


def test_switched_off_while_the_directory_was_asked(directory: LinkedDirectory, device: Device) -> None:
    [claimed] = logins_claim(requests=[request_of(device, "alice")])
    assert isinstance(claimed, Claim)
    heard = asked(claimed)
    feature_switch(actor=SYSTEM, name=SHARED_WORKPLACE, enabled=False, confirmed=True)
    [answer] = logins_settle(heard=[heard])
    assert answer.outcome is FAILED
    assert not Session.objects.exists()


def test_switched_off_at_the_device(directory: LinkedDirectory, device: Device) -> None:
    service_switch(actor=SYSTEM, device=device, enabled=False)
    assert log_in(device, "alice").outcome is FAILED
    assert log_in(DeviceFactory(), "alice").outcome is OK


def test_without_a_licence(directory: LinkedDirectory, device: Device, ad: Samba) -> None:
    before = wrong_so_far(ad, "alice")
    Licence.objects.all().delete()
    assert log_in(device, "alice", "Wrong.Passw0rd").outcome is UNLICENSED
    assert wrong_so_far(ad, "alice") == before
    assert row_of(device).detail.startswith("No licence")


def test_a_service_that_is_no_active_directory(device: Device) -> None:
    licensed()
    LinkedDirectoryFactory(domain_name="ldap.test", netbios_name="", kind="ldap")
    assert log_in(device, "ada@ldap.test").outcome is FAILED
    assert "cannot log in" in row_of(device).detail


def test_a_device_that_is_not_there(directory: LinkedDirectory) -> None:
    gone = DeviceFactory()
    request = request_of(gone, "alice")
    [claimed] = logins_claim(requests=[request])
    assert isinstance(claimed, Claim)
    heard = asked(claimed)
    Device.objects.all().delete()
    assert carried_out(request_of(gone, "alice")).outcome is NO_DEVICE
    assert logins_settle(heard=[heard])[0].outcome is NO_DEVICE
    assert not Session.objects.exists()


# ---------------------------------------------------------------- limits


def test_a_device_that_logs_in_all_the_time(directory: LinkedDirectory, device: Device) -> None:
    assert {log_in(device, "alice").outcome for _ in range(10)} == {OK}
    rows = Login.objects.count()
    answer = log_in(device, "alice")
    assert (answer.outcome, answer.available) == (FAILED, True)
    assert "seconds" in answer.text
    assert Login.objects.count() == rows
    assert log_in(DeviceFactory(), "alice").outcome is OK


def test_a_user_whose_password_is_guessed(directory: LinkedDirectory, ad: Samba) -> None:
    ad.add([ad.user("gustav")])
    names = ("gustav", "GUSTAV", "CORP\\gustav", "gustav@corp.test", "gustav")
    assert {log_in(DeviceFactory(), name, "Wrong.Passw0rd").outcome for name in names} == {WRONG}
    answer = log_in(DeviceFactory(), "gustav", "Wrong.Passw0rd")
    assert (answer.outcome, "Too many wrong passwords" in answer.text) == (FAILED, True)
    assert wrong_so_far(ad, "gustav") == 5
    assert log_in(DeviceFactory(), "alice").outcome is OK


# ---------------------------------------------------------------- requests that come again


def test_a_request_that_comes_again(directory: LinkedDirectory, device: Device, ad: Samba) -> None:
    before = wrong_so_far(ad, "carol")
    wrong = request_of(device, "carol", "Wrong.Passw0rd")
    assert [carried_out(wrong).outcome for _ in range(3)] == [WRONG] * 3
    replays._seen.clear()
    assert carried_out(wrong).outcome is WRONG
    assert wrong_so_far(ad, "carol") == before + 1
    right = request_of(device, "carol")
    assert [carried_out(right).outcome for _ in range(3)] == [OK] * 3
    assert Login.objects.count() == 2
    logins = ad.log.count("carol")
    assert carried_out(right).user == "carol"
    assert ad.log.count("carol") == logins


def test_a_request_that_comes_again_with_another_password(directory: LinkedDirectory, device: Device) -> None:
    right = request_of(device, "alice")
    assert carried_out(right).outcome is OK
    other = request_of(device, "alice", "Wrong.Passw0rd", request=right.request)
    assert carried_out(other).outcome is FAILED
    # A server that did not see the first one asks the directory instead of believing the device.
    replays._seen.clear()
    assert carried_out(other).outcome is WRONG
    assert Session.objects.get().login.outcome == OK
    assert carried_out(right).outcome is OK
    assert Login.objects.count() == 1
    logouts_write(leaving=[Leaving(device.pk, right.request)])
    assert carried_out(right).outcome is FAILED
    assert not Session.objects.exists()


def test_of_another_device_it_is_another_request(directory: LinkedDirectory, device: Device) -> None:
    request = request_of(device, "alice")
    assert carried_out(request).outcome is OK
    other = request_of(DeviceFactory(), "alice", "Wrong.Passw0rd", request=request.request)
    assert carried_out(other).outcome is WRONG


def test_a_server_that_ends_in_the_middle(directory: LinkedDirectory, device: Device, ad: Samba) -> None:
    before = wrong_so_far(ad, "bob")
    request = request_of(device, "bob", "Wrong.Passw0rd")
    [claimed] = logins_claim(requests=[request])
    assert isinstance(claimed, Claim)
    row = row_of(device)
    assert (row.settled, row.outcome, row.detail) == (False, FAILED, INTERRUPTED)
    assert logins_claim(requests=[request]) == [None]
    Login.objects.update(login_at=row.login_at - STALE - timedelta(seconds=1))
    assert carried_out(request).outcome is FAILED
    assert wrong_so_far(ad, "bob") == before
    # It had only been slow, but what was said stays said.
    right = Claim(claimed.login_id, request_of(device, "bob", request=request.request), *_of(claimed))
    [late] = logins_settle(heard=[asked(right)])
    assert late.outcome is FAILED
    assert not Session.objects.exists()


def _of(claimed: Claim) -> tuple[Any, ...]:
    return claimed.directory_id, claimed.name, claimed.link


# ---------------------------------------------------------------- sessions


def test_another_user_and_the_same_one_again(directory: LinkedDirectory, device: Device) -> None:
    for user in ("alice", "bob", "bob"):
        assert log_in(device, user).outcome is OK
    assert log_in(device, "alice", "Wrong.Passw0rd").outcome is WRONG
    ends = list(Login.objects.filter(outcome=OK).order_by("pk").values_list("end", flat=True))
    assert ends == ["changed", "logout", ""]
    assert Session.objects.get().user.account == "bob"


def test_a_user_at_many_devices(directory: LinkedDirectory) -> None:
    devices = [DeviceFactory() for _ in range(12)]
    claimed = logins_claim(requests=[request_of(one, "alice") for one in devices])
    answers = logins_settle(heard=[asked(one) for one in claimed if isinstance(one, Claim)])
    assert [one.outcome for one in answers] == [OK] * 12
    assert Session.objects.filter(user__account="alice").count() == 12


def test_settings_of_the_user_come_and_go(directory: LinkedDirectory) -> None:
    CatalogueFactory()
    device = DeviceFactory()
    request = request_of(device, "alice")

    def volume() -> object:
        return decode_body(settings_for_devices(device_ids=[device.pk])[device.pk].result.body).values["system.volume"]

    assert (volume(), carried_out(request).outcome, volume()) == (50, OK, 50)
    user = Session.objects.get().user
    UserAssignmentFactory(target=user, profile=ProfileFactory(values={"system.volume": 70}))
    assert volume() == 70
    logouts_write(leaving=[Leaving(device.pk, request.request)])
    assert volume() == 50
    assert log_in(device, "alice").outcome is OK
    assert volume() == 70


def test_logging_out(directory: LinkedDirectory, device: Device) -> None:
    first, second = request_of(device, "alice"), request_of(device, "bob")
    carried_out(first)
    logouts_write(leaving=[Leaving(device.pk, "no such request"), Leaving(device.pk + 1, first.request)])
    assert Session.objects.exists()
    logouts_write(leaving=[Leaving(device.pk, first.request)] * 2)
    assert (row_of(device).end, row_of(device).logoff_at is None) == ("logout", False)
    carried_out(second)
    logouts_write(leaving=[Leaving(device.pk, first.request)])
    assert Session.objects.exists()
    logouts_write(leaving=[Leaving(device.pk, second.request, shutdown=True)])
    assert row_of(device).end == "shutdown"


def test_a_login_that_is_given_up_before_its_answer(directory: LinkedDirectory, device: Device) -> None:
    request = request_of(device, "alice")
    [claimed] = logins_claim(requests=[request])
    assert isinstance(claimed, Claim)
    logouts_write(leaving=[Leaving(device.pk, request.request)])
    [answer] = logins_settle(heard=[asked(claimed)])
    assert answer.outcome is FAILED
    assert not Session.objects.exists()


def test_a_login_that_is_overtaken(directory: LinkedDirectory, device: Device) -> None:
    [slow] = logins_claim(requests=[request_of(device, "alice")])
    assert isinstance(slow, Claim)
    heard = asked(slow)
    assert log_in(device, "bob").outcome is OK
    assert logins_settle(heard=[heard])[0].outcome is FAILED
    assert Session.objects.get().user.account == "bob"


def test_devices_that_come_back(directory: LinkedDirectory) -> None:
    devices = [DeviceFactory() for _ in range(4)]
    requests = [request_of(one, "alice") for one in devices]
    for one in requests:
        carried_out(one)
    names = [one.request for one in requests]
    met = [Met(names[0]), Met("", names[1]), Met(""), Met("of another")]
    known = sessions_met(met={device.pk: one for device, one in zip(devices, met, strict=True)})
    assert known == {devices[0].pk: Open(names[0], "alice"), devices[1].pk: Open(names[1], "alice")}
    assert set(Session.objects.values_list("pk", flat=True)) == {devices[0].pk, devices[1].pk}
    assert row_of(devices[2]).end == row_of(devices[3]).end == "lost"


def test_a_device_that_comes_back_without_the_login_it_tried(directory: LinkedDirectory, device: Device) -> None:
    request = request_of(device, "alice")
    [claimed] = logins_claim(requests=[request])
    assert isinstance(claimed, Claim)
    sessions_met(met={device.pk: Met(trying=request.request)})
    assert row_of(device).logoff_at is None
    sessions_met(met={device.pk: Met()})
    assert logins_settle(heard=[asked(claimed)])[0].outcome is FAILED
    assert not Session.objects.exists()


def test_groups_of_other_domains_count_when_told_to(ad: Samba, directory: LinkedDirectory, device: Device) -> None:
    with lab() as other:
        linked(other)
        SharedWorkplaceSettings.objects.create(all_domains=True)
        assert log_in(device, "alice", domain="corp").outcome is OK
        assert log_in(device, "lena@lab.test").outcome is OK
        assert Session.objects.get().user.directory.domain_name == "lab.test"


# ---------------------------------------------------------------- other logins


def test_logins_without_the_server(device: Device) -> None:
    come = Event(device.pk, "event-1", "ada", Login.Kind.CITRIX, "corp")
    login_events_write(events=[come, come, Event(device.pk + 1, "event-2", "ada", Login.Kind.CITRIX)])
    login_events_write(events=[come, Event(device.pk, "event-3", "ada", Login.Kind.KERBEROS, failed=True)])
    login_events_write(events=[Event(device.pk, "event-4", "ada", Login.Kind.CITRIX, ended=True)])
    rows = Login.objects.order_by("pk").values_list("kind", "outcome", "end")
    assert list(rows) == [("citrix", OK, "logout"), ("kerberos", FAILED, "")]
    assert not Session.objects.exists()


# ---------------------------------------------------------------- controllers


def test_a_controller_that_hangs_and_one_that_is_gone() -> None:
    licensed()
    second = counting(corp())
    with second.copy("dc2") as third, second:
        linked(second, third)
        counted = wrong_so_far(second, "bob") + wrong_so_far(third, "bob")
        assert log_in(DeviceFactory(), "alice").outcome is OK
        second.pause()
        try:
            assert log_in(DeviceFactory(), "bob", "Wrong.Passw0rd").outcome is WRONG
            assert log_in(DeviceFactory(), "alice").outcome is OK
        finally:
            second.resume()
        pool.forget()
        second.halt()
        assert log_in(DeviceFactory(), "bob", "Wrong.Passw0rd").outcome is WRONG
        assert log_in(DeviceFactory(), "alice").outcome is OK
        assert wrong_so_far(second, "bob") + wrong_so_far(third, "bob") == counted + 2
        third.halt()
        answer = log_in(device := DeviceFactory(), "alice")
        assert (answer.outcome, answer.available) == (FAILED, False)
        assert "does not answer" in answer.text
        assert row_of(device).outcome == FAILED


# ---------------------------------------------------------------- costs


def test_many_logins_take_as_many_queries_as_one(directory: LinkedDirectory) -> None:
    counts = []
    for number in (1, 12):
        devices = [DeviceFactory() for _ in range(number)]
        with CaptureQueriesContext(
            connection,
        ) as before:
            claimed = logins_claim(requests=[request_of(one, "alice") for one in devices])
        heard = [asked(one) for one in claimed if isinstance(one, Claim)]
        with CaptureQueriesContext(connection) as after:
            logins_settle(heard=heard)
        counts.append((len(before), len(after)))
    assert counts[0] == counts[1]


def test_the_password_is_in_no_row(
    directory: LinkedDirectory, device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    request = request_of(device, "alice")
    wrong = request_of(device, "bob", "Wrong.Passw0rd", new_password="Newer.Passw0rd")
    with CaptureQueriesContext(connection) as captured:
        carried_out(request)
        carried_out(wrong)
    said = caplog.text + repr((request, wrong)) + "".join(one["sql"] for one in captured)
    assert not {one for one in (PASSWORD, "Wrong.Passw0rd", "Newer.Passw0rd") if one in said}
    [claimed] = logins_claim(requests=[request_of(device, "alice")])
    assert PASSWORD not in repr(claimed)
    assert isinstance(claimed, Claim)
    assert PASSWORD not in repr(asked(claimed))
