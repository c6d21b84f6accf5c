"""What a new profile starts with (“expert mode”, domain/profiles.md §1): all settings, or those of a profile or device.

What is specific to one machine is left out, and so are the secrets of devices.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ums.domain.parameters import Settings, move_settings, new_serial
from ums.profiles.content import is_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from ums.devices.models import Device
    from ums.domain.parameters import Catalogue, Given, Parameter
    from ums.profiles.comparison import Side

_of_device: list[Callable[[Device], Side]] = []


def answer_for_devices(source: Callable[[Device], Side]) -> None:
    """Say where the settings of a device come from. Called by the room that knows, from AppConfig.ready()."""
    _of_device[:] = [source]


def everything(catalogue: Catalogue) -> Settings:
    """Every parameter at its default: this locks the whole local setup of a device."""
    return Settings({path: value for path, value in catalogue.defaults.items() if _shared(catalogue.find(path))})


def of_device(device: Device, catalogue: Catalogue) -> Settings:
    """What a device has and is not the default, as far as `catalogue` knows and accepts it."""
    side = _of_device[0](device)
    defaults = side.catalogue.defaults
    values: dict[str, Given] = {
        path: value
        for path, value in side.settings.values.items()
        if value != defaults.get(path) and _shared(side.catalogue.find(path))
    }
    instances = {
        serial: replace(
            one,
            values={
                name: value
                for name, value in one.values.items()
                if value != side.catalogue.instance_defaults.get(one.cls, {}).get(name)
                and _shared(side.catalogue.find(f"{one.cls}.{name}"))
            },
        )
        for serial, one in side.settings.instances.items()
    }
    return known(with_new_serials(Settings(values, instances)), side.catalogue, catalogue)


def of_profile(side: Side, catalogue: Catalogue, *, secrets: bool) -> Settings:
    """What a profile sets, as far as `catalogue` knows and accepts it."""
    settings = side.settings if secrets else without_secrets(side)
    return known(with_new_serials(settings), side.catalogue, catalogue)


def without_secrets(side: Side) -> Settings:
    """The settings without the secrets in them."""

    def kept(values: dict[str, Given], prefix: str) -> dict[str, Given]:
        return {name: value for name, value in values.items() if not is_secret(side.catalogue, prefix + name, value)}

    return Settings(
        kept(dict(side.settings.values), ""),
        {
            serial: replace(one, values=kept(dict(one.values), f"{one.cls}."))
            for serial, one in side.settings.instances.items()
        },
    )


def with_new_serials(settings: Settings) -> Settings:
    """The same with free instances of their own: a device that gets both has both."""
    return Settings(settings.values, {new_serial(): one for one in settings.instances.values()})


def known(settings: Settings, old: Catalogue, new: Catalogue) -> Settings:
    """What the new catalogue knows and accepts of settings that were made with the old one."""
    moved = move_settings(old, new, settings)
    return Settings(
        {path: value for path, value in moved.settings.values.items() if path not in moved.kept},
        {
            serial: replace(
                one, values={name: value for name, value in one.values.items() if f"{serial}:{name}" not in moved.kept}
            )
            for serial, one in moved.settings.instances.items()
            if serial not in moved.kept
        },
    )


def _shared(parameter: Parameter | None) -> bool:
    """Whether its value may go from one device to another by a profile."""
    return parameter is not None and not parameter.machinespecific and not parameter.secret
