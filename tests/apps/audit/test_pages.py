"""The audit log in the console."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.cast import Cast
from tests.factories import GrantFactory
from ums.audit.catalogue import EVENTS
from ums.audit.criteria import fields
from ums.audit.models import Event
from ums.audit.objects import OBJECTS
from ums.audit.presentation import Change, changes_of
from ums.audit.services import record
from ums.core.access import Action
from ums.core.listing import ROWS
from ums.devices.services import device_update, devices_move
from ums.profiles.services import profile_save

URL = "/webapp/audit/"


@pytest.fixture
def client(cast: Cast) -> Client:
    """Root's browser, and an empty log."""
    Event.objects.all().delete()
    return cast.client("root")


def event(**values: Any) -> Event:
    """A stored event."""
    at = values.pop("time", None)
    made = Event.objects.create(**{"actor_name": "root", "action": "device.moved", **values})
    if at:
        Event.objects.filter(pk=made.pk).update(time=at)
    return made


def found(client: Client, query: str) -> set[int]:
    """Ids on the first page."""
    answer = client.get(URL + query)
    assert answer.status_code == 200, answer.context["filter_error"]
    return {one.pk for one in answer.context["page"].items}


def test_tells_who_what_where_and_what_changed(client: Client, cast: Cast) -> None:
    device = cast.things["device"]
    device_update(actor=cast.actor("admin"), device=device, site="Bremen")
    page = client.get(URL).content.decode()
    assert EVENTS["device.updated"].rstrip(".") in page
    assert "Bremen" in page and "192.0.2.1" in page and ">admin<" in page
    assert f'href="{reverse("devices:device_detail", args=[device.pk])}"' in page


def test_links_only_to_what_still_exists_and_the_reader_may_see(client: Client, cast: Cast) -> None:
    GrantFactory(user=cast.admin, action=Action.AUDIT)
    for device in (cast.things["device"], cast.things["elsewhere"]):
        record(actor=cast.actor("root"), action="device.updated", target=device, after={"site": "A"})
    event(object_type="device", object_id="999999", object_name="Gone")
    rows = cast.client("admin").get(URL).context["rows"]
    assert [bool(row.url) for row in rows] == [False, False, True]


def test_every_link_leads_somewhere(client: Client, cast: Cast) -> None:
    things = ("device", "directory", "profile", "priority_profile", "deleted_profile", "enrolment_key")
    targets = [*(cast.things[name] for name in things), *cast.own.values()]
    for target in targets:
        event(object_type=target._meta.model_name, object_id=str(target.pk), object_name=str(target))
    rows = client.get(URL).context["rows"]
    assert all(row.url for row in rows)
    assert {client.get(row.url).status_code for row in rows} == {200}


def test_every_kind_of_object_has_a_word(cast: Cast) -> None:
    told = set(Event.objects.values_list("object_type", flat=True)) - {""}
    assert told <= OBJECTS.keys()


def test_changes_are_told_by_property() -> None:
    told = changes_of(
        Event(
            before={"values": {"a.b": 1, "same": 2, "secret": "••••••"}, "gone": True, "none": ""},
            after={"values": {"a.b": 5, "same": 2, "secret": "••••••"}, "new": ["x"], "none": None},
        )
    )
    assert told == [
        Change("values › a.b", "1", "5"),
        Change("values › secret", "••••••", "••••••"),
        Change("gone", "yes", None),
        Change("new", None, '["x"]'),
    ]


def test_filters(client: Client) -> None:
    now = timezone.now()
    old = event(action="device.updated", request_id="r-1", time=now - timedelta(days=40), object_name="Desk 100%")
    moved = event(actor_name="anna", object_type="device", object_id="7", object_name="TC-7", address="192.0.2.7")
    saved = event(action="profile.saved", object_type="profile", object_id="7", object_name="Ward", comment="Ticket 12")
    for query, wanted in {
        "": {moved, saved, old},
        "?f=who:anna": {moved},
        "?f=who:a*": {moved},
        "?f=action:device": {moved, old},
        "?f=action:profile.saved": {saved},
        "?f=action:*ed&f=type:profile": {saved},
        "?f=type:device&f=id:7": {moved},
        "?f=type:device&f=type:profile": {moved, saved},
        "?f=object:TC-7": {moved},
        "?f=object:tc*": {moved},
        "?f=object:Desk 100%25": {old},
        "?f=address:192.0.2.7": {moved},
        "?f=address:192.0.2.*": {moved},
        "?f=request:r-1": {old},
        "?f=time:<7d": {moved, saved},
        "?f=time:>7d": {old},
        f"?f=time:{now - timedelta(days=40):%Y-%m-%d}": {old},
        f"?f=from:{now - timedelta(days=41):%Y-%m-%d}&f=to:{now - timedelta(days=39):%Y-%m-%d}": {old},
        f"?f=from:{now:%Y-%m-%d}": {moved, saved},
        f"?f=to:{now:%Y-%m-%d}": {moved, saved, old},
        f"?f=from:{now + timedelta(days=1):%Y-%m-%d}": set(),
        "?f=time:never": set(),
        "?f=-who:anna": {saved, old},
        "?q=ticket": {saved},
        "?q=anna+tc": {moved},
        "?q=who:anna": {moved},
        "?q=nothing": set(),
    }.items():
        assert found(client, query) == {one.pk for one in wanted}, query


