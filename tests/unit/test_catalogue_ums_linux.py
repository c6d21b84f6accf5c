"""The catalogue of our own agent's firmware is complete and consistent."""

import json
from collections import Counter
from pathlib import Path

import pytest

from ums.domain.parameters import Catalogue, clean_settings, parse_catalogue

FILE = Path(__file__).parents[2] / "ums" / "profiles" / "catalogues" / "ums-linux-1.0.0.json"
CATALOGUE: Catalogue = parse_catalogue(json.loads(FILE.read_text(encoding="utf-8")))
PARAMETERS = list(CATALOGUE.parameters.values())

TOP_PAGES = ["Sessions", "Accessories", "User Interface", "Network", "Devices", "Security", "System"]

# domain/profiles.md §2 and domain/swp.md §5: what counts for the whole device, and what for this one device only.
DEVICE_WIDE = (
    "auth.",
    "custom_partition.",
    "network.",
    "sessions.openvpn%.",
    "system.bootsplash.",
    "system.remotemanager.",
    "system.security.",
    "update.",
    "userinterface.colordepth",
    "userinterface.keyboard.disablexkbext",
    "userinterface.mouse.emulate3",
    "userinterface.touchscreen.",
    "userinterface.user.",
)
PER_USER = (
    "accessories.",
    "print.",
    "sessions.browser%.",
    "sessions.citrix%.",
    "sessions.horizon%.",
    "sessions.rdp%.",
    "userinterface.desktop.",
    "userinterface.display%.",
    "userinterface.language.",
    "userinterface.screensaver.",
)
MACHINE_SPECIFIC = {
    "auth.login.last_logged_on_user",
    "auth.login.method",
    "network.dns.hostname",
    "network.interfaces.ethernet.device%.ipaddr",
    "system.remotemanager.device_name",
    "system.remotemanager.ums_structure_tag",
    "update.url_prefix_alternative",
    "userinterface.touchscreen.calibration",
}


def test_name_and_size() -> None:
    assert (CATALOGUE.name, CATALOGUE.version, CATALOGUE.os) == ("UMS Linux", "1.0.0", "ums-linux")
    assert len(PARAMETERS) >= 250


def test_top_pages_stand_in_the_order_of_the_editor() -> None:
    assert [page.title for page in CATALOGUE.children(None)] == TOP_PAGES


@pytest.mark.parametrize(
    ("parent", "titles"),
    [
        ("sessions", {"RDP", "Citrix", "Horizon", "Browser", "SSH"}),
        ("accessories", {"Terminal", "Calculator", "Screenshot", "On-screen keyboard", "Magnifier"}),
        ("userinterface", {"Displays", "Desktop", "Taskbar", "Language", "Screen saver and lock", "Keyboard", "Fonts"}),
        ("network", {"LAN interfaces", "Wi-Fi", "Name and DNS", "Proxy", "VPN", "Firewall", "Network drives"}),
        ("devices", {"USB access", "Printers", "Storage", "Bluetooth", "Smart card readers", "Audio", "Webcam"}),
        ("security", {"Logon", "Shared Workplace", "Active Directory and Kerberos", "Passwords", "Certificates"}),
        ("system", {"Time and date", "Update", "Remote management", "Power", "Environment", "Logging", "Boot"}),
    ],
)
def test_pages_that_an_administrator_expects(parent: str, titles: set[str]) -> None:
    assert titles <= {page.title for page in CATALOGUE.children(parent)}


def test_no_page_is_empty() -> None:
    assert [page for page in CATALOGUE.pages if not CATALOGUE.on_page(page) and not CATALOGUE.children(page)] == []


def test_every_page_is_reached_from_the_top() -> None:
    reached: set[str] = set()
    waiting = list(CATALOGUE.children(None))
    while waiting:
        page = waiting.pop()
        reached.add(page.id)
        waiting.extend(CATALOGUE.children(page.id))
    assert reached == set(CATALOGUE.pages)


