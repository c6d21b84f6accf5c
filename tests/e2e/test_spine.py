"""The main job, as an administrator does it: a profile made and dragged onto a directory, devices that obey, a priority
profile that wins, values that return, a server that crashes and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.actions import create_profile, open_tree, save, set_number
from tests.services.agent import Agent, enrolled
from tests.services.process import wait_until
from tests.services.server import Server

AGENT = "real-device"
SITE, WARD = "Bremen Hospital", "Surgery"
VOLUME, DPMS, TASKBAR = "userinterface.sound.volume", "userinterface.dpms.off", "userinterface.taskbar.height"

HOLDING_HOOK = """#!/bin/sh
for _ in $(seq 250); do [ -e "{hold}" ] || exit 0; sleep 0.1; done
"""
"""Applying takes as long as the file is there, so that this test sees what is pending however slow the machine is."""


@pytest.fixture(scope="module")
def agent(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """A real agent process, enrolled into the ward with a key of its own."""
    state = tmp_path_factory.mktemp("agent") / "state"
    running = enrolled(server, WARD, state, unit_id="REAL01", name=AGENT)
    running.start()
    running.hook("10-hold", HOLDING_HOOK.format(hold=state.parent / "hold"))
    yield running
    running.stop()


def test_a_profile_reaches_devices_and_goes_again(console: Page, server: Server, agent: Agent) -> None:
    defaults = {path: agent.values[path] for path in (VOLUME, DPMS, TASKBAR)}

    create_profile(console, "Profiles", "Quiet ward")
    for path, value in ((VOLUME, "15"), (DPMS, "45"), (TASKBAR, "64")):
        set_number(console, path, value)
    assert save(console) == 200

    _open_directory(console, WARD)
    row = console.get_by_role("row").filter(has_text=AGENT)
    expect(row).to_contain_text("Online")
    expect(row).to_contain_text("Applied")
    console.evaluate("window.sameDocument = true")

    hold = agent.state.parent / "hold"
    hold.touch()
    _drag_onto_directory(console, "Quiet ward", WARD)
    with console.expect_response(lambda response: response.request.method == "POST" and response.ok):
        console.get_by_role("dialog").get_by_role("button", name="Assign", exact=True).click()
    agent.wait_values({VOLUME: 15, DPMS: 45, TASKBAR: 64}, seconds=2)
    _open_directory(console, WARD)
    expect(row).to_contain_text("Changes pending")
    hold.unlink()
    expect(row).to_contain_text("Applied")
    expect(console.get_by_role("row").filter(has_text="Changes pending")).to_have_count(0)
    assert console.evaluate("window.sameDocument"), "the page was loaded anew"

    create_profile(console, "Priority Profiles", "Loud site")
    set_number(console, VOLUME, "90")
    assert save(console) == 200
    _assign_by_dialog(console, SITE)
    agent.wait_values({VOLUME: 90, DPMS: 45, TASKBAR: 64}, seconds=30)

    for profile, directory in (("Loud site", SITE), ("Quiet ward", WARD)):
        _open_directory(console, directory)
        console.get_by_label("Assigned objects").get_by_role("button", name=f"Remove {profile}").click()
        # Several devices change, so the console asks.
        console.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
        expect(console.get_by_label("Assigned objects").get_by_text(profile)).to_have_count(0)
    agent.wait_values(defaults, seconds=30)


def test_everything_comes_back_after_a_crash(console: Page, server: Server, agent: Agent) -> None:
    counter = console.locator("#counters")
    expect(counter).to_contain_text("26")
    server.kill()
    expect(console.get_by_role("banner").get_by_text("Live updates paused")).to_be_visible()
    server.start()
    with server.api() as api:

        def all_back() -> bool:
            devices = api.get("devices/", params={"limit": 100}).json()["items"]
            return sum(device["status"] == "online" for device in devices) == 26

        wait_until(all_back, 90, "26 devices online again", every=0.5)
    expect(console.get_by_role("banner").get_by_text("Live updates paused")).to_be_hidden()
    expect(counter).to_contain_text("26")


def test_sigterm_drains_and_ends_with_status_0(server: Server, agent: Agent, tmp_path: Path) -> None:
    assert server.stop() == 0
    server.start()


# ---------------------------------------------------------------- what the administrator does


def _open_directory(page: Page, name: str) -> None:
    open_tree(page, name)
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def _drag_onto_directory(page: Page, profile: str, directory: str) -> None:
    open_tree(page, "Profiles")
    row = page.get_by_role("row").filter(has_text=profile)
    expect(row).to_be_visible()
    row.drag_to(page.get_by_role("tree").get_by_role("treeitem", name=directory).first)
    expect(page.get_by_role("dialog")).to_be_visible()


def _assign_by_dialog(page: Page, directory: str) -> None:
    page.get_by_role("button", name="Assign…").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Search directories and devices").fill(directory)
    dialog.get_by_role("checkbox", name=directory).check()
    dialog.get_by_role("button", name="Assign", exact=True).click()
    expect(dialog).to_be_hidden()
