"""What an administrator does in the console, as the end-to-end tests say it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def sign_in(page: Page, url: str, password: str, name: str = "admin") -> None:
    """From any address to the start page; its scripts are there when the tree is."""
    page.goto(f"{url}/webapp/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/webapp/**")
    expect(page.locator('[role="treeitem"]').first).to_be_attached()  # a closed drawer hides it


def open_tree(page: Page, name: str) -> None:
    """Open a node of the tree by its name."""
    page.get_by_role("tree").get_by_role("treeitem", name=name).first.click()


def create_profile(page: Page, tree: str, name: str) -> None:
    """A new profile below “Profiles” or “Priority Profiles”; its editor is open afterwards."""
    open_tree(page, tree)
    page.get_by_role("button", name=re.compile("^New .*profile")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def set_number(page: Page, path: str, value: str) -> None:
    """Find a parameter by its path, activate it if it is not, and give it a value."""
    search = page.get_by_placeholder("Search 558 parameters")
    search.fill(path)
    expect(page.get_by_text("1 parameter", exact=True)).to_be_visible()
    search.press("Enter")
    row = page.locator(f'.param[data-key="{path}"]')
    switch = row.get_by_role("switch")
    if switch.get_attribute("aria-checked") != "true":
        switch.click()
    row.get_by_role("textbox").fill(value)


def save(page: Page) -> int:
    """Save by Ctrl+S; the HTTP status of the answer."""
    with page.expect_response(lambda response: "/save" in response.url) as saved:
        page.keyboard.press("Control+s")
    if saved.value.ok:
        expect(page.get_by_text("unsaved change")).to_be_hidden()
    return saved.value.status
