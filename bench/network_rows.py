"""The row of a server on the UMS Network page, in a browser: how long it takes to change after an administrator has
stopped the server there, and after the server was killed.

Of real processes: PostgreSQL, Redis, two nodes with devices behind them, Chromium. The page is of the server that
stays. The baseline is the row in the database, looked at all the time: what lies between is the
way to the browser.
"""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import TYPE_CHECKING

from bench.harness import Figure, figure
from tests.services.devices import Devices
from tests.services.ha_demo import mass_key
from tests.services.network import Network
from tests.services.packages import program
from tests.services.process import wait_until
from tests.services.server import PASSWORD
from ums.domain.processes import ServiceStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator, Page

    from tests.services.network import Member

DEVICES = 200
ROUNDS = 5
LIMIT_STOPPED, LIMIT_KILLED = 3.0, 10.0
PATIENCE = 60.0
RUNNING, STOPPED = "Service is running", "Service is stopped"
STATUS = (
    "SELECT epr_service_status FROM epr_processes process JOIN ha_node node ON node.id = process.node_id "
    "WHERE node.name = %s AND epr_process_type = 'UMS_RMGUISERVER'"
)


def measure() -> Iterator[Figure]:
    """Medians in seconds."""
    from playwright.sync_api import expect, sync_playwright

    from tests.e2e.actions import sign_in

    expect.set_options(timeout=PATIENCE * 1000)
    with Network() as network, sync_playwright() as playwright:
        network.join()
        north, south = network.members
        ways = [member.device_url for member in network.members]
        with Devices(ways, north.authority, mass_key(north), DEVICES, network.directory / "devices") as devices:
            devices.wait_connected(PATIENCE)
            flags = ["--disable-gpu", "--disable-dev-shm-usage"]
            if os.geteuid() == 0:
                flags.append("--no-sandbox")  # Chromium's sandbox refuses root
            browser = playwright.chromium.launch(executable_path=program("chromium"), args=flags)
            page = browser.new_page(ignore_https_errors=True)
            page.set_default_timeout(PATIENCE * 1000)
            sign_in(page, north.url, PASSWORD)
            page.goto(f"{north.url}/webapp/network/servers/")
            stopped, killed = [], []
            for _ in range(ROUNDS):
                stopped.append(_stopped(page, network, south))
                killed.append(_killed(page, network, south))
            browser.close()
    for name, times, limit in (("stopped", stopped, LIMIT_STOPPED), ("killed", killed, LIMIT_KILLED)):
        value, baseline = (median(column) for column in zip(*times, strict=True))
        yield figure(f"network_row_{name}_s", value, "s", baseline=baseline, limit=limit, absolute=True)


def _stopped(page: Page, network: Network, member: Member) -> tuple[float, float]:
    """Seconds until the row says so, in the browser and in the database. The server runs again afterwards."""
    from playwright.sync_api import expect

    row = _running(page, member)
    row.get_by_role("button", name="Stop service").click()
    button = page.get_by_role("dialog").get_by_role("button", name="Stop service")
    button.wait_for()
    times = _both(
        lambda: _status(network, member) == ServiceStatus.STOPPED,
        button.click,
        lambda: expect(row).to_contain_text(STOPPED),
    )
    row.get_by_role("button", name="Start service").click()
    _running(page, member)
    return times


def _killed(page: Page, network: Network, member: Member) -> tuple[float, float]:
    """As `_stopped`; its watchdog starts it again."""
    from playwright.sync_api import expect

    row = _running(page, member)
    process = member.pid_of("UMS_RMGUISERVER")
    times = _both(
        lambda: _status(network, member) != ServiceStatus.RUNNING,
        lambda: os.kill(process, signal.SIGKILL),
        lambda: expect(row).not_to_contain_text(RUNNING),
    )
    _running(page, member)
    return times


def _both(
    changed: Callable[[], bool], happens: Callable[[], object], shown: Callable[[], object]
) -> tuple[float, float]:
    """Seconds from what happens until the browser has shown it, and until the row of the database had changed."""
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        in_database = pool.submit(_moment, changed)
        happens()
        shown()
        return time.monotonic() - began, in_database.result() - began


def _moment(changed: Callable[[], bool]) -> float:
    """When it had changed, in monotonic seconds."""
    wait_until(changed, PATIENCE, "a changed row in the database", 0.01)
    return time.monotonic()


def _status(network: Network, member: Member) -> str | None:
    """What the row of the member's server says; None without a row."""
    rows = network.query(STATUS, member.name)
    return rows[0][0] if rows else None


def _running(page: Page, member: Member) -> Locator:
    """The member's row, once it says that the server runs."""
    from playwright.sync_api import expect

    row = page.locator("tbody tr").filter(has=page.get_by_role("cell", name=member.name, exact=True))
    expect(row).to_contain_text(RUNNING)
    return row
