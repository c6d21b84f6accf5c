"""Every error code of IMI: provoked, or said why this server never sends it (domain/imi-api.md §7)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection, transaction

from tests.apps.imi.client import Imi, basic
from tests.cast import Cast
from tests.factories import DeviceFactory
from ums.accounts.models import User
from ums.core.errors import AppError
from ums.imi.errors import ImiError, translated
from ums.imi.models import ImiSession
from ums.licences.models import Licence

NEW = {"mac": "0A0000000007", "firmwareID": "{firmware}"}
PAIR = {"assignee": {"id": "{profile}", "type": "profile"}, "receiver": {"id": "{device}", "type": "tc"}}
OTHER = {"assignee": {"id": "{profile}", "type": "profile"}, "receiver": {"id": "{other}", "type": "tc"}}

PROVOKED: dict[str, tuple[str, str, Any]] = {
    "0A001": ("GET", "thinclients/424242", b""),
    "0A002": ("PUT", "directories/tcdirectories/424242?operation=move", [{"id": 1, "type": "tc"}]),
    "0A003": ("POST", "thinclients?command=dance", [{"id": 1, "type": "tc"}]),
    "0A004": ("PUT", "thinclients", []),
    "0A005": ("PUT", "thinclients", b"{"),
    "0A006": ("DELETE", "directories/tcdirectories/{directory}", b""),
    "0A007": ("PUT", "thinclients", {"firmwareID": "{firmware}"}),
    "0A008": ("PUT", "thinclients", {"mac": "0a0000000001", "firmwareID": "{firmware}"}),
    "0A009": ("PUT", "thinclients", {"mac": "0A0000000007"}),
    "0A010": ("GET", "profiles/abc", b""),
    "0A011": ("POST", "profiles", b""),
    "0A012": ("POST", "thinclients?command=reboot", []),
    "0A013": ("PUT", "thinclients/{device}", {"colour": "red"}),
    "0A014": ("PUT", "thinclients", {**NEW, "mac": "0A:00:00:00:00:07"}),
    "0A015": ("PUT", "thinclients", {**NEW, "firmwareID": 424242}),
    "0A016": ("PUT", "thinclients", {**NEW, "parentID": 424242}),
    "0A019": ("PUT", "profiles/{profile}/assignments/tcdirectories", [PAIR]),
    "0A020": ("GET", "jobs", b""),
    "0A021": ("PUT", "profiles/{profile}/assignments/thinclients", [{"receiver": PAIR["receiver"]}]),
    "0A022": ("PUT", "profiles/{binned}", {"name": "x"}),
    "0A024": ("PUT", "thinclients/{device}", {"name": ""}),
    "0B005": ("DELETE", "profiles/{readable}", b""),
    "0B006": ("GET", "/umsapi/v9/serverstatus", b""),
}
"""Method, path and body of a request by a session, for each code that needs no more than this."""

NEVER = {
    "0A017": "No directory lies in the recycle bin: only profiles do.",
    "0A018": "No device does either.",
    "0A023": "A directory that a first-authentication key places new devices in can be deleted; they come to the root.",
    "0C002": "0B006 says the same.",
    "FF003": "There is no cache that could fail apart from the database.",
    "FF005": "Rows are no objects that have to be mapped.",
    "FF006": "A type that is none is refused as the body, the assignee or the receiver that it makes invalid.",
}

ELSEWHERE = {"0B001", "0B002", "0B003", "0B004", "0B007", "0C001", "FF001", "FF002", "FF004"}
"""Provoked by the tests below, and FF001 in test_sessions."""

ALL = {
    *(f"0A{number:03}" for number in range(1, 25)),
    *(f"0B{number:03}" for number in range(1, 8)),
    "0C001",
    "0C002",
    *(f"FF{number:03}" for number in range(1, 7)),
}


def filled(value: Any, ids: dict[str, int]) -> Any:
    """`value` with `{name}` replaced by ids."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda match: str(ids[match[1]]), value)
    if isinstance(value, dict):
        return {key: filled(one, ids) for key, one in value.items()}
    return [filled(one, ids) for one in value] if isinstance(value, list) else value


