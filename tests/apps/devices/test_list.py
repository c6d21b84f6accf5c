"""The list of devices: what is shown to whom, pages both ways, orders, filters, CSV, and bulk actions on the filter."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import Cast
from tests.factories import DeviceFactory, DirectoryFactory, root
from ums.devices import tables
from ums.devices.models import Device, Presence, SettingsState
from ums.devices.services import last_users_write
from ums.jobs.models import Batch

pytestmark = pytest.mark.django_db
LIST = "/webapp/devices/"


def ids(response: Any) -> list[int]:
    """The rows of a page, top to bottom."""
    return [int(pk) for pk in re.findall(r'<tr data-id="(\d+)"', response.content.decode())]


def link(response: Any, rel: str) -> str:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', response.content.decode())
    return unescape(found[1]) if found else ""


@pytest.fixture
def client(cast: Cast) -> Client:
    return cast.client("root")


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "PAGE", 10)


def test_everyone_sees_their_own(cast: Cast) -> None:
    own, elsewhere = cast.things["device"].pk, cast.things["elsewhere"].pk
    assert set(ids(cast.client("root").get(LIST))) == {own, elsewhere}
    for role in ("admin", "reader"):
        assert ids(cast.client(role).get(LIST)) == [own]
        assert ids(cast.client(role).get(f"{LIST}rows?ids={own},{elsewhere}")) == [own]
    assert ids(cast.client("stranger").get(LIST)) == []


def test_actions_are_offered_to_those_who_may(cast: Cast) -> None:
    for role, offered in (("admin", True), ("reader", False)):
        page = cast.client(role).get(LIST).content.decode()
        assert ("/webapp/devices/move" in page) is offered
        assert ("/webapp/commands/give" in page) is offered


@pytest.mark.parametrize("sort", ["", "-name", "last_contact", "-last_contact", "site", "-directory", "registered_at"])
@pytest.mark.usefixtures("short_pages")
def test_pages_go_forward_and_back_over_each_device_once(client: Client, sort: str) -> None:
    for number in range(33):
        device = DeviceFactory(site="ABC"[number % 3])
        if number % 4:
            contact = timezone.now() - timedelta(minutes=number % 5)
            Presence.objects.filter(device=device).update(last_contact=contact)
    pages, response = [], client.get(LIST, {"sort": sort})
    while True:
        pages.append(ids(response))
        if not (following := link(response, "next")):
            break
        response = client.get(following)
    assert [len(page) for page in pages] == [10, 10, 10, 5]
    assert sorted(pk for page in pages for pk in page) == sorted(Device.objects.values_list("pk", flat=True))
    assert "31–35 of 35 devices" in response.content.decode()
    for page in reversed(pages[:-1]):
        response = client.get(link(response, "prev"))
        assert ids(response) == page
    assert not link(response, "prev") and "1–10 of 35" in response.content.decode()


def test_the_order_is_what_it_says(client: Client) -> None:
    now = timezone.now()
    for minutes in (3, 1, None, 2):
        device = DeviceFactory(name=f"m{minutes}")
        contact = now - timedelta(minutes=minutes) if minutes else None
        Presence.objects.filter(device=device).update(last_contact=contact)
    Device.objects.exclude(name__startswith="m").delete()

    def names(sort: str) -> list[str]:
        found = Device.objects.in_bulk()
        return [found[pk].name for pk in ids(client.get(LIST, {"sort": sort}))]

    assert names("-last_contact") == ["m1", "m2", "m3", "mNone"]
    assert names("last_contact") == ["mNone", "m3", "m2", "m1"]
    assert names("nonsense") == ["m1", "m2", "m3", "mNone"]


@pytest.mark.parametrize("cursor", ["rubbish", "W10", "WyJzaXRlIiwiQSIsMV0"])
def test_a_cursor_that_is_not_ours_is_the_first_page(client: Client, cursor: str) -> None:
    for name in ("after", "before"):
        assert len(ids(client.get(LIST, {name: cursor}))) == 2


def test_filters_and_directories_narrow(client: Client) -> None:
    outer = DirectoryFactory()
    inner = DeviceFactory(directory=DirectoryFactory(parent=outer), site="New York")
    SettingsState.objects.filter(device=inner).update(pending=False, error="no space left")
    assert ids(client.get(LIST, {"directory": outer.pk})) == [inner.pk]
    assert ids(client.get(LIST, {"f": "site:New York"})) == [inner.pk]
    assert ids(client.get(LIST, {"f": ["settings:error", "needs:attention"]})) == [inner.pk]
    assert ids(client.get(LIST, {"f": "settings:pending", "directory": outer.pk})) == []
    assert ids(client.get(LIST, {"q": inner.unit_id[-4:]})) == [inner.pk]


def test_a_wrong_filter_says_so_and_can_be_cleared(client: Client) -> None:
    response = client.get(LIST, {"f": "status:sideways"})
    assert response.status_code == 422
    assert "Choose one of online" in response.content.decode()


def test_nothing_has_three_faces(cast: Cast, client: Client) -> None:
    assert "No device matches" in client.get(LIST, {"q": "nowhere"}).content.decode()
    empty = DirectoryFactory()
    assert "No devices in this directory" in client.get(LIST, {"directory": empty.pk}).content.decode()
    Device.objects.all().delete()
    page = client.get(LIST).content.decode()
    assert "ums agent --server https://localhost --key-file key.txt" in page
    assert "Create a key" in page and "Create a key" not in cast.client("admin").get(LIST).content.decode()


def test_queries_do_not_grow_with_rows(client: Client) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    addresses = [LIST, f"{LIST}?sort=-last_contact", f"{LIST}?f=status:never&q=e", f"{LIST}?directory={root().pk}"]
    before = [queries(address) for address in addresses]
    DeviceFactory.create_batch(30)
    assert [queries(address) for address in addresses] == before


def test_new_devices_are_announced(client: Client) -> None:
    page = client.get(LIST).content.decode()
    added = unescape(re.search(r'hx-get="([^"]*/added[^"]*)"', page)[1])  # type: ignore[index]
    assert client.get(added).content.decode().strip() == ""
    DeviceFactory.create_batch(2)
    assert "2 new, show" in client.get(added).content.decode()


def test_csv_holds_what_the_filter_shows_and_no_formulas(client: Client) -> None:
    for site in ("=1+1", "@x", "+49", "-5", "\t=2", "plain", 'a "quoted", one'):
        DeviceFactory(site=site, department="csv")
    response = client.get(f"{LIST}export.csv", {"f": "department:csv"})
    assert response["Content-Disposition"].startswith("attachment")
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.DictReader(text.splitlines()))
    assert sorted(row["Site"] for row in rows) == sorted(
        ["'=1+1", "'@x", "'+49", "'-5", "'\t=2", "plain", 'a "quoted", one']
    )
    assert {row["Status"] for row in rows} == {"never"}


# ---------------------------------------------------------------- bulk actions on the filter


@pytest.fixture
def offline(cast: Cast) -> list[Device]:
    """Devices of one site in the admin's subtree, and others beside them."""
    own = cast.own["device"]
    DeviceFactory.create_batch(3, directory=own, site="Elsewhere")
    DeviceFactory(directory=cast.other["device"], site="Bremen")
    return DeviceFactory.create_batch(4, directory=cast.things["directory"], site="Bremen")


