"""The life of processes in rows: started, beating, stopped, lost, back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from ha.heartbeat import Heartbeat
from ha.models import NetworkEvent, Node, Process
from ha.nodefile import NodeFile
from ha.services import (
    Figures,
    Identity,
    network_ensure,
    node_ensure,
    process_beat,
    process_ended,
    process_register,
    processes_lost,
)
from tests.factories.devices import DeviceFactory
from ums.devices.models import Presence
from ums.devices.services import presence_regained
from ums.domain.processes import LOST_AFTER, ProcessType, ServiceStatus

pytestmark = pytest.mark.django_db


def node(name: str = "north") -> Node:
    return node_ensure(
        node=NodeFile(
            id=str(uuid4()),
            network="",
            name=name,
            address="127.0.0.1",
            bind="127.0.0.1",
            server=True,
            balancer=True,
            web_port=8443,
            device_port=30002,
            balancer_port=30001,
            database_url="",
        )
    )


def identity(of: Node, kind: ProcessType = ProcessType.SERVER) -> Identity:
    return Identity(str(uuid4()), kind, of.pk, of.name, str(uuid4()), "1.0")


def registered(of: Node | None = None) -> Identity:
    who = identity(of or node())
    process_register(identity=who)
    return who


def age(who: Identity, seconds: float) -> None:
    Process.objects.filter(pk=who.id).update(timestamp=timezone.now() - timedelta(seconds=seconds))


def connected(life: str) -> Presence:
    device = DeviceFactory.create()
    return Presence.objects.update_or_create(
        device=device, defaults={"connected": True, "server": life, "last_contact": timezone.now()}
    )[0]


def events() -> list[str]:
    return list(NetworkEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_the_query_of_the_manual_answers() -> None:
    who = registered()
    with connection.cursor() as cursor:
        cursor.execute(
            "select ep.epr_process_id, ep.epr_process_host, ep.epr_process_mode, ep.epr_service_status "
            "from epr_processes ep where ep.epr_process_type = 'UMS_RMGUISERVER'"
        )
        assert cursor.fetchall() == [(who.id, "north", "NORMAL_MODE", "SERVICE_RUNNING")]
    process_ended(id=who.id, life=who.life)
    assert Process.objects.get().status == "SERVICE_STOPPED"


def test_a_beat_tells_figures_and_keeps_the_row_fresh() -> None:
    who = registered()
    age(who, 5)
    assert process_beat(identity=who, status=ServiceStatus.RUNNING, figures=Figures(connected=7, bus="redis"))
    row = Process.objects.get()
    assert (row.connected, row.bus) == (7, "redis")
    assert timezone.now() - row.timestamp < timedelta(seconds=4)
    assert abs(row.skew) < 2
    assert processes_lost() == 0


def test_a_silent_process_is_given_up_once_and_its_devices_are_let_go() -> None:
    silent, other = registered(), registered(node("south"))
    claim, kept = connected(silent.life), connected(other.life)
    age(silent, LOST_AFTER + 1)
    assert processes_lost() == 1
    assert processes_lost() == 0
    claim.refresh_from_db()
    kept.refresh_from_db()
    assert (claim.connected, kept.connected) == (False, True)
    assert Process.objects.get(pk=silent.id).status == "SERVICE_LOST"
    assert events() == ["started", "started", "lost"]


def test_who_was_given_up_writes_nothing_with_its_old_life_and_comes_back_with_a_new_one() -> None:
    who = registered()
    age(who, LOST_AFTER + 1)
    processes_lost()
    assert not process_beat(identity=who, status=ServiceStatus.RUNNING, figures=Figures())
    assert not process_ended(id=who.id, life=who.life)
    process_register(identity=replace(who, life=str(uuid4())))
    assert Process.objects.get().status == "SERVICE_RUNNING"
    assert events() == ["started", "lost", "back"]


def test_a_thread_that_was_given_up_registers_again_and_says_so() -> None:
    lives: list[str] = []
    heart = Heartbeat(identity(node()), reborn=lives.append)
    heart.beat()
    age(heart.identity, LOST_AFTER + 1)
    processes_lost()
    heart.beat()
    assert lives == [heart.identity.life] == [Process.objects.get().life]


def test_a_process_that_hangs_does_not_beat() -> None:
    heart = Heartbeat(identity(node()), alive=lambda: False)
    heart.beat()
    age(heart.identity, 5)
    heart.beat()
    assert timezone.now() - Process.objects.get().timestamp > timedelta(seconds=4)


def test_after_an_outage_of_the_database_nobody_is_judged() -> None:
    silent = registered(node("south"))
    age(silent, LOST_AFTER + 1)
    heart = Heartbeat(identity(node()), judges=True)
    heart.beat()
    heart.beat()
    assert Process.objects.get(pk=silent.id).status == "SERVICE_RUNNING"
    heart._beating_since -= LOST_AFTER + 1  # type: ignore[operator]
    heart.beat()
    assert Process.objects.get(pk=silent.id).status == "SERVICE_LOST"


def test_a_new_process_of_the_same_kind_takes_the_place_of_the_old_one() -> None:
    where = node()
    first = registered(where)
    claim = connected(first.life)
    second = registered(where)
    claim.refresh_from_db()
    assert not claim.connected
    assert list(Process.objects.values_list("pk", flat=True)) == [second.id]


def test_connections_are_claimed_again_unless_another_process_has_them() -> None:
    mine, elsewhere = connected("old life"), connected("another process")
    Presence.objects.filter(pk=mine.pk).update(connected=False)
    presence_regained(server="new life", device_ids=[mine.pk, elsewhere.pk])
    assert dict(Presence.objects.values_list("pk", "server")) == {
        mine.pk: "new life",
        elsewhere.pk: "another process",
    }
    assert Presence.objects.filter(connected=True).count() == 2


def test_the_network_is_one_row() -> None:
    assert network_ensure() == network_ensure()
