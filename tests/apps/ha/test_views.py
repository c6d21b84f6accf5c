"""The UMS Network pages and their API: what they show of a process, and what may be removed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ha.models import Network, NetworkEvent, Node, Process, ProcessSample
from tests.cast import Cast
from tests.factories import NodeFactory, ProcessFactory
from ums.audit.models import Event
from ums.domain.processes import SUSPECT_AFTER

pytestmark = pytest.mark.django_db

SERVERS = "/webapp/network/servers/"


@pytest.fixture
def root(cast: Cast) -> Client:
    return cast.client("root")


def test_servers_are_listed_with_the_columns_of_the_manual(root: Client) -> None:
    process = ProcessFactory.create(connected=1234)
    page = root.get(SERVERS).content.decode()
    for text in ("Process ID", "Process Name", "Timestamp", "Service status", "Mode", "Normal Mode"):
        assert text in page
    assert process.pk in page and "Service is running" in page and "1,234" in page


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"status": "SERVICE_STOPPED"}, "Service is stopped"),
        ({"status": "SERVICE_LOST"}, "Service does not answer"),
        ({"timestamp": timezone.now() - timedelta(seconds=SUSPECT_AFTER + 1)}, "Service is late"),
        ({"skew": 75.0}, "Its clock is 75 s ahead of"),
        ({"skew": -75.0}, "75 s behind"),
    ],
)
def test_what_is_wrong_with_a_process_is_said(root: Client, changes: dict[str, object], word: str) -> None:
    Process.objects.all().delete()
    if "timestamp" in changes:
        changes = {"timestamp": timezone.now() - timedelta(seconds=SUSPECT_AFTER + 1)}
    ProcessFactory.create(**changes)
    assert word in root.get(SERVERS).content.decode()


def test_load_balancers_have_a_list_of_their_own_and_an_empty_one_says_what_to_do(root: Client) -> None:
    assert "No load balancer" in root.get("/webapp/network/balancers/").content.decode()
    balancer = ProcessFactory.create(type="UMS_BROKER", id="ums-broker-1-2-0-0")
    assert balancer.pk in root.get("/webapp/network/balancers/").content.decode()
    assert balancer.pk not in root.get(SERVERS).content.decode()


def test_a_process_shows_its_pictures_its_node_and_its_events(root: Client) -> None:
    process = ProcessFactory.create()
    other = ProcessFactory.create(node=process.node, type="UMS_WATCHDOG", id="ums-watchdog-1-2-1-0")
    now = timezone.now().replace(second=0, microsecond=0)
    for minute, (connected, refused) in enumerate([(5, 0), (9, 3)]):
        at = now - timedelta(minutes=2 - minute)
        ProcessSample.objects.create(process=process, at=at, connected=connected, waiting=0, refused=refused)
    NetworkEvent.objects.create(at=now, kind="started", node_name="a", process_id=process.pk, text="It has started.")
    page = root.get(f"/webapp/network-processes/{process.pk}/").content.decode()
    assert "from 5 to 9, now 9" in page and other.pk in page and "It has started." in page


def test_only_what_is_gone_can_be_removed_and_its_node_goes_with_its_last_entry(root: Client) -> None:
    process = ProcessFactory.create()
    url = f"/webapp/network-processes/{process.pk}/delete"
    assert root.post(url).status_code == 409
    Process.objects.filter(pk=process.pk).update(status="SERVICE_STOPPED", life="")
    watchdog = ProcessFactory.create(node=process.node, type="UMS_WATCHDOG")
    assert "watchdog" in root.post(url, headers={"hx-request": "true"}).content.decode()
    watchdog.delete()
    assert root.post(url).status_code == 204
    assert not Node.objects.filter(pk=process.node_id).exists()
    assert Event.objects.get(action="process.deleted").before == {"host": process.host, "type": process.type}


def test_stopping_says_what_becomes_of_the_devices_and_starting_takes_it_back(root: Client) -> None:
    Process.objects.all().delete()
    node = NodeFactory.create()
    process = ProcessFactory.create(node=node, connected=1200)
    assert "Stop service" not in root.get(SERVERS).content.decode()
    ProcessFactory.create(node=node, type="UMS_WATCHDOG")
    assert "Stop service" in root.get(SERVERS).content.decode()
    url = f"/webapp/network-processes/{process.pk}"
    assert "No other server runs" in root.get(f"{url}/stop").content.decode()
    assert root.post(f"{url}/stop", {"left": "1"}).status_code == 409, "another one ran when the dialog was opened"
    ProcessFactory.create()
    assert "1,200 connected devices are asked" in root.get(f"{url}/stop").content.decode()
    assert root.post(f"{url}/stop", {"left": "1"}).status_code == 204
    node.refresh_from_db()
    assert not node.server_wanted
    Process.objects.filter(pk=process.pk).update(status="SERVICE_STOPPED", life="")
    assert "Start service" in root.get(f"{url}/").content.decode()
    assert root.post(f"{url}/start").status_code == 204
    node.refresh_from_db()
    assert node.server_wanted


def test_events_are_filtered_by_time_kind_and_host(root: Client) -> None:
    now = timezone.now()
    NetworkEvent.objects.create(at=now, kind="lost", node_name="north", text="The first one.")
    NetworkEvent.objects.create(at=now - timedelta(days=3), kind="lost", node_name="south", text="The second one.")
    url = "/webapp/network-events/"
    assert "The second one." in root.get(url).content.decode()
    for query in ({"f": "time:<1h"}, {"f": "host:north"}, {"f": "kind:lost", "q": "first"}):
        page = root.get(url, query).content.decode()
        assert "The first one." in page and "The second one." not in page
    assert "No event fits" in root.get(url, {"f": "-kind:lost"}).content.decode()


def test_the_cluster_address_is_saved_and_recorded(root: Client) -> None:
    url = "/webapp/network-settings/"
    saved = root.post(url, {"cluster_host": " ums.example.org ", "cluster_port": "443"})
    assert saved.status_code == 200 and "ums.example.org" in saved.content.decode()
    assert Network.objects.get().cluster_host == "ums.example.org"
    assert Event.objects.get(action="network.updated").after == {"cluster_host": "ums.example.org", "cluster_port": 443}
    assert root.post(url, {"cluster_host": "x", "cluster_port": "70000"}).status_code == 422


@pytest.mark.parametrize("host", ["a b", "http://x", "-x", "x/y", "x:443", "ä" * 300, "x..y"])
def test_what_is_no_host_name_is_no_cluster_address(root: Client, host: str) -> None:
    assert root.post("/webapp/network-settings/", {"cluster_host": host, "cluster_port": "443"}).status_code == 422
    answer = root.patch("/api/v1/network/", {"cluster_host": host}, content_type="application/json")
    assert answer.status_code == 400


def test_the_api_tells_processes_and_changes_the_address(root: Client) -> None:
    process = ProcessFactory.create(node=NodeFactory.create(name="north"))
    got = root.get(f"/api/v1/network/processes/{process.pk}/").json()
    assert (got["node"], got["type"], got["status"]) == ("north", "UMS_RMGUISERVER", "SERVICE_RUNNING")
    answer = root.post(f"/api/v1/network/processes/{process.pk}/stop/", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "watchdog_silent")
    answer = root.patch("/api/v1/network/", {"cluster_port": 444}, content_type="application/json")
    assert answer.json()["cluster_port"] == 444
