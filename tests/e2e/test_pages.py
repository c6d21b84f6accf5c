"""Every page of the console in a real browser: no violation that axe knows, no error, nothing beyond the window."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.actions import sign_in
from tests.services.server import PASSWORD, Server

PAGES = (
    "devices/",
    "devices/?f=status:never",
    "devices/1/",
    "devices/1/settings/",
    "devices/1/system/",
    "devices/1/history/",
    "devices/1/deliveries/",
    "profiles/",
    "profiles/?kind=priority",
    "profiles/1/",
    "profiles/1/assignments/",
    "profiles/1/revisions/",
    "profiles/1/revisions/1/",
    "profiles/1/files/",
    "profiles/1/effect/",
    "profiles/16/",
    "profiles/?kind=customization",
    "profiles/?kind=update",
    "profiles/22/",
    "profiles/compare/?left=1&right=2",
    "profiles/import/",
    "template-keys/",
    "template-keys/1/",
    "value-groups/",
    "catalogues/",
    "catalogues/1/",
    "catalogues/1/?q=sound",
    "files/",
    "features/",
    "recycle-bin/",
    "keys/",
    "audit/",
    "commands/",
    "search?q=ward",
    "nowhere/",
)


def signed_in(browser: Browser, server: Server, scheme: str, width: int, height: int) -> Page:
    """A window of a size and a colour scheme, with the superuser signed in."""
    context = browser.new_context(
        ignore_https_errors=True,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    sign_in(page, server.url, PASSWORD)
    return page


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("scheme", "width", "height"), [("light", 1440, 900), ("dark", 1440, 900), ("light", 768, 1024)]
)
def test_pages_are_accessible_and_fit(browser: Browser, server: Server, scheme: str, width: int, height: int) -> None:
    page = signed_in(browser, server, scheme, width, height)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    for path in PAGES:
        page.goto(f"{server.url}/webapp/{path}")
        page.wait_for_load_state("networkidle")
        for violation in Axe().run(page).response["violations"]:
            nodes = [node["html"][:160] for node in violation["nodes"][:3]]
            wrong.append(f"{path}: {violation['id']}: {violation['help']}: {nodes}")
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            wrong.append(f"{path}: {overflow} px wider than the window")
    page.context.close()
    assert not wrong, "\n".join(wrong)
