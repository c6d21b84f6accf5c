"""A real browser against a real server. Pictures of failed tests are kept in test-results/."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import urlparse
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.e2e.actions import sign_in
from tests.services.packages import program
from tests.services.postgresql import create_database
from tests.services.server import PASSWORD, Server

RESULTS = Path(__file__).resolve().parent.parent.parent / "test-results"
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
"""Quiet, also on machines without a graphics card, much shared memory or a way to the internet."""

PATIENCE = 60_000
"""Milliseconds after which something did not happen. Machines that run tests stand still for seconds at times; how fast
things are is measured in bench/."""

expect.set_options(timeout=PATIENCE)

PHASE = pytest.StashKey[dict[str, pytest.TestReport]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember how a test ended, for the fixture that takes the picture."""
    report = yield
    item.stash.setdefault(PHASE, {})[report.when] = report
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS  # Chromium's sandbox refuses root
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program("chromium"), args=flags)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh window. The test fails too when a script fails in it or the page breaks its own security policy."""
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    broken: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            broken.append(message.text)

    opened.on("console", listen)
    opened.on("pageerror", lambda error: broken.append(str(error)))
    yield opened
    report = request.node.stash.get(PHASE, {}).get("call")
    if broken or report is None or report.failed:
        RESULTS.mkdir(exist_ok=True)
        opened.screenshot(path=RESULTS / f"{re.sub(r'[^a-z0-9]+', '-', request.node.name.lower())}.png", full_page=True)
    context.close()
    assert not broken, f"errors in the page: {broken}"


def fresh_database_url() -> str:
    """An empty database of the kind that the run was started with; empty text for SQLite in the data directory."""
    url = os.environ.get("UMS_DATABASE_URL", "")
    if not url.startswith("postgres"):
        return ""
    name = f"e2e_{uuid4().hex[:12]}"
    create_database(urlparse(url)._replace(path="/postgres").geturl(), name)
    return urlparse(url)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`ums up --demo 25`, started once for a module of tests."""
    running = Server(tmp_path_factory.mktemp("ums"), database_url=fresh_database_url(), demo=25)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def console(page: Page, server: Server) -> Page:
    """A window in which the superuser is signed in, at the start page of the console."""
    sign_in(page, server.url, PASSWORD)
    return page
