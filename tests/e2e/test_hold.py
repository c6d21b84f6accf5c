"""Live changes take nothing away from who is just pressing or standing on it: clicks arrive, the focus stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.actions import open_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from httpx import Client
    from playwright.sync_api import Locator

    from tests.services.server import Server

PROFILE = "On-screen keyboard"


class Device:
    """A device to which the profile is assigned, and another one."""

    def __init__(self, api: Client) -> None:
        self.api = api
        self.id, self.name = self._first("devices/", limit=1)
        self._changes = 0
        profile, _ = self._first("profiles/", limit=200)
        self.api.post("assignments/", json={"profiles": [profile], "devices": [self.id]}).raise_for_status()

    def _first(self, path: str, **query: Any) -> tuple[int, str]:
        found = self.api.get(path, params=query).json()["items"]
        one = next((item for item in found if item["name"] == PROFILE), found[0])
        return one["id"], one["name"]

    def change(self) -> str:
        """Somebody else renames it; the new name."""
        self._changes += 1
        name = f"{self.name}-{self._changes}"
        self.api.patch(f"devices/{self.id}/", json={"name": name}).raise_for_status()
        return name


@pytest.fixture(scope="module")
def device(server: Server) -> Iterator[Device]:
    with server.api() as api:
        yield Device(api)


@pytest.fixture
def nudged(console: Page) -> Callable[[Callable[[], str]], str]:
    """Do a change and wait until this page was told of it, and had the time in which it used to read it again."""
    told: list[str] = []
    console.on("websocket", lambda socket: socket.on("framereceived", lambda frame: told.append(str(frame))))
    console.reload()

    def change_and_wait(change: Callable[[], str]) -> str:
        before = len(told)
        done = change()
        while not any("devices.changed" in frame for frame in told[before:]):
            console.wait_for_timeout(100)
        console.wait_for_timeout(1500)
        return done

    return change_and_wait


def _press(page: Page, button: Locator) -> None:
    button.hover()
    page.mouse.down()


def test_a_click_on_a_row_outlives_a_live_change(
    console: Page, device: Device, nudged: Callable[[Callable[[], str]], str]
) -> None:
    open_tree(console, "Devices")
    row = console.locator(f'ums-table tr[data-id="{device.id}"]')
    expect(row).to_be_visible()
    _press(console, row.locator("[data-row-menu]"))
    name = nudged(device.change)
    console.mouse.up()
    expect(console.get_by_role("menuitem", name="Effective settings")).to_be_visible()
    expect(row).to_contain_text(name)
    console.keyboard.press("Escape")
    expect(row.locator("[data-row-menu]")).to_be_focused()


def test_a_click_on_an_assigned_object_outlives_a_live_change(
    console: Page, server: Server, device: Device, nudged: Callable[[Callable[[], str]], str]
) -> None:
    console.goto(f"{server.url}/webapp/devices/{device.id}/")
    remove = console.get_by_role("button", name=f"Remove {PROFILE}")
    _press(console, remove)
    nudged(device.change)
    with console.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        console.mouse.up()
    expect(remove).to_have_count(0)
    console.get_by_role("button", name="Undo").click()
    expect(remove).to_be_visible()


def test_the_focus_outlives_a_live_change(
    console: Page, server: Server, device: Device, nudged: Callable[[Callable[[], str]], str]
) -> None:
    console.goto(f"{server.url}/webapp/devices/{device.id}/settings/?show=all")
    for stop, address in (
        (console.get_by_role("button", name=f"Remove {PROFILE}"), "/assigned"),
        (console.locator("#effective tbody tr[data-id]").nth(3), "/settings/"),
        (console.locator("#counters a").first, "/counters"),
    ):
        stop.focus()
        stop.evaluate("(element) => { element.dataset.old = 'yes'; }")
        with console.expect_response(lambda answer, address=address: address in answer.url):  # type: ignore[misc]
            nudged(device.change)
        expect(stop).not_to_have_attribute("data-old", "yes")
        expect(stop).to_be_focused()


def test_the_focus_stays_in_the_list_from_which_something_was_deleted(console: Page) -> None:
    open_tree(console, "Profiles")
    row = console.get_by_role("row").filter(has_text=PROFILE)
    row.focus()
    console.keyboard.press("Space")
    console.locator(".bulk-bar").get_by_role("button", name="Delete").press("Enter")
    console.get_by_role("dialog").locator("[type=submit]").press("Enter")
    expect(row).to_have_count(0)
    expect(console.locator("ums-table tbody tr").first).to_be_focused()
    console.keyboard.press("u")
    expect(row).to_be_visible()


def test_what_is_asked_while_a_key_is_down_is_asked_again_whole(console: Page) -> None:
    """The answer would take away the row under the key, so it waits; then it must hold what was chosen."""
    console.keyboard.press("g")
    console.keyboard.press("p")
    expect(console.get_by_role("heading", name="Profiles", level=1)).to_be_visible()
    console.get_by_role("row").filter(has_text="Clinical desktop").focus()
    console.keyboard.press("Space")
    console.keyboard.press("ArrowDown")
    console.keyboard.down("Space")
    with console.expect_response(lambda response: "/profiles/compare/" in response.url and response.ok):
        console.keyboard.press("c")
    console.keyboard.up("Space")
    expect(console.get_by_role("heading", name="Compare", level=1)).to_be_focused()


def test_branches_opened_and_closed_while_the_tree_is_read_again_stay_so(console: Page) -> None:
    tree = console.get_by_role("tree", name="Structure")
    surgery, oldenburg = (tree.get_by_role("treeitem", name=name) for name in ("Surgery", "Oldenburg Hospital"))
    expect(oldenburg).to_have_attribute("aria-expanded", "true")
    held: list[Route] = []
    console.route(re.compile("/webapp/tree/\\?"), lambda route: held.append(route))
    with console.expect_request(lambda request: "/webapp/tree/?" in request.url):
        console.evaluate("document.body.dispatchEvent(new CustomEvent('ums:tree'))")
    surgery.locator(".tree-twist").click()
    expect(surgery).to_have_attribute("aria-expanded", "true")
    oldenburg.locator(".tree-twist").click()
    console.evaluate("document.querySelector('[role=tree]').firstElementChild.id = 'before'")
    held[0].continue_()
    expect(console.locator("#before")).to_have_count(0)
    expect(surgery).to_have_attribute("aria-expanded", "true")
    expect(oldenburg).to_have_attribute("aria-expanded", "false")