def test_an_event_that_was_stored_late_is_found_by_its_time(client: Client) -> None:
    now = timezone.now()
    late = event(time=now - timedelta(days=10, minutes=2))
    event(time=now - timedelta(days=10))
    later = event(time=now - timedelta(days=10, minutes=1))
    day = f"{now - timedelta(days=10):%Y-%m-%d}"
    assert {late.pk, later.pk} <= found(client, f"?f=from:{day}") | found(client, "?f=time:>1d")
    assert found(client, "?f=time:<1d") == set()


@pytest.mark.parametrize("query", ["?f=type:wrong", "?f=time:yesterday", "?f=nonsense:1", "?q=type:wrong"])
def test_a_filter_that_cannot_be_read_is_told(client: Client, query: str) -> None:
    event()
    answer = client.get(URL + query)
    assert answer.status_code == 422
    assert "cannot be read" in answer.content.decode()


def test_empty_and_no_match_say_what_to_do(client: Client) -> None:
    assert "Nothing has happened yet" in client.get(URL).content.decode()
    event()
    assert "Clear the filter" in client.get(f"{URL}?q=nothing").content.decode()


def test_pages_go_forth_and_back(client: Client) -> None:
    Event.objects.bulk_create([Event(actor_name="root", action="device.moved") for _ in range(2 * ROWS + 5)])
    pages = [client.get(URL).context["page"]]
    while pages[-1].next_url:
        pages.append(client.get(URL + pages[-1].next_url).context["page"])
    ids = [one.pk for page in pages for one in page.items]
    assert ids == sorted(ids, reverse=True) and len(ids) == 2 * ROWS + 5
    assert [(page.first, page.last) for page in pages] == [(1, 50), (51, 100), (101, 105)]
    back = client.get(URL + pages[2].previous_url).context["page"]
    assert (back.first, [one.pk for one in back.items]) == (51, [one.pk for one in pages[1].items])
    assert client.get(URL, {"after": "wrong"}).status_code == 400


def test_takes_the_same_few_queries_however_many_events(client: Client, cast: Cast) -> None:
    counts = []
    for number in (1, 60):
        for _ in range(number):
            record(actor=cast.actor("root"), action="device.updated", target=cast.things["device"], after={"site": "A"})
        client.get(URL)
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        counts.append(len(queries))
    # One more: more than a page is counted.
    assert counts[1] <= counts[0] + 1 and counts[1] <= 16


def test_csv_holds_what_the_filter_shows_and_no_formula(client: Client) -> None:
    event(object_name="=HYPERLINK()", comment="@risk", before={"a": 1}, after={"a": 2})
    event(actor_name="anna")
    answer = client.get(reverse("audit:event_export"), {"f": "who:root"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [(row["object"], row["comment"], row["before"]) for row in rows] == [("'=HYPERLINK()", "'@risk", '{"a": 1}')]


def test_csv_of_many_events_is_read_in_pieces(client: Client) -> None:
    Event.objects.bulk_create([Event(actor_name="root", action="device.moved") for _ in range(2500)])
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(reverse("audit:event_export"))
        lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2501
    assert len([query for query in queries if "audit_event" in query["sql"]]) == 4


def test_secrets_never_come_into_the_log(client: Client, cast: Cast) -> None:
    profile = cast.things["profile"]
    for secret in ("first-secret-value", "second-secret-value"):
        profile_save(
            actor=cast.actor("root"),
            profile=profile,
            settings={"values": {"system.password": secret}, "instances": {}},
            overwrite_sessions=False,
            base=profile.head.number,
        )
        profile.refresh_from_db()
    devices_move(actor=cast.actor("root"), devices=[cast.things["device"]], directory=cast.things["directory"])
    page = client.get(URL).content.decode()
    exported = b"".join(client.get(reverse("audit:event_export")).streaming_content).decode()  # type: ignore[attr-defined]
    assert "system.password" in page and "••••••" in page
    assert "secret-value" not in page and "secret-value" not in exported


def test_offers_every_kind_of_event() -> None:
    offered = {value for field in fields() if field.key == "action" for value, _ in field.choices}
    assert EVENTS.keys() <= offered


@pytest.mark.parametrize("role", ["admin", "reader", "stranger"])
def test_others_are_refused(cast: Cast, role: str) -> None:
    assert cast.client(role).get(URL).status_code == 403
    assert cast.client(role).get(reverse("audit:event_export")).status_code == 403
