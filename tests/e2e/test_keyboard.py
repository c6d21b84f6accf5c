"""The main job without a pointer: find a device, send it a message, assign a profile by cut and paste, take it back."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_assign_by_cut_and_paste_and_undo(console: Page) -> None:
    console.keyboard.press("g")
    console.keyboard.press("p")
    expect(console.get_by_role("heading", name="Profiles", level=1)).to_be_visible()
    row = console.get_by_role("row").filter(has_text="On-screen keyboard")
    row.focus()
    console.keyboard.press("Control+x")
    item = console.get_by_role("tree").get_by_role("treeitem", name="Radiology").first
    item.focus()
    console.keyboard.press("Control+v")
    dialog = console.get_by_role("dialog")
    expect(dialog).to_contain_text("On-screen keyboard")
    expect(dialog).to_contain_text("Radiology")
    with console.expect_response(lambda response: response.request.method == "POST" and response.ok):
        dialog.get_by_role("button", name="Assign", exact=True).press("Enter")
    undo = console.get_by_role("button", name="Undo")
    with console.expect_response(lambda response: response.request.method == "POST" and response.ok):
        undo.press("Enter")


def test_search_opens_a_device_and_a_message_goes_out(console: Page) -> None:
    console.keyboard.press("/")
    with console.expect_response(lambda response: "q=TC07-00003" in response.url):
        console.keyboard.type("TC07-00003")
    hit = console.locator("#search-results").get_by_role("link", name="TC07-00003")
    expect(hit).to_be_visible()
    console.keyboard.press("ArrowDown")
    console.keyboard.press("Enter")
    expect(console.get_by_role("heading", name="TC07-00003", level=1)).to_be_visible()
    console.get_by_role("button", name="Commands").press("Enter")
    console.get_by_role("menuitem", name="Send message").press("Enter")
    dialog = console.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill("Maintenance at eight.")
    with console.expect_response(lambda response: response.request.method == "POST" and response.ok):
        dialog.locator("[type=submit]").press("Enter")
    expect(console.get_by_role("region", name="Messages")).to_contain_text("Send message")


def test_compare_and_restore(console: Page) -> None:
    console.keyboard.press("g")
    console.keyboard.press("p")
    expect(console.get_by_role("heading", name="Profiles", level=1)).to_be_visible()
    row = console.get_by_role("row").filter(has_text="Clinical desktop")
    row.focus()
    for key in ("Space", "ArrowDown", "Space", "c"):
        console.keyboard.press(key)
    expect(console.get_by_role("heading", name="Compare", level=1)).to_be_focused()
    console.keyboard.press("n")
    expect(console.locator("tr[data-difference]").first).to_be_focused()

    console.keyboard.press("g")
    console.keyboard.press("p")
    expect(console.get_by_role("heading", name="Profiles", level=1)).to_be_visible()
    row.focus()
    console.keyboard.press("Shift+F10")
    console.get_by_role("menuitem", name="Delete").press("Enter")
    dialog = console.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete profile").press("Enter")
    expect(row).to_have_count(0)
    expect(console.locator("ums-table tbody tr:focus")).to_have_count(1)
    console.keyboard.press("u")
    expect(row).to_be_visible()