@pytest.fixture
def ids(cast: Cast) -> dict[str, int]:
    """What the requests name."""
    DeviceFactory(unit_id="0A0000000001", directory=cast.own["device"])
    return {
        "device": cast.things["device"].pk,
        "other": cast.things["elsewhere"].pk,
        "directory": cast.own["device"].pk,
        "profile": cast.things["profile"].pk,
        "readable": cast.things["profile"].pk,
        "binned": cast.things["deleted_profile"].pk,
        "firmware": cast.things["catalogue"].pk,
    }


def test_each_code_is_accounted_for() -> None:
    assert PROVOKED.keys() | NEVER.keys() | ELSEWHERE == ALL
    assert not PROVOKED.keys() & NEVER.keys()
    assert not ELSEWHERE & (PROVOKED.keys() | NEVER.keys())


@pytest.mark.parametrize("code", PROVOKED)
def test_provoked(cast: Cast, ids: dict[str, int], code: str) -> None:
    method, path, body = PROVOKED[code]
    user = cast.reader if code == "0B005" else cast.root
    answer = Imi(user).ask(method, filled(path, ids), filled(body, ids))
    assert answer.code == f"ITG-{code}", answer
    assert answer.status == {"0A004": 415, "0A005": 415, "0A020": 404}.get(code, 400)
    assert list(answer.body) == ["message", "errorCode", "time", "stackTrace"]
    assert answer.body["message"]
    assert answer.body["stackTrace"] == ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", answer.body["time"])


def test_who_calls_is_unknown(cast: Cast) -> None:
    assert Imi().ask("POST", "login").code == "ITG-0B001"
    assert Imi().ask("POST", "login", headers=basic("root", "wrong")).code == "ITG-0B002"
    assert Imi().get("thinclients").code == "ITG-0B003"
    assert Imi().ask("GET", "thinclients", headers={"Cookie": f"JSESSIONID={'A' * 32}"}).code == "ITG-0B004"
    gone = Imi(cast.admin)
    User.objects.filter(pk=cast.admin.pk).update(is_active=False)
    answer = gone.get("thinclients")
    assert (answer.status, answer.code) == (401, "ITG-0B007")


def test_a_session_that_ends_in_the_middle(cast: Cast, ids: dict[str, int]) -> None:
    """What was done before stays done, what comes after is refused, and another login goes on."""
    imi, path = Imi(cast.root), f"profiles/{ids['profile']}"
    assert imi.put(path, {"name": "First"}).status == 200
    ImiSession.objects.all().delete()
    answer = imi.put(path, {"name": "Second"})
    assert (answer.status, answer.code) == (401, "ITG-0B004")
    # Neither is a body that nobody may send looked at, nor a path that there is not told.
    assert imi.put(path, b"[" * 10_000).code == "ITG-0B004"
    assert imi.get("nothing").code == "ITG-0B004"
    again = Imi(cast.root)
    assert again.get(path).body["name"] == "First"
    assert again.put(path, {"name": "Second"}).status == 200


def test_a_session_whose_rights_are_taken_away_in_the_middle(cast: Cast, ids: dict[str, int]) -> None:
    imi = Imi(cast.admin)
    assert imi.get(f"thinclients/{ids['device']}").status == 200
    cast.admin.grants.all().delete()
    assert imi.get(f"thinclients/{ids['device']}").code == "ITG-0A001"
    assert imi.get("thinclients").body == []


def test_unlicensed(cast: Cast) -> None:
    Licence.objects.all().delete()
    assert Imi(cast.root).get("assetinfo").code == "ITG-0C001"


def test_the_database_does_not_answer(cast: Cast) -> None:
    imi = Imi(cast.root)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE profiles_profile RENAME TO profiles_elsewhere")
        with transaction.atomic():
            answer = imi.get("profiles")
            transaction.set_rollback(True)
        transaction.set_rollback(True)
    assert (answer.status, answer.code) == (500, "ITG-FF002")
    assert "profiles_" not in answer.body["message"]
    assert imi.get("profiles").status == 200


def test_what_a_service_refuses_because_of_others_is_a_server_not_available() -> None:
    away = AppError("directory_unreachable", "No controller of CORP.TEST answers.", status=503)
    assert translated(away).code == "FF004"
    assert ImiError("FF004", "").status == 500
