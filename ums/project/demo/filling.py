"""Filling a database with the demo tenant through the services, as an administrator would."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from ums.agent import models as hardware
from ums.core.actor import Actor
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.selectors import directory_root
from ums.devices.services import device_register, device_update, directory_create
from ums.licences.selectors import trial
from ums.licences.services import trial_start
from ums.profiles.models import Catalogue, Profile, TemplateKey, UseCase
from ums.profiles.selectors import catalogue_newest
from ums.profiles.services import key_create, profile_create, profiles_assign, templates_assign, value_create
from ums.profiles.services.profiles import DIRECTORY_KIND
from ums.project.demo.tenant import PROFILES, SITES, TREE

if TYPE_CHECKING:
    pass

DEMO = Actor(name="demo")
SEED = 7
"""Of the simulated fleet: its devices are known before they connect."""


def tenant_fill(*, devices: int) -> None:
    """Directories, the template key, profiles with assignments, as many devices' entries, and the test licence.

    What is there stays.
    """
    directories = _directories()
    _template_key(directories)
    _profiles(directories)
    _devices(devices, directories)
    if trial() is None:
        trial_start(actor=DEMO)


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
