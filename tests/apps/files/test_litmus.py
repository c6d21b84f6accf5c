"""The WebDAV test suite of the Debian package litmus, over TLS, against a server as users start it."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import httpx
import pytest

from tests.apps.files.dav import basic
from tests.services.packages import program
from tests.services.process import wait_until
from tests.services.server import PASSWORD, Server

SUITES = ("basic", "copymove", "props", "locks", "http")


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """On a database of the kind that the run was started with."""
    url = ""
    if os.environ.get("UMS_DATABASE_URL", "").startswith("postgres"):
        url = request.getfixturevalue("postgresql").create_database(f"litmus_{os.getpid()}")
    running = Server(tmp_path_factory.mktemp("dav") / "data", database_url=url)
    running.start()
    yield running
    running.stop()


@pytest.mark.timeout(300)
def test_litmus(server: Server, tmp_path: Path) -> None:
    url = f"{server.url}/ums_filetransfer/"
    done = subprocess.run(
        [program("litmus"), "-k", url, "admin", PASSWORD],
        env={**os.environ, "TESTS": " ".join(SUITES)}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    passed = re.findall(r"summary for `(\w+)': of \d+ tests run: \d+ passed, 0 failed", done.stdout)
    assert (tuple(passed), done.returncode) == (SUITES, 0), done.stdout + done.stderr


@pytest.fixture
def trust(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.data / "tls" / "ca.pem")


@pytest.mark.timeout(300)
def test_a_large_file_comes_and_goes_in_parts(server: Server, trust: ssl.SSLContext) -> None:
    part = os.urandom(2**20)
    with httpx.Client(base_url=f"{server.url}/ums_filetransfer/", auth=("admin", PASSWORD), verify=trust) as client:
        assert client.put("large", content=(part for _ in range(40)), timeout=60).status_code == 201
        got = client.get("large", headers={"Range": "bytes=41943039-"})
        assert (got.status_code, got.content) == (206, part[-1:])
        assert "default-src 'none'" in got.headers["content-security-policy"]
        assert client.delete("large").status_code == 204
        assert client.request("PROPFIND", "", content=b" " * 300_000).status_code == 413
        assert client.get("%2e%2e/secret.key").status_code == 400


@pytest.mark.timeout(300)
def test_an_upload_that_breaks_off_leaves_nothing(server: Server, trust: ssl.SSLContext) -> None:
    half = put(server, trust, "half", 100_000_000)
    half.send(os.urandom(2**20))
    incoming = server.data / "files" / "incoming"
    wait_until(lambda: any(incoming.glob("*")), 30, "bytes on the disk")
    half.close()
    wait_until(lambda: not any(incoming.glob("*")), 30, "an empty room")
    whole = put(server, trust, "half", 5 * 2**30)
    with whole.getresponse() as refused:
        assert refused.status == 413
    whole.close()


def put(server: Server, trust: ssl.SSLContext, name: str, length: int) -> HTTPSConnection:
    """A PUT that was begun."""
    connection = HTTPSConnection(server.address, server.port, context=trust, timeout=30)
    connection.putrequest("PUT", f"/ums_filetransfer/{name}")
    connection.putheader("Authorization", basic("admin", PASSWORD))
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    return connection
