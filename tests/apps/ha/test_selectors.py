"""What devices are told of the network: where they find servers."""

from __future__ import annotations

import socket

import pytest

from ha.balancer.names import addresses_of
from ha.selectors import device_servers
from ha.services import network_ensure
from tests.factories import NodeFactory, ProcessFactory

pytestmark = pytest.mark.django_db


def test_the_servers_that_run_then_the_load_balancers_then_the_cluster_address() -> None:
    north = NodeFactory.create(address="10.0.0.1", device_port=30002)
    south = NodeFactory.create(address="fd00::2", device_port=30002)
    ProcessFactory.create(node=north)
    ProcessFactory.create(node=NodeFactory.create(), status="SERVICE_STOPPED")
    assert device_servers() == ["https://10.0.0.1:30002"]
    for node in (north, south):
        ProcessFactory.create(node=node, type="UMS_BROKER")
    assert sorted(device_servers()) == ["https://10.0.0.1:30001", "https://[fd00::2]:30001"]
    network = network_ensure()
    network.cluster_host, network.cluster_port = "ums.example.org", 443
    network.save()
    assert device_servers() == ["https://ums.example.org:443"]


def test_a_name_that_cannot_be_resolved_keeps_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "127.0.0.1" in addresses_of("localhost")

    def away(*args: object, **options: object) -> None:
        raise socket.gaierror("Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", away)
    assert "127.0.0.1" in addresses_of("localhost")
    assert addresses_of("never.example.org") == ()


@pytest.mark.parametrize("name", ["ums1..example.org", "x" * 64 + ".example.org"])
def test_what_is_no_name_has_no_address(name: str) -> None:
    assert addresses_of(name) == ()
