"""Which servers a load balancer uses, from the network's rows; and the files that it keeps."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from django.utils import timezone

from ha.balancer.certificate import Certificate, fingerprint
from ha.balancer.plan import Server, Want
from ha.balancer.trust import balancer_addresses
from ha.balancer.wanted import KnownServers, servers_wanted
from ha.models import Node, Process
from ums.domain.processes import LOST_AFTER, SUSPECT_AFTER, Mode, ProcessType, ServiceStatus
from ums.project.tls import server_files


def process(name: str, *, address: str = "127.0.0.1", age: float = 0, **values: object) -> Process:
    node = Node.objects.create(name=name, address=address, version="1.0", device_port=30002, has_balancer=True)
    now = timezone.now()
    given = {"type": ProcessType.SERVER, "status": ServiceStatus.RUNNING, "mode": Mode.NORMAL, **values}
    return Process.objects.create(
        id=str(uuid4()),
        host=name,
        node=node,
        timestamp=now - timedelta(seconds=age),
        started_at=now,
        version="1.0",
        life=str(uuid4()),
        **given,
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [Want.READY]),
        ({"age": SUSPECT_AFTER + 0.5}, [Want.SUSPECT]),
        ({"age": LOST_AFTER + 5}, [Want.SUSPECT]),
        ({"status": ServiceStatus.LOST}, [Want.LOST]),
        ({"status": ServiceStatus.STOPPING}, [Want.DRAIN]),
        ({"status": ServiceStatus.STARTING}, [Want.DRAIN]),
        ({"mode": Mode.UPDATE}, [Want.DRAIN]),
        ({"status": ServiceStatus.STOPPED}, []),
        ({"status": ServiceStatus.FAILED}, []),
        ({"type": ProcessType.WORKER}, []),
        ({"type": ProcessType.BALANCER}, []),
        ({"address": "10.0.0.1 ssl verify none\n"}, []),
        ({"address": "no-such-host.invalid"}, []),
    ],
)
@pytest.mark.django_db
def test_what_a_row_says(values: dict[str, object], expected: list[Want]) -> None:
    process("north", **values)  # type: ignore[arg-type]
    assert [one.want for one in servers_wanted()] == expected


@pytest.mark.django_db
def test_how_a_server_is_reached() -> None:
    by_address, by_name = process("north", address="127.0.0.5"), process("south", address="localhost")
    servers = {one.server.id: one.server for one in servers_wanted()}
    assert servers[by_address.pk] == Server(by_address.pk, "localhost", "127.0.0.5", 30002)
    assert servers[by_name.pk].name == "localhost" and servers[by_name.pk].address in {"127.0.0.1", "::1"}


@pytest.mark.django_db
def test_balancers_are_known_by_their_addresses() -> None:
    process("north", address="10.0.0.1")
    process("south", address="no-such-host.invalid")
    Node.objects.create(name="east", address="10.0.0.3", version="1.0", has_balancer=False)
    assert balancer_addresses() == {"10.0.0.1"}


def test_known_servers_are_kept_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "servers.json"
    known = [Server("a", "localhost", "10.0.0.1", 30002)]
    assert KnownServers(path).load() == []
    KnownServers(path).store(known)
    assert KnownServers(path).load() == known
    assert path.stat().st_mode & 0o777 == 0o600
    for damaged in ("", "{", "[1]", '[{"id": "a"}]'):
        path.write_text(damaged)
        assert KnownServers(path).load() == []


@pytest.mark.django_db
def test_a_certificate_is_taken_once_and_a_bad_one_never(tmp_path: Path) -> None:
    files = server_files(tmp_path, "127.0.0.1")
    certificate = Certificate(tmp_path)
    assert certificate.renew() and not certificate.renew()
    assert not Certificate(tmp_path).renew(), "it was there before"
    shown = fingerprint(tmp_path)
    assert len(shown) == 64
    good = files.certificate.read_text()
    for bad, complaint in (("nonsense", "PEM"), (another(tmp_path / "other"), "is not the key")):
        files.certificate.write_text(bad)
        with pytest.raises(ValueError, match=complaint):
            certificate.renew()
        assert not certificate.renew(), "one complaint is enough"
    files.certificate.unlink()
    with pytest.raises(FileNotFoundError):
        certificate.renew()
    assert not certificate.renew()
    assert fingerprint(tmp_path) == shown
    files.certificate.write_text(good)
    assert not certificate.renew(), "the same again"
    assert x509.load_pem_x509_certificates((tmp_path / "balancer" / "certificate.pem").read_bytes())


def another(directory: Path) -> str:
    return server_files(directory, "127.0.0.1").certificate.read_text()
