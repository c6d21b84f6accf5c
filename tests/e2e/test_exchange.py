"""Profiles as files in a browser: an .ipm comes in, is edited, explained, rolled back, and leaves unchanged."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.services.server import Server
from ums.domain.formats.archive import write_archive
from ums.domain.formats.files import read_file

VOLUME = "userinterface.sound.volume"
DEVICE = "TC07-00003"


def ipm(path: Path) -> Path:
    """A file of the original with a small definition, and one profile that is for our demo's devices."""
    profile = {
        "meta": {"version": "1.0.0", "profileId": 158, "profileName": "From a file", "profileType": "PROFILE"},
        "path": ["Imported"],
        "apps": [{"line": "UMS Linux", "version": "1.0.0"}],
        "parameterDescriptions": {VOLUME: {"type": 2, "value": 21}, "made.up": {"type": 2, "value": "kept"}},
    }
    other = {
        "meta": {"version": "1.0.0", "profileId": 159, "profileName": "Clock", "profileType": "PROFILE"},
        "apps": [{"line": "base_system"}],
        "parameterDescriptions": {"system.time.ntp_enabled": {"type": 2, "value": True}},
    }
    definition = (
        "<vlist><system><time><ntp_enabled>value=<false>type=<bool>displayname[en_us]=<Use NTP></ntp_enabled>"
        "</time></system></vlist>"
    )
    path.write_bytes(
        write_archive(
            [
                ("PROFILES/From a file.json", json.dumps(profile).encode()),
                ("PROFILES/Clock.json", json.dumps(other).encode()),
                ("APPS/base_system-12.7.4/config/setup.def", definition.encode()),
            ]
        )
    )
    return path


def choose_file(page: Page, server: Server, path: Path) -> None:
    """The page of the import with the file in it; its table is there afterwards."""
    page.goto(f"{server.url}/webapp/profiles/")
    page.get_by_role("link", name="Import…").click()
    expect(page.get_by_role("heading", name="Import profiles", level=1)).to_be_visible()
    page.get_by_label("File", exact=True).set_input_files(path)
    expect(page.get_by_role("table").get_by_text("From a file")).to_be_visible()


def export_as(page: Page, kind: str, path: Path) -> Path:
    """Export the profile that is open."""
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Export…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(kind, exact=True).check()
    with page.expect_download() as saved:
        dialog.get_by_role("button", name="Export", exact=True).click()
    saved.value.save_as(path)
    expect(dialog).to_be_hidden()
    return path


def set_volume(page: Page, value: str) -> None:
    """Find the parameter in the editor and give it a value."""
    search = page.locator('input[placeholder^="Search"][placeholder$="parameters"]')
    search.fill(VOLUME)
    search.press("Enter")
    row = page.locator(f'.param[data-key="{VOLUME}"]')
    expect(row).to_be_visible()
    row.get_by_role("textbox").fill(value)


def preview_and_save(page: Page) -> None:
    """See in the preview what saving changes, and save from there."""
    page.get_by_role("button", name="Preview").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 of 1 device changes")
    row = dialog.get_by_role("row").filter(has_text="Volume")
    expect(row).to_contain_text("21")
    expect(row).to_contain_text("77")
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/save" in answer.url) as saved:
        dialog.get_by_role("button", name="Save and send now").click()
    assert saved.value.ok
    expect(page.get_by_text("unsaved change")).to_be_hidden()


def test_an_ipm_comes_in_is_used_and_leaves_unchanged(console: Page, server: Server, tmp_path: Path) -> None:
    page = console
    choose_file(page, server, ipm(tmp_path / "profiles.ipm"))
    plan = page.locator("#import-plan")
    expect(plan).to_contain_text(re.compile("base_system 12.7.4 is (imported|there already)"))
    expect(plan).to_contain_text("1 unknown parameter, kept and marked")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("2 profiles imported")).to_be_visible()
    page.get_by_role("link", name="From a file").click()
    expect(page.get_by_role("heading", name="From a file", level=1)).to_be_visible()
    page.wait_for_url(re.compile(r"/profiles/\d+/"))
    address = page.url.partition("?")[0].partition("#")[0]  # the editor adds what is open in it

    first = export_as(page, ".ipm", tmp_path / "first.ipm")
    with server.api() as api:
        profile = api.get("profiles/", params={"q": "From a file"}).json()["items"][0]
        device = api.get("devices/", params={"q": DEVICE}).json()["items"][0]
        assigned = api.post("assignments/", json={"profiles": [profile["id"]], "devices": [device["id"]]})
        assigned.raise_for_status()

    page.reload()
    set_volume(page, "77")
    preview_and_save(page)
    with server.api() as api:
        settings = api.get(f"profiles/{profile['id']}/settings/").json()["settings"]
    assert settings["values"] == {VOLUME: 77, "made.up": "kept"}

    page.goto(f"{server.url}/webapp/devices/{device['id']}/settings/?q={VOLUME}")
    row = page.get_by_role("row").filter(has_text="77")
    expect(row).to_contain_text("From a file")

    page.goto(f"{address}revisions/1/")
    page.get_by_role("button", name="Roll back").first.click()
    dialog = page.get_by_role("dialog")
    with page.expect_response(lambda answer: answer.request.method == "POST" and "roll-back" in answer.url) as rolled:
        dialog.get_by_role("button", name="Roll back").click()
    assert rolled.value.ok

    page.goto(address)
    again = export_as(page, ".ipm", tmp_path / "again.ipm")
    assert read_file(again.read_bytes()) == read_file(first.read_bytes())
    choose_file(page, server, again)
    expect(page.locator("#import-plan")).to_contain_text("Identical")


def test_what_exists_asks_and_an_import_is_taken_back(console: Page, server: Server, tmp_path: Path) -> None:
    page = console
    choose_file(page, server, ipm(tmp_path / "profiles.ipm"))
    for decision in page.get_by_role("combobox", name="Decision for").all():
        decision.select_option("new")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("2 profiles imported")).to_be_visible()
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("The import was taken back: deleted 2.")).to_be_visible()
