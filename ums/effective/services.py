"""The device's own configuration, as it reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ums.devices.models import LocalSettings
from ums.devices.services import local_settings_write
from ums.domain.parameters import Instance, Settings, SettingsError, clean_settings
from ums.effective.layers import plans_for_devices
from ums.profiles.content import catalogue_of, sealed, unsealed
from ums.profiles.models import Catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ums.domain.protocol import LocalSettings as Reported


def local_settings_report(*, device_id: int, reported: Reported) -> bool:
    """Store what was set at the device, as far as its catalogue knows it and accepts it. Returns whether it changed.

    Secrets are sealed. Values that do not fit are left out: the device goes on with its own, and the console never
    shows what it cannot check.
    """
    plan = plans_for_devices([device_id], {})[device_id].plan
    if plan.catalogue_id is None:
        return False
    catalogue = catalogue_of(Catalogue.objects.defer("definition").get(pk=plan.catalogue_id))
    settings = Settings(
        dict(reported.values),
        {serial: Instance(entry.cls, dict(entry.values)) for serial, entry in reported.instances.items()},
    )
    try:
        settings = clean_settings(catalogue, settings)
    except SettingsError as error:
        settings = _without(settings, error.errors.keys())
        settings = clean_settings(catalogue, settings)
    row = LocalSettings.objects.filter(device_id=device_id).first()
    before = unsealed(catalogue, row.content) if row else Settings()
    if before == settings:
        return False
    return local_settings_write(device_id=device_id, content=sealed(catalogue, settings))


def _without(settings: Settings, keys: Iterable[str]) -> Settings:
    """Leave out the refused values: a path, "serial:name", or a whole instance by its serial."""
    refused = set(keys)
    return Settings(
        {path: value for path, value in settings.values.items() if path not in refused},
        {
            serial: Instance(
                entry.cls, {name: value for name, value in entry.values.items() if f"{serial}:{name}" not in refused}
            )
            for serial, entry in settings.instances.items()
            if serial not in refused
        },
    )
