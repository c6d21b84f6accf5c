"""First-authentication keys in the console."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.cast import Cast
from tests.factories import EnrolmentKeyFactory
from ums.audit.models import Event
from ums.connector.models import EnrolmentKey
from ums.connector.unit_id_list import unit_ids_in
from ums.core.listing import ROWS

HTMX = {"HX-Request": "true"}
Kind = EnrolmentKey.Kind


@pytest.fixture
def client(cast: Cast) -> Client:
    """Root's browser."""
    return cast.client("root")


def listed(client: Client, query: str = "") -> list[str]:
    """Names on the page, in order."""
    return [key.name for key in client.get(reverse("connector:key_list") + query).context["page"].items]


def make(client: Client, **data: Any) -> Any:
    """Send the dialog of new keys."""
    return client.post(reverse("connector:key_create"), {"kind": Kind.ONE_TIME, "name": "Ward", **data}, headers=HTMX)


def actions() -> list[str]:
    """The kinds of events, oldest first."""
    return list(Event.objects.order_by("pk").values_list("action", flat=True))


def test_without_keys_the_page_says_what_comes_next(client: Client, cast: Cast) -> None:
    cast.things["enrolment_key"].delete()
    page = client.get(reverse("connector:key_list")).content.decode()
    assert "No keys yet" in page
    assert "ums agent --server https://localhost --key-file first-authentication.key" in page


def test_one_time_keys_are_made_and_shown_once(client: Client, cast: Cast) -> None:
    answer = make(client, count=3)
    shown = answer.context["shown"]
    assert answer.status_code == 200
    assert [key.name for key, _ in shown] == ["Ward 1", "Ward 2", "Ward 3"]
    assert all(secret in answer.content.decode() for _, secret in shown)
    assert "keys" in answer["HX-Trigger"] and answer["Cache-Control"] == "no-store"
    again = client.get(reverse("connector:key_list")).content.decode()
    assert not any(secret in again for _, secret in shown)


def test_bound_keys_come_from_a_list_and_from_csv(client: Client) -> None:
    make(client, kind=Kind.BOUND, unit_ids="00e0c5000001\n00e0c5000002")
    make(client, kind=Kind.BOUND, unit_ids="Room;Unit ID\n12;00e0c5000003\n13;00e0c5000004\n")
    bound = EnrolmentKey.objects.filter(kind=Kind.BOUND).values_list("unit_id", flat=True)
    assert sorted(bound) == [f"00e0c500000{number}" for number in range(1, 5)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("a, b;c\td\n e ", ["a", "b", "c", "d", "e"]),
        ("unit_id\na\n\nb", ["a", "b"]),
        ('\ufeffname,unit-id\n"Desk, left",a\nshort\nright,b', ["a", "b"]),
    ],
)
def test_unit_ids_are_read_from_what_people_paste(text: str, found: list[str]) -> None:
    assert unit_ids_in(text) == found


