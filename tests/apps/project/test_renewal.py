"""Certificates that run out soon are renewed while who shows them runs, and no connection is lost."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509

from tests.services.balancer import Balancer
from tests.services.postgresql import PostgreSQL
from tests.services.process import wait_until
from tests.services.server import Server

SHORT = """
import sys
from datetime import timedelta
import django; django.setup()
from http.client import HTTPSConnection
from pathlib import Path
from ums.connector import issuer
from ums.core.private import write_private
from ums.project.hosts import new_key, public_pem, server_names
issuer.LIFETIME = timedelta(days=20)
key, private = new_key()
certificate = issuer.WebIssuer().certificate(public_key=public_pem(key), names=server_names(sys.argv[2]))
tls = Path(sys.argv[1])
write_private(tls / "server.key", private)
write_private(tls / "server.pem", certificate)
"""


def make_short(server: Server, tls: Path) -> None:
    """Put a certificate in place that is good for 20 days."""
    env = {**os.environ, **server.environment}
    subprocess.run([sys.executable, "-c", SHORT, tls, server.address], env=env, check=True)


def leaf(address: str, port: int, authority: Path) -> x509.Certificate:
    """The certificate that is shown now."""
    context = ssl.create_default_context(cafile=authority)
    with (
        socket.create_connection((address, port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=address) as secured,
    ):
        return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")


def lasts(certificate: x509.Certificate) -> bool:
    """Whether it is one of those with 13 months."""
    return (certificate.not_valid_after_utc - datetime.now(UTC)).days > 300


def asked(held: HTTPSConnection) -> int:
    """What a request on a connection gets that is open, and is not opened again."""
    held.request("GET", "/ums/check-status")
    answer = held.getresponse()
    answer.read()
    return answer.status


def renewed(server: Server, where: tuple[str, int, Path], tls: Path) -> None:
    """The certificate is about to run out: a new one is shown, and a connection goes on."""
    wait_until(lambda: lasts(leaf(*where)), 30, "a good certificate at the start")
    first = leaf(*where)
    held = HTTPSConnection(where[0], where[1], context=ssl.create_default_context(cafile=where[2]), timeout=10)
    held.connect()
    held.auto_open = 0
    make_short(server, tls)

    def another() -> bool:
        return asked(held) == 200 and leaf(*where) != first and lasts(leaf(*where))

    wait_until(another, 60, "another good certificate", 0.2)
    assert asked(held) == 200, "the connection goes on"
    held.close()
    assert leaf(*where) == x509.load_pem_x509_certificates((tls / "server.pem").read_bytes())[0]


def test_a_server_renews_while_it_runs(tmp_path: Path) -> None:
    server = Server(tmp_path / "ums")
    server.environment["UMS_RENEWAL_CHECK"] = "1"
    server.start()
    try:
        tls = server.data / "tls"
        renewed(server, (server.address, server.port, tls / "ca.pem"), tls)
    finally:
        server.stop()


@pytest.mark.live
@pytest.mark.timeout(300)
def test_a_load_balancer_alone_renews_by_itself(tmp_path: Path, postgresql: PostgreSQL) -> None:
    server = Server(tmp_path / "ums", database_url=postgresql.create_database(f"renewal_{os.getpid()}"))
    server.environment["UMS_MASTER_KEY"] = "the master key of the network"
    server.start()
    balancer = Balancer(tmp_path / "balancer", server)
    tls = balancer.data / "tls"
    make_short(server, tls)
    balancer.environment["UMS_RENEWAL_CHECK"] = "1"
    try:
        balancer.start()
        balancer.wait_servers({server.port: "ready"})
        renewed(server, (balancer.address, balancer.port, server.data / "tls" / "ca.pem"), tls)
        mine, theirs = ((one / "tls" / "server.key").read_text() for one in (balancer.data, server.data))
        assert mine != theirs
        assert not (balancer.directory / "certificate.pem").stat().st_mode & 0o77
    finally:
        balancer.stop()
        server.stop()
