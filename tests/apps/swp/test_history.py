"""The login history: who sees what, filters, CSV; Shared Workplace on the page of a device."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from swp.feature import SHARED_WORKPLACE
from swp.history import WORDS
from swp.models import Login
from tests.cast import Cast
from tests.factories import DeviceFactory
from tests.factories.licences import GivenLicenceFactory, LicenceFactory
from tests.factories.swp import DirectoryObjectFactory, LoginFactory
from ums.core.actor import SYSTEM
from ums.domain.protocol import LoginOutcome
from ums.features.services import feature_switch

pytestmark = pytest.mark.django_db

LIST, EXPORT = "/webapp/logins/", "/webapp/logins/export/"


def made(cast: Cast, user: str, **facts: Any) -> Login:
    login: Login = LoginFactory(device=cast.things["device"], user=DirectoryObjectFactory(name=user), **facts)
    return login


def names(response: Any) -> list[str]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return [row["user"] for row in csv.DictReader(text.splitlines())]


def test_each_outcome_has_a_word() -> None:
    assert set(WORDS) == set(LoginOutcome)


def test_logins_at_devices_of_others_are_not_shown(cast: Cast) -> None:
    made(cast, "mine")
    LoginFactory(device=cast.things["elsewhere"], user__name="theirs", user__account="theirs")
    gone = LoginFactory(user__name="gone", user__account="gone")
    gone.device.delete()
    page = cast.client("reader").get(LIST).text
    assert "mine" in page and "theirs" not in page and ">gone" not in page
    assert {"mine", "theirs", "gone"} <= set(names(cast.client("root").get(EXPORT)))
    assert "deleted" in cast.client("root").get(LIST).text


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("user:a*", {"ada"}),
        ("result:refused", {"bob", "cleo"}),
        ("result:invalid_password", {"bob"}),
        ("-result:auth_ok", {"bob", "cleo"}),
        ("kind:kerberos", {"cleo"}),
        ("time:<1h", {"ada", "cleo"}),
        ("time:never", set()),
        ("device:own*", {"ada", "bob", "cleo"}),
    ],
)
def test_filters(cast: Cast, wanted: str, found: set[str]) -> None:
    Login.objects.all().delete()
    made(cast, "ada")
    made(cast, "bob", outcome=LoginOutcome.INVALID_PASSWORD, login_at=timezone.now() - timedelta(hours=2))
    made(cast, "cleo", outcome=LoginOutcome.LOGON_FAILED, kind=Login.Kind.KERBEROS)
    assert set(names(cast.client("admin").get(EXPORT, {"f": wanted}))) == found


def test_who_is_still_logged_in(cast: Cast) -> None:
    made(cast, "out")
    session = cast.things["session"]
    assert names(cast.client("admin").get(EXPORT, {"f": "open:yes"})) == [session.login.user_name]
    assert "out" in names(cast.client("admin").get(EXPORT, {"f": "open:no"}))


def test_the_history_of_one_user_and_of_one_device(cast: Cast) -> None:
    other = DeviceFactory(directory=cast.things["device"].directory, name="Another desk")
    mine = made(cast, "ada")
    LoginFactory(device=other, user=mine.user)
    made(cast, "bob")
    client = cast.client("root")
    of_user = client.get(f"/webapp/logins/users/{mine.user_id}/").text
    assert "Another desk" in of_user and "Own device" in of_user and ">bob" not in of_user
    assert "Another desk" not in client.get(f"/webapp/devices/{cast.things['device'].pk}/logins/").text
    assert names(client.get(EXPORT, {"user": mine.user_id, "device": other.pk})) == ["ada"]


def test_a_csv_of_many_pages_is_whole_and_in_order(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swp.history.AT_ONCE", 3)
    Login.objects.all().delete()
    now = timezone.now()
    for number in range(10):
        made(cast, f"user{number}", login_at=now - timedelta(minutes=number // 4))
    found = names(cast.client("root").get(EXPORT))
    assert len(found) == 10 and len(set(found)) == 10
    assert found[-2:] == ["user9", "user8"] and found[0] == "user3"


def test_a_device_tells_what_becomes_of_its_licence(cast: Cast) -> None:
    device, client = cast.things["device"], cast.client("root")
    url = f"/webapp/devices/{device.pk}/shared-workplace/"
    assert "No licence." in client.get(url).text
    GivenLicenceFactory(unit_id=device.unit_id, licence=LicenceFactory(expires_at=timezone.now() + timedelta(days=9)))
    assert "The licence ends" in client.get(url).text
    GivenLicenceFactory(unit_id=device.unit_id)
    page = client.get(url).text
    assert "The licence ends" not in page and "may log in" in page
    assert client.post(f"{url}switch/?enabled=0").status_code == 204
    page = client.get(url).text
    assert "switched off on this device" in page and "nobody" in page
    feature_switch(actor=SYSTEM, name=SHARED_WORKPLACE, enabled=False, confirmed=True)
    assert "Switched off for the whole network" in client.get(url).text