def matching(cast: Cast) -> dict[str, str]:
    query = urlencode({"directory": cast.own["device"].pk, "f": "site:Bremen", "sort": "-name", "after": "x"})
    return {"all": "1", "filter": query}


def test_the_dialog_counts_and_names(cast: Cast, offline: list[Device]) -> None:
    page = cast.client("admin").get(f"{LIST}move", matching(cast)).content.decode()
    assert "Move 4 devices" in page and 'name="expect" value="4"' in page
    assert all(device.name in page for device in offline)


def test_a_command_goes_to_exactly_what_the_filter_shows(cast: Cast, offline: list[Device]) -> None:
    data = {**matching(cast), "kind": "message", "text": "Hello", "expect": "4"}
    assert cast.client("admin").post("/webapp/commands/give", data).status_code == 204
    batch = Batch.objects.latest("pk")
    assert set(batch.commands.values_list("device", flat=True)) == {device.pk for device in offline}
    assert batch.target == "Own and below, site:Bremen"


def test_a_filter_that_shows_others_by_now_does_nothing(cast: Cast, offline: list[Device]) -> None:
    DeviceFactory(directory=cast.things["directory"], site="Bremen")
    for path in (f"{LIST}move", f"{LIST}delete", "/webapp/commands/give"):
        data = {**matching(cast), "kind": "reboot", "expect": "4", "confirm": "4", "directory": cast.own["device"].pk}
        response = cast.client("admin").post(path, data)
        assert response.status_code == 422 and "5 devices by now" in response.content.decode()
        assert 'name="expect" value="5"' in response.content.decode()
    assert Device.objects.filter(directory=cast.things["directory"]).count() == 5


