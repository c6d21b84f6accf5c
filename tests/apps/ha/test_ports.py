"""`ums node ports`: another port is free, written whole, and told."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from uuid import uuid4

import pytest

from ha import nodefile
from ha.models import Node
from ha.nodefile import NodeFile
from ha.selectors import device_servers
from ha.services import node_ensure, node_ports_set
from tests.factories.accounts import UserFactory
from tests.services.process import free_port
from ums.audit.models import Event
from ums.core.actor import Actor
from ums.core.errors import NotAllowed
from ums.project.cli import main

pytestmark = pytest.mark.django_db(transaction=True)


def make(data: Path, **changes: object) -> NodeFile:
    data.mkdir(exist_ok=True)
    known = {"id": str(uuid4()), "network": "", "name": "north", "address": "127.0.0.1", "bind": "127.0.0.1"}
    known |= {"server": True, "balancer": True, "web_port": 8443, "device_port": 30002, "balancer_port": 30001}
    node = NodeFile(**{**known, "database_url": "", **changes})  # type: ignore[arg-type]
    nodefile.write(data, node)
    return node


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UMS_DATA", str(tmp_path / "node"))
    return tmp_path / "node"


def ports(data: Path, *options: str) -> int:
    return main(["node", "ports", *options, "--data", str(data)])


def test_they_are_shown(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(data, web_port=9000)
    assert ports(data) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], line[-2], line[-1]) for line in lines[1:]] == [
        ("9000", "--web-port", "8443"),
        ("30002", "--device-port", "30002"),
        ("30001", "--balancer-port", "30001"),
    ]


def test_a_server_alone_usually_has_the_port_of_a_load_balancer(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(data, balancer=False, device_port=30001)
    assert ports(data) == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[0::3][-1] == "30001"


def test_a_stopped_node_gets_them_at_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node = make(data)
    node_ensure(node=node)
    web, device, balancer = free_port(), free_port(), free_port()
    options = ("--web-port", str(web), "--device-port", str(device), "--balancer-port", str(balancer))
    assert ports(data, *options) == 0
    stored = nodefile.read(data)
    row = Node.objects.get(pk=node.id)
    assert stored and (stored.web_port, stored.device_port, stored.balancer_port) == (web, device, balancer)
    assert (row.web_port, row.device_port, row.balancer_port) == (web, device, balancer)
    assert (data / "node.toml").stat().st_mode & 0o777 == 0o600
    event = Event.objects.get(action="node.ports_changed")
    assert event.after == {"web_port": web, "device_port": device, "balancer_port": balancer}
    assert "network tokens" in capsys.readouterr().out
    assert isinstance(device_servers(), list)


def test_a_node_that_runs_gets_them_at_its_next_start(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node = make(data)
    node_ensure(node=node)
    lock = os.open(data / "node.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        port = free_port()
        assert ports(data, "--device-port", str(port)) == 0
    finally:
        os.close(lock)
    assert "until it is restarted" in capsys.readouterr().out
    assert Node.objects.get(pk=node.id).device_port == 30002, "load balancers would look where nobody listens"
    stored = nodefile.read(data)
    assert stored and stored.device_port == port
    node_ensure(node=stored)
    assert Node.objects.get(pk=node.id).device_port == port


def test_what_cannot_be(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node = make(data, balancer=False, device_port=30002)
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        assert ports(data, "--device-port", str(busy.getsockname()[1])) == 1
    assert ports(data, "--balancer-port", str(free_port())) == 1
    assert nodefile.read(data) == node
    make(data)
    assert ports(data, "--device-port", "30001") == 1
    said = capsys.readouterr().err
    assert "in use" in said and "means nothing here" in said and "named twice" in said
    with pytest.raises(SystemExit):
        ports(data, "--web-port", "70000")
    assert ports(data.parent / "nowhere") == 1


def test_only_who_may_administer(data: Path) -> None:
    with pytest.raises(NotAllowed):
        node_ports_set(actor=Actor.of(UserFactory()), node=make(data), now=True)
