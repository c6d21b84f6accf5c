"""Two administrators edit one profile: nobody's changes get lost."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.e2e.actions import create_profile, open_tree, save, set_number, sign_in
from tests.services.server import PASSWORD, Server

VOLUME, DPMS, TASKBAR = "userinterface.sound.volume", "userinterface.dpms.off", "userinterface.taskbar.height"


def test_the_second_of_two_editors_merges(console: Page, browser: Browser, server: Server) -> None:
    create_profile(console, "Profiles", "Edited by two")
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1440, "height": 900})
    other = context.new_page()
    sign_in(other, server.url, PASSWORD)
    other.goto(console.url)

    set_number(console, VOLUME, "20")
    set_number(console, DPMS, "40")
    assert save(console) == 200

    set_number(other, VOLUME, "80")
    set_number(other, TASKBAR, "60")
    assert save(other) == 409
    dialog = other.get_by_role("dialog")
    expect(dialog).to_contain_text("You both changed 1 parameter")
    dialog.get_by_text("Mine", exact=True).click()
    dialog.get_by_role("button", name="Load and keep my changes").click()
    assert save(other) == 200
    context.close()

    with server.api() as api:
        profiles = api.get("profiles/", params={"q": "Edited by two"}).json()["items"]
        settings = api.get(f"profiles/{profiles[0]['id']}/settings/").json()["settings"]
    assert settings["values"] == {VOLUME: 80, DPMS: 40, TASKBAR: 60}


def test_leaving_with_unsaved_changes_asks(console: Page) -> None:
    create_profile(console, "Profiles", "Left in a hurry")
    set_number(console, VOLUME, "33")
    console.get_by_role("tree").get_by_role("treeitem", name="Audit Log").click()
    dialog = console.get_by_role("dialog")
    expect(dialog).to_be_visible()
    console.keyboard.press("Escape")
    expect(console.get_by_role("heading", name="Left in a hurry", level=1)).to_be_visible()
    expect(console.get_by_text("unsaved change")).to_be_visible()
    assert save(console) == 200


def test_a_click_in_the_list_opens_the_editor_in_the_frame(console: Page) -> None:
    create_profile(console, "Profiles", "Opened from the list")
    open_tree(console, "Profiles")
    console.evaluate("window.frameStays = true")
    console.get_by_role("link", name="Opened from the list").click()
    expect(console.get_by_role("navigation", name="Pages of settings").get_by_role("button").first).to_be_visible()
    assert console.evaluate("window.frameStays"), "the whole page was loaded anew"