def test_a_mass_key_takes_its_own_text_and_a_last_day(client: Client, cast: Cast) -> None:
    day = timezone.now().date() + timedelta(days=30)
    directory = cast.things["directory"]
    answer = make(
        client, kind=Kind.MASS, text="a text of my own for all", last_day=day.isoformat(), directory=directory.pk
    )
    key, secret = answer.context["shown"][0]
    assert secret == "a text of my own for all"
    assert key.directory == directory
    assert key.expires_at.date() == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": ""}, "name"),
        ({"count": "0"}, "count"),
        ({"count": "1001"}, "count"),
        ({"kind": Kind.BOUND}, "unit_ids"),
        ({"kind": Kind.BOUND, "unit_ids": "not/possible"}, "unit_ids"),
        ({"kind": Kind.MASS, "text": "too short"}, "text"),
        ({"count": "1", "last_day": "2001-01-01"}, "last_day"),
    ],
)
def test_mistakes_are_told_beside_the_field(client: Client, data: dict[str, str], field: str) -> None:
    before = EnrolmentKey.objects.count()
    answer = make(client, **data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert EnrolmentKey.objects.count() == before


def test_mistakes_in_hidden_fields_do_not_count(client: Client) -> None:
    assert make(client, kind=Kind.MASS, count="nothing", unit_ids="not/possible").status_code == 200


def test_a_key_is_changed(client: Client, cast: Cast) -> None:
    key = EnrolmentKeyFactory(expires_at=timezone.now() + timedelta(days=3, hours=1))
    url = reverse("connector:key_edit", args=[key.pk])
    form = client.get(url).context["form"]
    answer = client.post(url, {"name": "Other", "last_day": form.initial["last_day"].isoformat()}, headers=HTMX)
    assert answer.status_code == 204
    changed = EnrolmentKey.objects.get(pk=key.pk)
    assert changed.name == "Other"
    assert changed.expires_at == key.expires_at, "the same day keeps the moment"


def test_a_shown_text_is_recorded(client: Client, cast: Cast) -> None:
    key = EnrolmentKeyFactory(secret="the text of the key")
    assert client.get(reverse("connector:key_reveal", args=[key.pk])).status_code == 405
    answer = client.post(reverse("connector:key_reveal", args=[key.pk]), headers=HTMX)
    assert "the text of the key" in answer.content.decode()
    assert actions()[-1] == "enrolment_key.revealed"


def test_export_holds_the_chosen_keys_and_no_formula(client: Client) -> None:
    first = EnrolmentKeyFactory(name="=cmd()", secret="-first secret of two")
    EnrolmentKeyFactory(secret="another one")
    answer = client.post(reverse("connector:key_export"), {"ids": str(first.pk), "format": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [row[:1] + row[3:4] for row in rows[1:]] == [["'=cmd()", "'-first secret of two"]]
    assert "attachment" in answer["Content-Disposition"]
    text = client.post(reverse("connector:key_export"), {"ids": str(first.pk), "format": "txt"})
    assert text.content.decode() == "-first secret of two\n"
    assert actions().count("enrolment_key.revealed") == 2


def test_many_are_disabled_enabled_and_deleted_at_once(client: Client, cast: Cast) -> None:
    cast.things["enrolment_key"].delete()
    keys = EnrolmentKeyFactory.create_batch(4)
    ids = {"ids": ",".join(str(key.pk) for key in keys[:3])}
    assert client.post(reverse("connector:key_disable"), ids).status_code == 204
    assert EnrolmentKey.objects.filter(enabled=False).count() == 3
    assert client.post(reverse("connector:key_enable"), ids).status_code == 204
    assert EnrolmentKey.objects.filter(enabled=False).count() == 0
    asked = client.get(reverse("connector:key_delete"), ids)
    assert asked.context["usable"] == 3 and keys[0].name in asked.content.decode()
    assert client.post(reverse("connector:key_delete"), ids).status_code == 204
    assert list(EnrolmentKey.objects.all()) == keys[3:]


def test_all_that_match_a_filter_are_touched_and_no_others(client: Client, cast: Cast) -> None:
    EnrolmentKeyFactory.create_batch(3, kind=Kind.MASS)
    client.post(reverse("connector:key_disable"), {"all": "1", "filter": "f=kind:mass"})
    assert set(EnrolmentKey.objects.filter(enabled=False).values_list("kind", flat=True)) == {Kind.MASS}
    wrong = client.post(reverse("connector:key_disable"), {"all": "1", "filter": "f=kind:wrong"})
    assert wrong.status_code == 400
    assert EnrolmentKey.objects.filter(enabled=False).count() == 3


@pytest.mark.parametrize("ids", ["", "x", "1,,x", ",", "9" * 30])
def test_a_selection_that_cannot_be_is_refused(client: Client, ids: str) -> None:
    assert client.post(reverse("connector:key_disable"), {"ids": ids}).status_code == 400


def test_states_and_filters(client: Client, cast: Cast) -> None:
    cast.things["enrolment_key"].delete()
    past = timezone.now() - timedelta(days=1)
    EnrolmentKeyFactory(name="active")
    EnrolmentKeyFactory(name="used", used_count=1, last_used_at=past, expires_at=past)
    EnrolmentKeyFactory(name="expired", expires_at=past, enabled=False)
    EnrolmentKeyFactory(name="disabled", enabled=False)
    EnrolmentKeyFactory(name="mass", kind=Kind.MASS, used_count=7)
    EnrolmentKeyFactory(name="bound", kind=Kind.BOUND, unit_id="00e0c5000001", directory=cast.things["directory"])
    for state in ("used", "expired", "disabled"):
        assert listed(client, f"?f=state:{state}") == [state]
    assert sorted(listed(client, "?f=state:active")) == ["active", "bound", "mass"]
    assert listed(client, "?f=kind:mass") == ["mass"]
    assert listed(client, "?f=unit-id:00e0c5*") == ["bound"]
    assert listed(client, "?f=directory:below own") == ["bound"]
    assert listed(client, "?q=e0c500") == ["bound"]
    assert listed(client, "?f=last-use:<2d") == ["used"]
    assert listed(client, "?f=-state:active&f=-state:used&f=name:d*") == ["disabled"]


def test_pages_go_forth_and_back_in_every_order(client: Client, cast: Cast) -> None:
    cast.things["enrolment_key"].delete()
    now = timezone.now()
    for number in range(ROWS + 20):
        EnrolmentKeyFactory(last_used_at=None if number % 3 else now - timedelta(hours=number), kind=Kind.MASS)
    for order in ("name", "-name", "kind", "state", "-used", "-created", "expires", "last-use", "-last-use"):
        first = client.get(reverse("connector:key_list"), {"sort": order}).context["page"]
        second = client.get(reverse("connector:key_list") + first.next_url).context["page"]
        back = client.get(reverse("connector:key_list") + second.previous_url).context["page"]
        assert (first.first, first.last, first.total) == (1, ROWS, ROWS + 20)
        assert (second.first, second.last, second.total) == (ROWS + 1, ROWS + 20, ROWS + 20), order
        assert not second.next_url and not first.previous_url
        assert len({key.pk for key in [*first.items, *second.items]}) == ROWS + 20, order
        assert [key.pk for key in back.items] == [key.pk for key in first.items], order


def test_a_filter_that_cannot_be_read_is_told(client: Client) -> None:
    answer = client.get(reverse("connector:key_list"), {"f": "state:wrong"})
    assert answer.status_code == 422
    assert "state:wrong" in answer.content.decode() and "active, disabled" in answer.content.decode()


def test_no_page_shows_a_text_unasked(client: Client, cast: Cast) -> None:
    key = EnrolmentKeyFactory(secret="never to be seen here", name="Shy")
    make(client, kind=Kind.MASS, text="nor this text of somebody")
    for url in (
        reverse("connector:key_list"),
        reverse("connector:key_edit", args=[key.pk]),
        reverse("connector:key_menu", args=[key.pk]),
        reverse("connector:key_delete") + f"?ids={key.pk}",
        reverse("audit:event_list"),
    ):
        page = client.get(url).content.decode()
        assert "never to be seen" not in page and "nor this text" not in page, url
        assert key.sealed_secret not in page and key.digest not in page, url


@pytest.mark.parametrize("role", ["admin", "reader", "stranger"])
def test_others_are_refused_and_told_so(cast: Cast, role: str) -> None:
    client = cast.client(role)
    assert client.get(reverse("connector:key_list")).status_code == 403
    assert make(client).status_code == 403
    assert "First-authentication Keys" not in client.get(reverse("devices:device_list")).content.decode()
