"""Shared Workplace, as an administrator sets it up and a user has it: a domain linked, tried out and looked at, a
profile dragged onto a group, a member who logs in at a real agent and gets it there, why, a logout."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.actions import create_profile, open_tree, save, set_number
from tests.services.agent import Agent, enrolled
from tests.services.ldif import PASSWORD

if TYPE_CHECKING:
    from tests.services.samba import Samba
    from tests.services.server import Server

DEVICE, WARD, GROUP = "real-device", "Surgery", "company"
VOLUME = "userinterface.sound.volume"


@pytest.fixture(scope="module")
def agent(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """A real agent process."""
    running = enrolled(server, WARD, tmp_path_factory.mktemp("agent") / "state", unit_id="REAL01", name=DEVICE)
    running.start()
    yield running
    running.stop()


def test_a_member_of_a_group_has_its_profile_while_logged_in(
    console: Page, server: Server, corp: Samba, agent: Agent, tmp_path: Path
) -> None:
    before = agent.values[VOLUME]
    _link(console, server, corp, tmp_path / "authority.pem")
    _look_around(console)

    create_profile(console, "Profiles", "Quiet company")
    set_number(console, VOLUME, "15")
    assert save(console) == 200
    _drag_onto_group(console, "Quiet company")
    expect(console.get_by_role("dialog")).to_be_hidden()
    assert agent.values[VOLUME] == before, "nobody is logged in"

    refused = _at_the_device(agent, "login", "--user", f"{corp.netbios}\\Alice", password="wrong")
    assert refused.returncode != 0 and "password is wrong" in refused.stdout + refused.stderr
    logged_in = _at_the_device(agent, "login", "--user", f"{corp.netbios}\\Alice")
    assert logged_in.returncode == 0, logged_in.stderr
    agent.wait_values({VOLUME: 15}, seconds=30)
    assert "alice" in _at_the_device(agent, "whoami").stdout

    _open_device(console)
    console.get_by_role("link", name="Effective settings").click()
    row = console.locator("table.effective").get_by_role("row").filter(has_text=VOLUME)
    expect(row).to_contain_text("Quiet company")
    row.get_by_title("Why this value?").click()
    expect(console.get_by_role("dialog")).to_contain_text(f"group {GROUP}")
    console.keyboard.press("Escape")

    assert _at_the_device(agent, "logout").returncode == 0
    agent.wait_values({VOLUME: before}, seconds=30)
    expect(row).to_have_count(0)
    console.get_by_role("link", name="Logins").click()
    logins = console.locator("tbody tr")
    expect(logins).to_have_count(2)
    expect(logins.nth(0)).to_contain_text("alice")
    expect(logins.nth(1)).to_contain_text("Wrong password")


# ---------------------------------------------------------------- what the administrator does


def _link(page: Page, server: Server, corp: Samba, authority: Path) -> None:
    authority.write_text(corp.ca)
    page.goto(f"{server.url}/webapp/linked-directories/")
    page.get_by_role("link", name="Add directory service").click()
    page.get_by_label("Domain Name").fill(corp.domain)
    page.get_by_label("Domain Controller(s)").fill(corp.address)
    page.get_by_label("Import SSL certificates").set_input_files(authority)
    expect(page.get_by_role("checkbox", name=f"Authority of {corp.domain}")).to_be_checked()
    page.get_by_label("User name").fill(f"browse@{corp.domain}")
    page.get_by_label(re.compile("^Password")).fill(PASSWORD)
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#test-result")).to_contain_text("All controllers answer")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("row").filter(has_text=corp.domain)).to_contain_text("LDAPS")


def _look_around(page: Page) -> None:
    open_tree(page, "Shared Workplace Users")
    expect(page.get_by_role("heading", name="Shared Workplace Users", level=1)).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="corp.test").click()
    contents = page.locator("#swp-contents")
    contents.get_by_role("link", name="Staff").click()
    expect(contents.get_by_role("row").filter(has_text="Sales")).to_contain_text("Organizational unit")
    page.get_by_label("Search by name, account or mail address").fill("alic")
    expect(contents.get_by_role("row").filter(has_text="alice")).to_be_visible()


def _drag_onto_group(page: Page, profile: str) -> None:
    open_tree(page, "Profiles")
    expect(page.get_by_role("heading", name="Profiles", level=1)).to_be_visible()
    tree = page.get_by_role("tree")
    for name in ("Shared Workplace Users", "corp.test", "Groups"):
        branch = tree.get_by_role("treeitem", name=name, exact=True)
        if branch.get_attribute("aria-expanded") == "false":
            branch.locator(".tree-twist").click()
    row = page.get_by_role("row").filter(has_text=profile)
    row.drag_to(tree.get_by_role("treeitem", name=GROUP, exact=True))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(GROUP)
    dialog.get_by_role("button", name="Assign", exact=True).click()


def _open_device(page: Page) -> None:
    open_tree(page, WARD)
    page.get_by_role("main").get_by_role("link", name=DEVICE).click()


# ---------------------------------------------------------------- what the user does


def _at_the_device(agent: Agent, *words: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    """`ums agent …` beside the running agent; the password by standard input."""
    command = [str(agent.command[0]), "agent", *words, "--state", str(agent.state)]
    return subprocess.run(command, input=f"{password}\n", capture_output=True, text=True, timeout=120, check=False)
