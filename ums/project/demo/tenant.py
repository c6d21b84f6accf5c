"""What the demo tenant is: its sites, and the profiles of its two hospitals and its call centre."""

from __future__ import annotations

from typing import Any

from ums.profiles.models import ProfileKind

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
