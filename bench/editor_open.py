"""The editor of a profile in a browser, with a catalogue of 6,417 parameters: at most 300 ms from the click on the
profile in its list to the painted page tree, and at most 100 ms from a key in the search field to the painted hits.

A real server and a real Chromium. The console's own files are in the browser's cache, as they are for everybody who has
seen one page of it. The first time each round is a browser of its own, which has never seen the catalogue; the second
time it comes back to the same profile by way of the list. The baseline is the same with the built-in catalogue of 558
parameters, in turns.
"""

from __future__ import annotations

import base64
import hashlib
import os
import ssl
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.harness import Figure, figure

if TYPE_CHECKING:
    from httpx import Client
    from playwright.sync_api import Browser, Page

ROUNDS = 12
LIMIT_OPEN = 0.3
LIMIT_SEARCH = 0.1
OPENED = ("the first time", "again")
QUERIES = ("t", "timer", "sessions name", "no such parameter")
LARGE, BUILT_IN = "Large", "Built-in"

WATCH = """
window.seen = (selector, from) => new Promise((done) => {
  const look = () => {
    const found = document.querySelector(selector);
    if (!found?.checkVisibility()) { requestAnimationFrame(look); return; }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(performance.now() - from);
    requestAnimationFrame(() => port2.postMessage(0));
  };
  look();
});
addEventListener("click", ({ target, timeStamp }) => {
  if (target.closest("a[data-open]")) window.tree = window.seen("#editor-nav .nav-item[data-page]", timeStamp);
}, true);
"""
"""`window.tree`: milliseconds from the click on a row until the page tree has been painted."""

SEARCH = """
(query) => {
  const field = document.getElementById("editor-search");
  const from = performance.now();
  field.value = query;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return window.seen("#editor-main :is(.results, .empty)", from);
}
"""


def measure(rounds: int = ROUNDS) -> Iterator[Figure]:
    """Medians in seconds: opened for the first time, opened again, and the slowest of some queries."""
    from playwright.sync_api import sync_playwright

    from tests.services.packages import program
    from tests.services.server import Server

    with tempfile.TemporaryDirectory() as data:
        server = Server(Path(data))
        server.start()
        try:
            with server.api() as api:
                profiles = _profiles(api)
            flags = ["--disable-gpu", "--disable-dev-shm-usage", _trusting(server.port)]
            if os.geteuid() == 0:
                flags.append("--no-sandbox")  # Chromium's sandbox refuses root
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program("chromium"), args=flags)
                times = _times(browser, server.url, profiles, rounds)
                browser.close()
        finally:
            server.stop()
    for name in OPENED:
        value, baseline = (median(times[name, which]) / 1000 for which in (LARGE, BUILT_IN))
        yield figure(f"editor opened {name}", value, "s", baseline=baseline, limit=LIMIT_OPEN, absolute=True)
    value, baseline = (max(median(times[query, which]) for query in QUERIES) / 1000 for which in (LARGE, BUILT_IN))
    yield figure("search in the editor", value, "s", baseline=baseline, limit=LIMIT_SEARCH, absolute=True)


def _times(browser: Browser, url: str, profiles: dict[str, int], rounds: int) -> dict[tuple[str, str], list[float]]:
    """Milliseconds by what was done and with which catalogue."""
    from tests.e2e.actions import sign_in
    from tests.services.server import PASSWORD

    with browser.new_context() as first:
        sign_in(first.new_page(), url, PASSWORD)
        state = first.storage_state()
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for which, pk in profiles.items():
            with browser.new_context(storage_state=state, viewport={"width": 1440, "height": 900}) as context:
                context.add_init_script(WATCH)
                page = context.new_page()
                page.goto(f"{url}/webapp/profiles/", wait_until="networkidle")
                taken = {name: _opened(page, pk) for name in OPENED}
                taken |= {query: page.evaluate(SEARCH, query) for query in QUERIES}
            if number:  # the first round warms the server up
                for name, time in taken.items():
                    times[name, which].append(time)
    return times


def _opened(page: Page, pk: int) -> float:
    """Milliseconds from the click on the profile in the list, where the tree of the frame leads to first."""
    page.locator('#tree a[href="/webapp/profiles/?kind=standard"]').click()
    row = page.locator(f'#content a[data-open][href="/webapp/profiles/{pk}/"]')
    row.wait_for()
    page.wait_for_load_state("networkidle")
    row.click()
    taken: float = page.evaluate("() => window.tree")
    return taken


def _profiles(api: Client) -> dict[str, int]:
    """An empty profile with each of the two catalogues."""
    from tests.definitions import base_system
    from ums.domain.formats.definition import convert_definition

    known = _answer(api.get("catalogues/"))["items"]
    files = base_system()
    converted = convert_definition(
        name="base_system",
        version="12.0",
        os=known[0]["os"],
        definition=files.definition,
        ui=files.ui,
        translations=files.translations,
    )
    large = _answer(api.post("catalogues/", json={"definition": converted.catalogue}))
    directory = next(one["id"] for one in _answer(api.get("directories/"))["items"] if one["kind"] == "profile")
    bases = {LARGE: large["id"], BUILT_IN: known[0]["id"]}
    return {
        name: _answer(api.post("profiles/", json={"name": name, "directory": directory, "based_on": pk}))["id"]
        for name, pk in bases.items()
    }


def _answer(response: Any) -> Any:
    assert response.is_success, response.text
    return response.json()


def _trusting(port: int) -> str:
    """The option that makes Chromium trust the server's key: with an error it ignores it would not cache anything."""
    certificate = x509.load_pem_x509_certificate(ssl.get_server_certificate(("127.0.0.1", port)).encode())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode()
    return f"--ignore-certificate-errors-spki-list={digest}"