def test_labels_are_unique_within_a_group() -> None:
    counted = Counter((item.page, item.group, item.label) for item in PARAMETERS)
    assert [place for place, count in counted.items() if count > 1] == []


def test_page_titles_are_unique_among_siblings() -> None:
    counted = Counter((page.parent, page.title) for page in CATALOGUE.pages.values())
    assert max(counted.values()) == 1


def test_every_default_is_clean() -> None:
    assert [item.path for item in PARAMETERS if item.clean(item.default) != item.default] == []


def test_every_parameter_is_described() -> None:
    assert [item.path for item in PARAMETERS if not item.group] == []
    assert [item.path for item in PARAMETERS if item.label[0].islower() or item.label.endswith(".")] == []
    assert [item.path for item in PARAMETERS if len(item.help) < 15 or not item.help.endswith(".")] == []


def test_every_number_has_a_range() -> None:
    numbers = [item for item in PARAMETERS if item.type in ("integer", "float")]
    assert [item.path for item in numbers if None in (item.minimum, item.maximum)] == []


def test_every_secret_is_an_empty_text() -> None:
    secrets = [item for item in PARAMETERS if item.secret]
    assert secrets
    assert [item.path for item in secrets if item.default != "" or item.type != "string"] == []


def test_what_is_called_password_or_key_is_secret() -> None:
    named = {item.path for item in PARAMETERS if item.path.rpartition(".")[2] in ("password", "key_password", "key")}
    assert named
    assert named == {path for path in named if CATALOGUE.parameters[path].secret}


@pytest.mark.parametrize(("prefixes", "expected"), [(DEVICE_WIDE, True), (PER_USER, False)])
def test_what_counts_for_the_whole_device(prefixes: tuple[str, ...], expected: bool) -> None:
    for prefix in prefixes:
        found = [item for item in PARAMETERS if item.path.startswith(prefix)]
        assert found, prefix
        assert [item.path for item in found if item.system_setting != expected] == []


def test_what_belongs_to_one_device() -> None:
    assert {item.path for item in PARAMETERS if item.machinespecific} == MACHINE_SPECIFIC


@pytest.mark.parametrize(
    ("path", "default"),
    [
        ("network.dns.hostname", ""),
        ("network.vncserver.enabled", True),
        ("system.time.ntp_timeserver", ""),
        ("update.auto_reboot_timeout", 300),
        ("system.remotemanager.allow_remote_management", True),
        ("system.remotemanager.connect_timeout", 45),
        ("system.remotemanager.rmagent_timeout", 180),
        ("system.remotemanager.reconnect_interval", 90),
        ("system.remotemanager.heartbeat_interval", 60),
        ("system.remotemanager.ait.enable", True),
        ("system.remotemanager.ait.delay", 6),
        ("userinterface.display3.resolution", "auto"),
        ("network.interfaces.ethernet.device0.ipmode", "dhcp"),
    ],
)
def test_well_known_paths(path: str, default: object) -> None:
    assert CATALOGUE.defaults[path] == default


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("rdp gateway", "sessions.rdp%.gateway.enabled"),
        ("shared workplace", "auth.login.swp.enabled"),
        ("time server", "system.time.ntp_timeserver"),
        ("wallpaper", "userinterface.desktop.wallpaper.mode"),
    ],
)
def test_search_finds_what_an_administrator_types(words: str, path: str) -> None:
    assert path in [item.path for item in CATALOGUE.search(words)]


def test_file_holds_one_entry_on_each_line() -> None:
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line.startswith("    {")]
    assert len(lines) == len(CATALOGUE.pages) + len(CATALOGUE.classes) + len(PARAMETERS)
    assert all(isinstance(json.loads(line.rstrip(",")), dict) for line in lines)


def test_examples_of_the_documentation_are_true() -> None:
    text = (Path(__file__).parents[2] / "docs" / "catalogues.md").read_text(encoding="utf-8")
    example, settings = (block.split("```")[0] for block in text.split("```json\n")[1:])
    catalogue = parse_catalogue(json.loads(example))
    assert clean_settings(catalogue, json.loads(settings)).instances
