"""Every page of the console in a real browser: no violation that axe knows, no error, nothing beyond the window."""

from __future__ import annotations

import time
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.actions import sign_in
from tests.services.process import free_port
from tests.services.server import PASSWORD, Server

PAGES = (
    "devices/",
    "devices/?f=status:never",
    "devices/?directory={directory}",
    "devices/{device}/",
    "devices/{device}/settings/",
    "devices/{device}/system/",
    "devices/{device}/history/",
    "devices/{device}/deliveries/",
    "devices/{device}/compare/?profile={profile}",
    "profiles/",
    "profiles/?kind=priority",
    "profiles/{profile}/",
    "profiles/{profile}/assignments/",
    "profiles/{profile}/revisions/",
    "profiles/{profile}/revisions/1/",
    "profiles/{profile}/files/",
    "profiles/{profile}/effect/",
    "profiles/{customization}/",
    "profiles/?kind=customization",
    "profiles/?kind=update",
    "profiles/{update}/",
    "profiles/compare/?left={profile}&right={priority}",
    "profiles/import/",
    "template-keys/",
    "template-keys/{key}/",
    "value-groups/",
    "value-groups/{group}/",
    "catalogues/",
    "catalogues/{catalogue}/",
    "catalogues/{catalogue}/?q=sound",
    "files/",
    "files/{file}/",
    "features/",
    "assets/",
    "assets/?shown=vanished",
    "assets/?shown=duplicates",
    "assets/{asset}/",
    "assets/history/",
    "assets/rules/",
    "devices/{device}/assets/",
    "licences/",
    "logins/",
    "logins/now/",
    "devices/{device}/logins/",
    "linked-directories/",
    "linked-directories/new/",
    "linked-directories/{linked}/",
    "linked-directories/settings/",
    "linked-directories/administrators/",
    "shared-workplace/",
    "shared-workplace/{linked}/root/",
    "shared-workplace/orphans/",
    "notices/",
    "notices/?shown=settled",
    "network/servers/",
    "network/balancers/",
    "network-processes/{process}/",
    "network-events/",
    "network-settings/",
    "recycle-bin/",
    "keys/",
    "api-tokens/",
    "webhooks/",
    "audit/",
    "commands/",
    "commands/{batch}/",
    "search?q=ward",
    "nowhere/",
)

BROWSES = {"browse_user": "browse@silent.test", "browse_password": "nobody listens there"}


@pytest.fixture(scope="module")
def addresses(server: Server) -> list[str]:
    """The pages with the ids of things that are there; what the demo lacks is made, and a profile is thrown away."""
    with server.api() as api:

        def listed(path: str, **query: Any) -> list[dict[str, Any]]:
            answer = api.get(path, params=query)
            answer.raise_for_status()
            return list(answer.json()["items"])

        def made(path: str, **sent: Any) -> int:
            answer = api.post(path, **sent)
            answer.raise_for_status()
            return int(answer.json()["id"])

        profiles = listed("profiles/", limit=200)
        of_kind = {profile["kind"]: profile["id"] for profile in reversed(profiles)}
        roots = {kind: listed("directories/", kind=kind, limit=200) for kind in ("device", "file", "template")}
        root = {kind: next(one["id"] for one in found if one["parent"] is None) for kind, found in roots.items()}
        device = listed("devices/", limit=1)[0]["id"]
        unused = next(profile["id"] for profile in reversed(profiles) if not profile["assignment_count"])
        api.delete(f"profiles/{unused}/").raise_for_status()
        key = listed("template-keys/")[0]
        patience = time.monotonic() + 60
        while not (assets := listed("assets/", limit=1)) and time.monotonic() < patience:
            time.sleep(0.5)
        form = {"name": "run.sh", "directory": root["file"], "device_path": "/opt/run.sh"}
        things = {
            "device": device,
            "asset": assets[0]["id"],
            "process": listed("network/processes/")[0]["id"],
            "directory": root["device"],
            "profile": of_kind["standard"],
            "priority": of_kind["priority"],
            "customization": of_kind["customization"],
            "update": of_kind["update"],
            "key": key["id"],
            "group": made(
                "value-groups/",
                json={"name": "Bremen", "directory": root["template"], "values": [key["values"][0]["id"]]},
            ),
            "catalogue": listed("catalogues/")[0]["id"],
            "linked": made(
                "linked-directories/",
                json={"domain_name": "silent.test", "controllers": [f"127.0.0.1:{free_port()}"], **BROWSES},
            ),
            "file": made("files/", data=form, files={"content": ("run.sh", b"#!/bin/sh")}),
            "batch": made("commands/", json={"kind": "message", "devices": [device], "arguments": {"text": "Hello"}}),
        }
    return [page.format(**things) for page in PAGES]


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
def test_pages_are_accessible_and_fit(
    browser: Browser, server: Server, addresses: list[str], scheme: str, width: int, height: int
) -> None:
    page = signed_in(browser, server, scheme, width, height)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    for path in addresses:
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
