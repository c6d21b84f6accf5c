"""What profiles of users cannot set: the lists of the manual's pages 53 and 54, and how they are read."""

from __future__ import annotations

import pytest

from ums.domain.contribution import contribution
from ums.domain.parameters import Expression, Instance, Settings, parse_catalogue
from ums.domain.per_user import KEYS, NONE, PER_USER, Restrictions, class_why_not, restrictions_of, why_not
from ums.domain.versions import version_key, version_within

PATHS = [
    "network.dns.hostname",
    "x.xserver%.resolution",
    "x.xserver%.color_depth",
    "userinterface.touchscreen.enabled",
    "update.server",
    "auth.login.method",
    "system.remotemanager.servers",
    "custom_partition.enabled",
    "system.customization.wallpaper.server",
    "system.customization.custom_bootsplash.url",
    "browserglobal.plugins.flash",
    "userinterface.scim.enabled",
    "userinterface.scim.method",
    "userinterface.mouse.emulate3buttons",
    "userinterface.mouse.speed",
    "sessions.appliance_mode.enabled",
    "userinterface.language.locale",
    "devices.usb.enabled",
    "system.power.button",
    "system.fbwf.enabled",
    "networking.is_another_node",
]


def catalogue(os: str):
    parameters = [
        {"path": path, "page": "all", "type": "string", "default": "", "label": path}
        for path in (*PATHS, "network.drive%.share", "sessions.rdp%.server", "sessions.rdp%.appliance.enabled")
    ]
    parameters += [
        {"path": "odd.path", "page": "services", "type": "string", "default": "", "label": "Service"},
        {"path": "own.flag", "page": "all", "type": "string", "default": "", "label": "Own", "system_setting": True},
    ]
    return parse_catalogue(
        {
            "format": "ums-catalogue/1",
            "name": "Example",
            "version": "1",
            "os": os,
            "pages": [
                {"id": "all", "title": "All", "parent": None},
                {"id": "system", "title": "System", "parent": None},
                {"id": "services", "title": "Windows services", "parent": "system"},
            ],
            "classes": [
                {"path": "x.xserver%", "kind": "fixed", "label": "Screen", "indices": [0, 1]},
                {"path": "network.drive%", "kind": "free", "label": "Drive", "name_parameter": "share"},
                {"path": "sessions.rdp%", "kind": "free", "label": "RDP", "name_parameter": "server"},
            ],
            "parameters": parameters,
        }
    )


def refused(os: str, version: str) -> set[str]:
    made = catalogue(os)
    return {path for path in made.parameters if why_not(made, path, restrictions_of(os, version))}


LINUX = {
    "network.dns.hostname",
    "network.drive%.share",
    "x.xserver%.color_depth",
    "userinterface.touchscreen.enabled",
    "update.server",
    "auth.login.method",
    "system.remotemanager.servers",
    "custom_partition.enabled",
    "system.customization.custom_bootsplash.url",
    "browserglobal.plugins.flash",
    "userinterface.scim.method",
    "userinterface.mouse.emulate3buttons",
    "sessions.appliance_mode.enabled",
    "sessions.rdp%.appliance.enabled",
    "own.flag",
}
SCREENS, WALLPAPER = "x.xserver%.resolution", "system.customization.wallpaper.server"


@pytest.mark.parametrize(
    ("version", "more"),
    [
        ("4.13.100", {SCREENS, WALLPAPER}),
        ("4.14.100", {WALLPAPER}),
        ("5.05.100", {SCREENS, WALLPAPER}),
        ("5.5.100", {SCREENS, WALLPAPER}),
        ("5.06.100", {WALLPAPER}),
        ("10.02.120", {WALLPAPER}),
        ("10.03.500", set()),
        ("10.3.1000", set()),
        ("11.09.310", set()),
    ],
)
def test_linux_by_version(version: str, more: set[str]) -> None:
    assert refused("igel-linux-10", version) == LINUX | more


def test_the_own_firmware_is_linux_whatever_its_version() -> None:
    assert refused("ums-linux", "1.0.0") == LINUX


def test_windows_embedded_7() -> None:
    found = refused("windows-embedded-7", "3.12.100")
    assert found >= {"userinterface.language.locale", "network.dns.hostname", "auth.login.method", "odd.path"}
    assert found >= {"devices.usb.enabled", "system.power.button", "system.fbwf.enabled", "update.server"}
    assert not found & {"userinterface.mouse.emulate3buttons", "userinterface.touchscreen.enabled", SCREENS}


def test_other_systems_have_what_their_catalogue_says() -> None:
    assert refused("some-os", "1") == {"own.flag"}
    assert restrictions_of("some-os", "1") is NONE


def test_firmware_with_the_same_restrictions_shares_them() -> None:
    assert restrictions_of("igel-linux-10", "10.04.100") is restrictions_of("igel-linux-10", "10.05.100")
    assert restrictions_of("igel-linux-10", "10.02.100") is not restrictions_of("igel-linux-10", "10.05.100")


def test_a_number_of_a_fixed_instance_and_one_that_the_catalogue_does_not_know() -> None:
    old = restrictions_of("igel-linux-5", "5.05.100")
    made = catalogue("igel-linux-5")
    assert why_not(made, "x.xserver1.resolution", old) == (
        "The configuration of the screens cannot be set by a profile of a user on Linux devices."
    )
    assert why_not(made, "x.xserver7.unknown", old)
    assert why_not(made, "own.flag", old) == PER_USER


def test_contribution_leaves_out_and_says_why() -> None:
    made = catalogue("ums-linux")
    settings = Settings(
        {
            "update.server": "s",
            "userinterface.mouse.speed": "5",
            "userinterface.language.locale": Expression("${SITE}"),
        },
        {
            "A": Instance("network.drive%", {"share": "x"}),
            "B": Instance("sessions.rdp%", {"server": "ts", "appliance.enabled": "1"}),
        },
    )
    found = contribution(made, settings, {"SITE": "de"}, per_user=restrictions_of("ums-linux", "1.0.0"))
    assert found.values == {"userinterface.mouse.speed": "5"}
    assert {serial: dict(one.values) for serial, one in found.instances.items()} == {"B": {"server": "ts"}}
    assert found.ignored.keys() == {
        "update.server",
        "userinterface.language.locale",
        "network.drive%",
        "B:appliance.enabled",
    }
    assert found.ignored["userinterface.language.locale"] == KEYS
    for_devices = contribution(made, settings, {"SITE": "de"})
    assert for_devices.values["update.server"] == "s"
    assert for_devices.instances.keys() == {"A", "B"}


def test_a_class_of_which_something_counts_stays() -> None:
    made = catalogue("ums-linux")
    linux = restrictions_of("ums-linux", "1.0.0")
    assert class_why_not(made, "network.drive%", linux)
    assert class_why_not(made, "sessions.rdp%", linux) is None
    assert class_why_not(made, "network.drive%", Restrictions()) is None
    assert class_why_not(made, "unknown.class%", linux) is None


def test_versions() -> None:
    assert version_key("1.9.0") < version_key("1.10.0")
    assert version_key("5.06.100") == version_key("5.6.100")
    assert version_within("5.05.100", ">= 5 < 5.06.100")
    assert not version_within("4.14.100", ">= 5 < 5.06.100")
    for wrong in ("", "5", "= 5", "< 5 or so"):
        with pytest.raises(ValueError, match="is no condition"):
            version_within("5", wrong)
