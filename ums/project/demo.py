"""A tenant for trying out: two hospitals and a call centre, 21 profiles, and a fleet that connects for real.

Filled through the services as an administrator would, and found again by name: a second start changes nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

from django.db import transaction

from ums.agent import models as hardware
from ums.connector.models import EnrolmentKey
from ums.connector.services.keys import enrolment_key_reveal, enrolment_keys_create
from ums.core.actor import Actor
from ums.core.private import write_private
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.selectors import directory_root
from ums.devices.services import device_register, device_update, directory_create
from ums.profiles.models import Catalogue, Profile, ProfileKind, TemplateKey, UseCase
from ums.profiles.selectors import catalogue_newest
from ums.profiles.services import key_create, profile_create, profiles_assign, templates_assign, value_create
from ums.profiles.services.profiles import DIRECTORY_KIND

if TYPE_CHECKING:
    from pathlib import Path

DEMO = Actor(name="demo")
KEY = "Demo fleet"
SEED = 7

TREE: dict[str, dict[str, tuple[str, ...]]] = {
    "Bremen Hospital": {
        "Surgery": ("Ward 1", "Ward 2", "Operating Theatres"),
        "Medicine": ("Ward 3", "Ward 4"),
        "Administration": ("Reception", "Accounts"),
    },
    "Oldenburg Hospital": {
        "Emergency": ("Admission", "Treatment Rooms"),
        "Radiology": ("Reading Rooms", "X-ray"),
    },
    "Service Centre": {
        "Call Centre": ("Shift Floor A", "Shift Floor B"),
        "Training": ("Classroom 1",),
    },
}
"""Site > department > room."""


def _session(cls: str, **values: Any) -> dict[str, Any]:
    """A free instance; `__` in a name stands for a dot."""
    return {"class": cls, "values": {name.replace("__", "."): value for name, value in values.items()}}


_D = "userinterface.display"

PROFILES: tuple[tuple[str, str, str, dict[str, Any], dict[str, Any], tuple[str, ...]], ...] = (
    # name, description, kind, values, sessions, directories
    (
        "Base settings",
        "Time, language and power for every device.",
        ProfileKind.STANDARD,
        {
            "system.time.timezone": "Europe/Berlin",
            "system.time.ntp_timeserver": "ntp1.hospital.example ntp2.hospital.example",
            "userinterface.language.locale": "de_DE",
            "userinterface.keyboard.layout": "de",
            "userinterface.dpms.off": 30,
            "system.power.button": "shutdown",
        },
        {},
        ("Devices",),
    ),
    (
        "Screen lock after 10 minutes",
        "Blank and lock.",
        ProfileKind.STANDARD,
        {"userinterface.screensaver.timeout": 10, "userinterface.screenlock.with_screensaver": True},
        {},
        ("Devices",),
    ),
    (
        "Remote support",
        "Shadowing for the service desk, always with the user's consent.",
        ProfileKind.STANDARD,
        {"network.vncserver.enabled": True, "network.vncserver.prompt": True, "network.vncserver.secure": True},
        {},
        ("Devices",),
    ),
    (
        "Clinical desktop",
        "The hospital information system on the terminal servers.",
        ProfileKind.STANDARD,
        {"sessions.global.confirm_close": False},
        {
            "demo-clinical": _session(
                "sessions.rdp%",
                name="Clinical desktop",
                server="rds.hospital.example",
                autostart=True,
                reconnect=True,
                passthrough=True,
                redirect__smartcard=True,
            )
        },
        ("Bremen Hospital", "Oldenburg Hospital"),
    ),
    (
        "Fast user change",
        "Screens at the bedside lock quickly and come back quickly.",
        ProfileKind.STANDARD,
        {"userinterface.screensaver.timeout": 3, "auth.smartcard.on_removal": "lock"},
        {},
        ("Surgery", "Medicine", "Emergency"),
    ),
    (
        "Operating theatre",
        "No sleep, no pop-ups, large pointer.",
        ProfileKind.STANDARD,
        {
            "userinterface.screensaver.enabled": False,
            "userinterface.dpms.enabled": False,
            "userinterface.mouse.cursor_size": 48,
            "userinterface.sound.muted": True,
        },
        {},
        ("Operating Theatres",),
    ),
    (
        "Reading room displays",
        "Two portrait displays for pictures, one landscape for text.",
        ProfileKind.STANDARD,
        {
            f"{_D}0.resolution": "1920x1200",
            f"{_D}0.primary": True,
            f"{_D}1.rotation": "90",
            f"{_D}1.position": "right",
            f"{_D}2.rotation": "90",
            f"{_D}2.position": "right",
            f"{_D}2.relative_to": 1,
        },
        {},
        ("Reading Rooms",),
    ),
    (
        "Picture archive",
        "The viewer of the picture archive as a kiosk.",
        ProfileKind.STANDARD,
        {},
        {
            "demo-archive": _session(
                "sessions.browser%",
                name="Picture archive",
                url="https://pictures.hospital.example",
                autostart=True,
                window__mode="kiosk",
                security__downloads=False,
            )
        },
        ("Radiology",),
    ),
    (
        "Ward printers",
        "The laser printer at the nurses' desk.",
        ProfileKind.STANDARD,
        {},
        {
            "demo-ward-printer": _session(
                "print.printer%",
                name="nurses-desk",
                connection="network",
                address="ipps://printer-ward.hospital.example",
                default=True,
                duplex=True,
            )
        },
        ("Ward 1", "Ward 2", "Ward 3", "Ward 4"),
    ),
    (
        "Reception",
        "Card readers and a label printer.",
        ProfileKind.STANDARD,
        {"devices.smartcard.contactless": True},
        {"demo-labels": _session("print.printer%", name="Labels", connection="usb", paper="label", driver="zebra")},
        ("Reception", "Admission"),
    ),
    (
        "Office",
        "Citrix for the administration.",
        ProfileKind.STANDARD,
        {"userinterface.desktop.theme": "light"},
        {
            "demo-office": _session(
                "sessions.citrix%", name="Office", server="https://store.hospital.example", autostart=True
            )
        },
        ("Administration",),
    ),
    (
        "Call centre desktop",
        "Horizon desktop with optimised audio.",
        ProfileKind.STANDARD,
        {"devices.audio.output": "headset", "devices.audio.input": "headset", "userinterface.sound.volume": 75},
        {
            "demo-calls": _session(
                "sessions.horizon%",
                name="Agent desktop",
                server="desktops.service.example",
                autostart=True,
                reconnect=True,
            )
        },
        ("Call Centre",),
    ),
    (
        "Late shift",
        "Warm colours from early evening.",
        ProfileKind.STANDARD,
        {"userinterface.nightlight.enabled": True, "userinterface.nightlight.hours": "18:00-06:00"},
        {},
        ("Shift Floor B",),
    ),
    (
        "Training rooms",
        "Reset in the evening, nothing kept.",
        ProfileKind.STANDARD,
        {"system.power.shutdown_schedule.enabled": True, "system.power.shutdown_schedule.time": "18:30"},
        {},
        ("Training",),
    ),
    (
        "Wallpaper of the hospital group",
        "",
        ProfileKind.STANDARD,
        {
            "userinterface.desktop.wallpaper.mode": "custom",
            "userinterface.desktop.wallpaper.url": "https://intranet.hospital.example/wallpaper.png",
        },
        {},
        ("Bremen Hospital", "Oldenburg Hospital"),
    ),
    (
        "Notice before logon",
        "One profile for both hospitals: the name of the house comes from the template key SITE.",
        ProfileKind.STANDARD,
        {"auth.login.banner": {"expression": "${SITE}: for staff only. This is ${DEVICENAME}."}},
        {},
        ("Bremen Hospital", "Oldenburg Hospital"),
    ),
    (
        "On-screen keyboard",
        "For devices with touch screens; assign it where they stand.",
        ProfileKind.STANDARD,
        {"accessories.osk.enabled": True, "accessories.osk.auto_show": True},
        {},
        (),
    ),
    (
        "Test: new session client",
        "Tried in the classroom before it goes further.",
        ProfileKind.STANDARD,
        {"sessions.global.autostart_wait_network": 60},
        {},
        ("Classroom 1",),
    ),
    (
        "Security: no USB storage",
        "Group security: storage devices are blocked everywhere.",
        ProfileKind.PRIORITY,
        {"devices.usb.enabled": True, "devices.usb.default": "deny", "devices.storage.hotplug": False},
        {},
        ("Devices",),
    ),
    (
        "Security: encrypted logs",
        "All devices send their log to the log server.",
        ProfileKind.PRIORITY,
        {
            "system.logging.remote.enabled": True,
            "system.logging.remote.server": "logs.hospital.example",
            "system.logging.remote.protocol": "tls",
        },
        {},
        ("Devices",),
    ),
    (
        "Hospitals: screens lock at 5 minutes",
        "Data protection: whatever a ward sets, no more than five minutes.",
        ProfileKind.PRIORITY,
        {"userinterface.screensaver.timeout": 5},
        {},
        ("Administration",),
    ),
    (
        "Look of the hospitals",
        "The wallpaper of this year, whatever a profile says.",
        ProfileKind.CUSTOMIZATION,
        {
            "userinterface.desktop.wallpaper.mode": "custom",
            "userinterface.desktop.wallpaper.url": "https://intranet.hospital.example/wallpaper-2026.png",
            "userinterface.desktop.wallpaper.style": "fill",
        },
        {},
        ("Bremen Hospital",),
    ),
    (
        "Firmware 1.1 from the depot",
        "Devices of the classroom fetch the new firmware first.",
        ProfileKind.UPDATE,
        {"update.protocol": "https", "update.server": "depot.hospital.example", "update.path": "/firmware/1.1"},
        {},
        ("Training",),
    ),
)

SITES = {"Bremen Hospital": "Bremen Hospital", "Oldenburg Hospital": "Oldenburg Hospital"}
"""Directory -> the value of the template key SITE there."""


class Demo:
    """The demo tenant of one data directory, and its simulated fleet as a child process."""

    def __init__(self, data: Path, url: str, ca: Path, devices: int) -> None:
        self._data, self._url, self._ca, self._devices = data, url, ca, devices
        self._process: subprocess.Popen[bytes] | None = None

    def fill(self) -> None:
        """Directories, profiles with assignments, the key, and the devices' entries."""
        with transaction.atomic():
            directories = _directories()
            _template_key(directories)
            _profiles(directories)
            known = self._key_file.exists() and EnrolmentKey.objects.filter(name=KEY).exists()
            secret = "" if known else _key()
            _devices(self._devices, directories)
        # Not before the commit: a file with a key that the database never got would keep the fleet out for good.
        if secret:
            write_private(self._key_file, secret + "\n")

    def start(self) -> None:
        """Switch the fleet on."""
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "ums.project.cli", "simulate", "--server", self._url, "--ca", str(self._ca)),
                *("--key-file", str(self._key_file), "--devices", str(self._devices), "--seed", str(SEED)),
                *("--ramp", str(min(20.0, 1 + self._devices / 50)), "--state", str(self._data / "demo-fleet")),
                *("--quiet", "--exit-with-parent"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "UMS_SUPERUSER_PASSWORD"},
            start_new_session=True,
        )

    def stop(self) -> None:
        """Switch the fleet off."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()

    @property
    def _key_file(self) -> Path:
        return self._data / "demo-fleet.key"


def _directories() -> dict[str, Directory]:
    root = directory_root()
    found = {root.name: root}
    for site, departments in TREE.items():
        found[site] = _directory(root, site)
        for department, rooms in departments.items():
            found[department] = _directory(found[site], department)
            for room in rooms:
                found[room] = _directory(found[department], room)
    return found


def _directory(parent: Directory, name: str) -> Directory:
    known = Directory.objects.filter(parent=parent, name=name).first()
    return known or directory_create(actor=DEMO, parent=parent, name=name)


def _template_key(directories: dict[str, Directory]) -> None:
    if TemplateKey.objects.filter(name="SITE").exists():
        return
    root = directory_root(kind=DirectoryKind.TEMPLATE)
    key = key_create(actor=DEMO, name="SITE", directory=root, description="The house, as people read it")
    for place, name in SITES.items():
        value = value_create(actor=DEMO, key=key, value=name)
        templates_assign(actor=DEMO, values=[value], targets=[directories[place]])


def _profiles(directories: dict[str, Directory]) -> None:
    catalogue = catalogue_newest(name=hardware.FIRMWARE)
    assert catalogue is not None, "the built-in catalogue is stored before"
    roots = {kind: directory_root(kind=directory) for kind, directory in DIRECTORY_KIND.items()}
    for name, description, kind, values, sessions, targets in PROFILES:
        if not Profile.objects.filter(name=name, kind=kind).exists():
            _profile(roots[kind], catalogue, name, description, values, sessions, directories, targets)


def _profile(
    parent: Directory,
    catalogue: Catalogue,
    name: str,
    description: str,
    values: dict[str, Any],
    sessions: dict[str, Any],
    directories: dict[str, Directory],
    targets: tuple[str, ...],
) -> None:
    profile = profile_create(
        actor=DEMO,
        name=name,
        directory=parent,
        based_on=catalogue,
        description=description,
        settings={"values": values, "instances": sessions},
        use_case=UseCase.WALLPAPER.value if parent.kind == DirectoryKind.CUSTOMIZATION else "",
        comment="Demo tenant",
    )
    profiles_assign(actor=DEMO, profiles=[profile], targets=[directories[target] for target in targets])


def _devices(count: int, directories: dict[str, Directory]) -> None:
    """Known before they connect, as after an import: the fleet's unit ids, spread over the rooms."""
    rooms = [
        (site, department, directories[room])
        for site, departments in TREE.items()
        for department, names in departments.items()
        for room in names
    ]
    known = set(Device.objects.values_list("unit_id", flat=True))
    for index in range(count):
        unit_id = hardware.unit_id(SEED, index)
        if unit_id in known:
            continue
        site, department, room = Random(f"room {index}").choice(rooms)
        device = device_register(actor=DEMO, unit_id=unit_id, directory=room, name=hardware.name(SEED, index))
        device_update(
            actor=DEMO,
            device=device,
            site=site,
            department=department,
            cost_centre=f"CC-{1000 + len(department) * 37 % 900}",
            asset_id=f"A-{20_000 + index}",
        )


def _key() -> str:
    """The secret of the fleet's mass-deployment key."""
    key = EnrolmentKey.objects.filter(name=KEY).first()
    if key is None:
        return enrolment_keys_create(actor=DEMO, kind=EnrolmentKey.Kind.MASS, name=KEY)[0].secret
    return enrolment_key_reveal(actor=DEMO, key=key)
