"""The network as an administrator sees it: two nodes with load balancers and devices, a server that is stopped from the
page and started again, one that is killed, a third node that joins by the token."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.actions import sign_in
from tests.services.ha_demo import fleet, mass_key
from tests.services.network import Network
from tests.services.process import wait_until
from tests.services.server import PASSWORD

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

DEVICES = 10
RUNNING, STOPPED = "Service is running", "Service is stopped"


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """Two nodes, and devices through both load balancers."""
    with ExitStack() as stack:
        running = stack.enter_context(Network())
        running.join()
        key = mass_key(running.members[0])
        for seed, member in enumerate(running.members, 1):
            stack.callback(fleet(running, member, DEVICES // 2, key, seed).stop)
        yield running


def test_the_list_is_right_all_the_time(page: Page, network: Network) -> None:
    north, south = network.members
    sign_in(page, north.url, PASSWORD)
    for kind in ("balancers", "servers"):
        page.goto(f"{north.url}/webapp/network/{kind}/")
        for name in ("north", "south"):
            expect(_row(page, name)).to_contain_text(RUNNING)
            expect(_row(page, name)).to_contain_text("Normal Mode")
    _all_online(network)

    _row(page, "south").get_by_role("button", name="Stop service").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop service").click()
    expect(_row(page, "south")).to_contain_text(STOPPED)
    expect(_row(page, "north").locator("td.num")).to_have_text(str(DEVICES))
    _row(page, "south").get_by_role("button", name="Start service").click()
    expect(_row(page, "south")).to_contain_text(RUNNING)

    os.kill(south.pid_of("UMS_RMGUISERVER"), signal.SIGKILL)
    expect(_row(page, "south")).not_to_contain_text(RUNNING)
    expect(_row(page, "south")).to_contain_text(RUNNING)
    _all_online(network)

    network.join("server")
    expect(_row(page, "west")).to_contain_text(RUNNING)
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody tr").filter(has_text=RUNNING)).to_have_count(3)


def _row(page: Page, name: str) -> Locator:
    return page.locator("tbody tr").filter(has=page.get_by_role("cell", name=name, exact=True))


def _all_online(network: Network) -> None:
    with network.members[0].api() as api:

        def online() -> bool:
            devices = api.get("devices/", params={"limit": 100}).json()["items"]
            return sum(device["status"] == "online" for device in devices) == DEVICES

        wait_until(online, 120, "all devices online", every=0.5)