def test_deletion_of_the_filter_asks_for_the_number(cast: Cast, offline: list[Device]) -> None:
    client = cast.client("admin")
    kept = set(Device.objects.exclude(pk__in=[one.pk for one in offline]).values_list("pk", flat=True))
    data = {**matching(cast), "expect": "4"}
    assert client.post(f"{LIST}delete", data).status_code == 422
    assert client.post(f"{LIST}delete", {**data, "confirm": "4"}).status_code == 204
    assert set(Device.objects.values_list("pk", flat=True)) == kept


def test_what_one_may_not_touch_is_left_out_and_said(cast: Cast) -> None:
    own, elsewhere = cast.things["device"], cast.things["elsewhere"]
    client = cast.client("admin")
    response = client.post(f"{LIST}delete", {"ids": f"{own.pk},{elsewhere.pk}", "expect": "2", "confirm": "2"})
    assert response.status_code == 422
    assert Device.objects.filter(pk__in=[own.pk, elsewhere.pk]).count() == 2


@pytest.mark.parametrize("given", [{}, {"ids": ""}, {"ids": "1,x"}, {"ids": "-1"}, {"ids": "9" * 30}])
def test_no_selection_is_refused(client: Client, given: dict[str, str]) -> None:
    assert client.get(f"{LIST}move", given).status_code == 400


def test_an_all_with_a_directory_that_is_no_number_is_nothing_not_everything(client: Client) -> None:
    assert client.get(f"{LIST}delete", {"all": "1", "filter": "directory=x"}).status_code == 404


def test_a_move_can_be_undone_from_the_toast(cast: Cast, offline: list[Device]) -> None:
    import json

    client = cast.client("admin")
    data = {**matching(cast), "expect": "4", "directory": cast.own["device"].pk}
    response = client.post(f"{LIST}move", data)
    toast = json.loads(response["HX-Trigger"])["ums:toast"]
    assert toast["text"] == "Moved 4 devices to Own."
    assert Device.objects.filter(directory=cast.things["directory"]).count() == 0
    back = client.post(toast["undo"]["url"])
    assert "Moved 4 devices back" in back["HX-Trigger"]
    assert Device.objects.filter(directory=cast.things["directory"]).count() == 4
    assert cast.client("reader").post(toast["undo"]["url"]).status_code == 400


def test_selected_devices_go_to_the_dialog_assign(cast: Cast) -> None:
    response = cast.client("admin").get(f"{LIST}assign", {"ids": cast.things["device"].pk})
    assert response.status_code == 302 and response["Location"].endswith(f"device={cast.things['device'].pk}")


def test_the_last_user_is_shown_and_found(cast: Cast) -> None:
    device = cast.things["device"]
    last_users_write(users={device.pk: "Ada <b>"})
    client = cast.client("admin")
    assert "Ada &lt;b&gt;" in client.get(LIST).text
    assert ids(client.get(LIST, {"f": "last-user:ada*"})) == [device.pk]
    assert ids(client.get(LIST, {"f": "last-user:bob"})) == []
