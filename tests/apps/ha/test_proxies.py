"""The example configurations of docs/proxies.md with the real NGINX and HAProxy, before a real server."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.agent import Agent
from tests.services.proxies import Proxy
from tests.services.server import Server

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

NEAR = "127.0.0.7"
"""A client that may read the metrics; the proxy itself may not."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("proxied"))
    running.environment |= {"UMS_TRUSTED_PROXIES": "127.0.0.1/32", "UMS_METRICS_NETWORKS": f"{NEAR}/32"}
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def proxy(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    running = Proxy(request.param, tmp_path_factory.mktemp(request.param), server)
    running.start()
    assert running.process is not None
    with client(running, server) as asking:
        running.process.wait_ready(lambda: answers(asking))
    yield running
    running.stop()


def client(proxy: Proxy, server: Server, address: str = "127.0.0.1") -> httpx.Client:
    trust = ssl.create_default_context(cafile=server.data / "tls" / "ca.pem")
    transport = httpx.HTTPTransport(verify=trust, local_address=address)
    return httpx.Client(base_url=proxy.url, transport=transport, timeout=30)


def answers(asking: httpx.Client) -> bool:
    try:
        return asking.get("/ums/check-status").is_success
    except httpx.HTTPError:
        return False


def test_a_device_enrols_and_gets_settings(proxy: Proxy, server: Server, tmp_path: Path) -> None:
    unit_id = f"PROXY{proxy.port}"
    with server.api() as api:
        made = api.post("enrolment-keys/", json={"name": unit_id, "kind": "bound", "unit_ids": [unit_id]})
        made.raise_for_status()
    agent = Agent(
        tmp_path / "state", server, made.json()["items"][0]["secret"], unit_id=unit_id, name="proxied", url=proxy.url
    )
    try:
        agent.start()
        assert agent.values
    finally:
        agent.stop()


def test_the_server_knows_the_client_and_believes_no_claims(proxy: Proxy, server: Server) -> None:
    with client(proxy, server, NEAR) as near, client(proxy, server) as far:
        assert near.get("/metrics").status_code == 200
        assert far.get("/metrics").status_code == 403
        assert far.get("/metrics", headers={"X-Forwarded-For": NEAR}).status_code == 403
        assert near.get("/metrics", headers={"X-Forwarded-For": "127.0.0.8"}).status_code == 200


def test_the_console_takes_forms(proxy: Proxy, server: Server) -> None:
    """A form whose page has come through the proxy is taken: name and port are those that the client sees."""
    with client(proxy, server) as asking:
        page = asking.get("/webapp/login/", follow_redirects=True)
        assert page.is_success
        token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        answer = asking.post(
            page.url,
            data={"csrfmiddlewaretoken": token, "username": "nobody", "password": "wrong"},
            headers={"Origin": proxy.url, "Referer": str(page.url)},
        )
        assert answer.status_code != 403, answer.text
