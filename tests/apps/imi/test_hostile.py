"""Every endpoint of the table, asked what no client asks: nothing breaks, and nothing of others is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.apps.imi.client import Answer, Imi
from tests.cast import Cast
from tests.factories import ProfileFactory, TemplateKeyFactory, TemplateValueFactory
from tests.factories.assets import AssetEventFactory, AssetFactory
from ums.devices.models import Directory, DirectoryKind, SavedView
from ums.imi.endpoints import TABLE
from ums.imi.routing import Endpoint
from ums.profiles.models import ProfileKind

HUGE = 10**30
WRONG: tuple[Any, ...] = (None, True, -5, 1.5, HUGE, "x" * 10_000, "ä\u202e", [[]], {"id": {"id": 1}})
KEYS = (
    "name", "parentID", "mac", "firmwareID", "site", "lastIP", "inserviceDate", "serialNumber", "deviceAttributes",
    "id", "type", "assignee", "receiver", "tcId", "dirId", "template", "value", "description", "templateId", "valueId",
)  # fmt: skip
DEEP = 10_000
NOT_JSON = (
    b"",
    b"null",
    b"{",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}",
    b'{"name": "\\ud800"}',
    b'{"name": "a\\u0000b"}',
    b'{"name": NaN}',
    b'{"id": 1e999}',
    b"[" * DEEP,
    b"[" * DEEP + b"]" * DEEP,
    b'{"name":' * DEEP + b"1" + b"}" * DEEP,
    b'[{"id":' + b"[" * DEEP + b"]" * DEEP + b"}]",
    b"name=x&id=1",
)
QUERIES = (f"facets=details&facets=,,,%00&facets={'x' * 2000}&command=%ED%A0%80&operation=%00", "operation=move")
PLACES: tuple[Any, ...] = (0, -1, -3, 2**63, "9" * 4000, "1%00", "%2e%2e%2f", "١")


def bodies() -> Iterator[bytes]:
    """Bodies that are no JSON, and JSON of the wrong shapes."""
    yield from NOT_JSON
    for value in WRONG:
        every = dict.fromkeys(KEYS, value)
        for body in (value, [value], every, [every], {"template": [every]}, [{"assignee": every, "receiver": every}]):
            yield json.dumps(body).encode()


BODIES = tuple(bodies())


def places(cast: Cast, path: str) -> str:
    """The path with ids of things that are there."""
    things = {
        "thinclients": cast.things["device"].pk,
        "profiles": cast.things["profile"].pk,
        "masterprofiles": cast.things["priority_profile"].pk,
        "tcdirectories": cast.things["directory"].pk,
        "profiledirectories": cast.own[DirectoryKind.PROFILE].pk,
        "masterprofiledirectories": cast.own[DirectoryKind.PRIORITY_PROFILE].pk,
        "firmwares": cast.things["catalogue"].pk,
        "template": cast.things["template_key"].pk,
        "assets": cast.things["asset"].pk,
        "thinclientview": SavedView.objects.get_or_create(name="Away", owner=cast.root, filter="status:offline")[0].pk,
    }
    parts = path.split("/")
    return "/".join(
        cast.things["device"].unit_id
        if part[0] == "<"
        else str(things.get(parts[at - 1], 1))
        if part[0] == "{"
        else part
        for at, part in enumerate(parts)
    )


def asked(imi: Imi, endpoint: Endpoint, path: str, body: bytes = b"") -> Answer:
    """Ask, and undo what was done."""
    with transaction.atomic():
        answer = imi.ask(endpoint.method, path, body)
        transaction.set_rollback(True)
    return answer


def broken(answer: Answer) -> bool:
    """Whether an answer is a defect, or a refusal without the shape of one."""
    if answer.status == 200:
        return False
    return answer.status not in (400, 401, 404, 415) or not answer.code.startswith("ITG-0")


WRITES = [one for one in TABLE if one.method in ("PUT", "POST") and one.path not in ("login", "logout")]


@pytest.mark.parametrize("part", range(4))
def test_no_body_breaks_anything(cast: Cast, part: int) -> None:
    imi, found = Imi(cast.root), []
    assert len(WRITES) > 20
    for endpoint in WRITES[part::4]:
        path = places(cast, endpoint.path) + ("?command=reboot" if endpoint.method == "POST" else "")
        for body in BODIES:
            if broken(asked(imi, endpoint, path, body)):
                found.append(f"{endpoint.method} {endpoint.path} {body[:80]!r}")
    assert not found, "\n".join(found)


def test_no_body_breaks_a_move(cast: Cast) -> None:
    imi, found = Imi(cast.root), []
    for endpoint in (one for one in WRITES if one.path.startswith("directories/") and one.path.endswith("{id}")):
        for body in BODIES:
            if broken(asked(imi, endpoint, f"{places(cast, endpoint.path)}?operation=move", body)):
                found.append(f"{endpoint.path} {body[:80]!r}")
    assert not found, "\n".join(found)


def test_no_address_breaks_anything(cast: Cast) -> None:
    imi, found = Imi(cast.root), []
    for endpoint in TABLE:
        if endpoint.path in ("login", "logout"):
            continue
        for query in QUERIES:
            if broken(asked(imi, endpoint, f"{places(cast, endpoint.path)}?{query}")):
                found.append(f"{endpoint.method} {endpoint.path} {query[:60]}")
        if "{" in endpoint.path or "<" in endpoint.path:
            start = endpoint.path.replace("<", "{").split("{")[0]
            end = endpoint.path.partition("}")[2]
            for place in PLACES:
                if broken(asked(imi, endpoint, f"{start}{place}{end.replace('{receiver}', str(place))}")):
                    found.append(f"{endpoint.method} {endpoint.path} {str(place)[:30]}")
    assert not found, "\n".join(found)


NOT_FOUND = {f"ITG-{code}" for code in ("0A001", "0A002", "0A015", "0A016", "0A019", "0A021")}


@pytest.fixture
def theirs(cast: Cast) -> dict[str, int | str]:
    """By what stands before a place: something of somebody else."""
    elsewhere = cast.things["elsewhere"]
    asset = AssetEventFactory(asset=AssetFactory(device=elsewhere)).asset
    key = TemplateKeyFactory(name="THEIRS", directory=cast.other[DirectoryKind.TEMPLATE])
    priority = cast.other[DirectoryKind.PRIORITY_PROFILE]
    return {
        "thinclients": elsewhere.pk,
        "unit": elsewhere.unit_id,
        "profiles": ProfileFactory(directory=cast.other[DirectoryKind.PROFILE]).pk,
        "masterprofiles": ProfileFactory(kind=ProfileKind.PRIORITY, directory=priority).pk,
        "tcdirectories": cast.other[DirectoryKind.DEVICE].pk,
        "profiledirectories": cast.other[DirectoryKind.PROFILE].pk,
        "masterprofiledirectories": priority.pk,
        "template": key.pk,
        "value": TemplateValueFactory(key=key).pk,
        "assets": asset.pk,
        "thinclientview": SavedView.objects.create(name="Theirs", owner=cast.root, filter="status:offline").pk,
    }


def requests_for(cast: Cast, theirs: dict[str, int | str]) -> Iterator[tuple[str, str, Any]]:
    """Each endpoint with a place, with theirs in it and a body that would do if it were one's own."""
    for endpoint in TABLE:
        if ("{" not in endpoint.path and "<" not in endpoint.path) or endpoint.path.startswith("firmwares"):
            continue
        parts = endpoint.path.split("/")
        path = "/".join(
            str(theirs["unit"]) if part[0] == "<" else str(theirs[parts[at - 1]]) if part[0] == "{" else part
            for at, part in enumerate(parts)
        )
        body: Any = {"name": "Mine now", "value": "x", "site": "x", "type": "StringType"}
        if "assignments" in path:
            kind = "masterprofile" if path.startswith("master") else "profile"
            on = ("tc", theirs["thinclients"]) if "thinclients" in path else ("tcdirectory", theirs["tcdirectories"])
            body = [
                {"assignee": {"id": theirs[f"{kind}s"], "type": kind}, "receiver": {"id": on[1], "type": on[0]}},
            ]
        yield endpoint.method, path, body
    one = [{"templateId": theirs["template"], "valueId": theirs["value"]}]
    yield "PUT", "template/assign/tc", {"tcId": cast.things["device"].pk, "template": one}
    yield "PUT", "template/assign/tc", {"tcId": theirs["thinclients"], "template": one}
    yield "PUT", "template/assign/dir", {"dirId": theirs["tcdirectories"], "template": one}
    yield "PUT", "template", {"name": "MINE", "parentID": cast.other[DirectoryKind.TEMPLATE].pk}
    yield "PUT", "directories/tcdirectories", {"name": "Mine", "parentID": theirs["tcdirectories"]}
    yield "POST", "thinclients?command=reboot", [{"id": theirs["thinclients"], "type": "tc"}]
    for tree in ("tcdirectories", "profiledirectories", "masterprofiledirectories"):
        yield "PUT", f"directories/{tree}/{theirs[tree]}?operation=move", [{"id": 1, "type": "tc"}]


@pytest.mark.parametrize("who", ["admin", "reader", "stranger"])
def test_what_is_others_is_not_found_and_not_forbidden(cast: Cast, theirs: dict[str, int | str], who: str) -> None:
    imi = Imi(getattr(cast, who))
    seen = 0
    for method, path, body in requests_for(cast, theirs):
        seen += 1
        answer = imi.ask(method, path, body if method in ("PUT", "POST") else b"")
        assert answer.status == 400, (method, path, answer)
        assert answer.code in NOT_FOUND, (method, path, answer)
        assert "Other" not in answer.body["message"], "a name tells more than a number"
    assert seen > 40
    assert not Directory.objects.filter(name__startswith="Mine").exists()


def test_moving_what_is_others(cast: Cast, theirs: dict[str, int | str]) -> None:
    body = [{"id": theirs["thinclients"], "type": "tc"}, {"id": theirs["tcdirectories"], "type": "tcdirectory"}]
    answer = Imi(cast.admin).put(f"directories/tcdirectories/{cast.things['directory'].pk}?operation=move", body)
    assert {one["results"] for one in answer.body} == {"does_not_exist"}
