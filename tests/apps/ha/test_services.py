"""Services that administrators stop and start, and what a watchdog says of processes that cannot speak."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from ha.models import NetworkEvent, Node, Process
from ha.services import (
    Identity,
    clock_event,
    process_register,
    process_reported,
    service_start,
    service_stop,
)
from tests.cast import Cast
from ums.audit.models import Event
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, NotAllowed
from ums.domain.processes import ProcessType, ServiceStatus

pytestmark = pytest.mark.django_db

SERVER, BALANCER, WATCHDOG = ProcessType.SERVER, ProcessType.BALANCER, ProcessType.WATCHDOG


def node(name: str, *types: ProcessType, balancer: bool = True) -> Node:
    row = Node.objects.create(name=name, address="127.0.0.1", has_balancer=balancer, version="1")
    for kind in types:
        register(row, kind)
    return row


def register(of: Node, kind: ProcessType, pid: int = 7) -> Identity:
    id = str(of.pk) if kind == SERVER else f"{kind}-{uuid4()}"
    identity = Identity(id, kind, of.pk, of.name, str(uuid4()), "1", pid)
    process_register(identity=identity)
    return identity


def code(refused: pytest.ExceptionInfo[AppError]) -> str:
    return refused.value.code


def test_stop_and_start_are_what_is_wanted_and_recorded(cast: Cast) -> None:
    north = node("north", SERVER, WATCHDOG)
    node("south", SERVER, WATCHDOG)
    service_stop(actor=Actor.of(cast.root), node=north, component=SERVER)
    north.refresh_from_db()
    assert (north.server_wanted, north.balancer_wanted) == (False, True)
    service_stop(actor=Actor.of(cast.root), node=north, component=SERVER, confirmed=True)  # nothing new: no event
    service_start(actor=Actor.of(cast.root), node=north, component=SERVER)
    assert Node.objects.get(pk=north.pk).server_wanted
    told = Event.objects.filter(action__startswith="service.").order_by("pk").values_list("action", "object_name")
    assert list(told) == [("service.stopped", "UMS Server on north"), ("service.started", "UMS Server on north")]


def test_only_who_may_administer(cast: Cast) -> None:
    north = node("north", SERVER, WATCHDOG)
    for user in (cast.admin, cast.reader, cast.stranger):
        for service in (service_start, service_stop):
            with pytest.raises(NotAllowed):
                service(actor=Actor.of(user), node=north, component=SERVER)
    assert Node.objects.get(pk=north.pk).server_wanted


def test_the_last_server_needs_a_confirmation() -> None:
    north, south = node("north", SERVER, WATCHDOG), node("south", SERVER, WATCHDOG)
    Process.objects.filter(node=south, type=SERVER).update(timestamp=timezone.now() - timedelta(seconds=20))
    with pytest.raises(AppError) as refused:
        service_stop(actor=SYSTEM, node=north, component=SERVER)
    assert code(refused) == "last_server"
    service_stop(actor=SYSTEM, node=north, component=BALANCER)
    service_stop(actor=SYSTEM, node=north, component=SERVER, confirmed=True)
    assert not Node.objects.get(pk=north.pk).server_wanted


def test_a_server_that_was_told_to_stop_counts_no_more() -> None:
    north, south = node("north", SERVER, WATCHDOG), node("south", SERVER, WATCHDOG)
    service_stop(actor=SYSTEM, node=south, component=SERVER)
    with pytest.raises(AppError) as refused:  # south still runs: it drains
        service_stop(actor=SYSTEM, node=north, component=SERVER)
    assert code(refused) == "last_server"


def test_a_silent_watchdog_can_be_asked_nothing() -> None:
    north = node("north", SERVER)
    for service in (service_start, service_stop):
        with pytest.raises(AppError, match="The watchdog of north does not answer") as refused:
            service(actor=SYSTEM, node=north, component=SERVER)
        assert code(refused) == "watchdog_silent"


def test_a_component_that_is_not_there() -> None:
    north = node("north", SERVER, WATCHDOG, balancer=False)
    for component in (BALANCER, ProcessType.WORKER, WATCHDOG):
        with pytest.raises(AppError) as refused:
            service_stop(actor=SYSTEM, node=north, component=component)
        assert code(refused) == "no_component"


def report(node_id: UUID, pid: int, status: ServiceStatus, detail: str = "") -> Process:
    process_reported(node_id=node_id, id=str(node_id), type=SERVER, pid=pid, status=status, detail=detail)
    return Process.objects.get(node=node_id, type=SERVER)


def test_a_process_that_was_killed_is_reported_at_once() -> None:
    north = node("north")
    identity = register(north, SERVER)
    row = report(north.pk, 8, ServiceStatus.STARTING, "was ended by SIGKILL")
    assert (row.status, row.life, row.detail) == (ServiceStatus.FAILED, "", "was ended by SIGKILL")
    assert NetworkEvent.objects.filter(kind="failed").count() == 1
    assert report(north.pk, 8, ServiceStatus.STARTING).status == ServiceStatus.STARTING
    process_register(identity=replace(identity, life=str(uuid4()), pid=8))
    row = Process.objects.get(pk=identity.id)
    assert (row.status, row.pid, row.detail) == (ServiceStatus.RUNNING, 8, "")


def test_what_has_registered_speaks_for_itself() -> None:
    north = node("north")
    register(north, SERVER, pid=7)
    assert report(north.pk, 7, ServiceStatus.STOPPING).status == ServiceStatus.RUNNING


def test_what_keeps_ending_is_one_event_for_each_reason() -> None:
    north = node("north")
    for reason in ("no database", "no database", "no port"):
        report(north.pk, 0, ServiceStatus.FAILED, reason)
        row = report(north.pk, 9, ServiceStatus.STARTING, reason)
        assert (row.status, row.pid) == (ServiceStatus.STARTING, 0)
    texts = NetworkEvent.objects.filter(kind="failed").order_by("pk").values_list("text", flat=True)
    assert [text.rpartition(": ")[2] for text in texts] == ["no database", "no port"]


def test_a_clock_that_differs_is_an_event() -> None:
    identity = register(node("north"), WATCHDOG)
    clock_event(id=identity.id, text="has another time: 90 s.")
    assert NetworkEvent.objects.get(kind="clock").text == "UMS Watchdog on north has another time: 90 s."
