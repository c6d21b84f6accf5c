"""The content of revisions: secrets are sealed in the database, and masked for people."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from ums.core.crypto import seal, unseal
from ums.domain.parameters import Settings, flat, parse_catalogue, settings_from_json, settings_to_json
from ums.profiles.models import Catalogue as CatalogueRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from ums.domain.parameters import Catalogue, Given, Instance

MASK = "••••••"
"""What people and audit entries see in place of a secret. Saved back, it keeps the secret that is there."""

SEALED = "sealed:"


@lru_cache(maxsize=32)
def _parsed(pk: int, checksum: str) -> Catalogue:
    definition = CatalogueRow.objects.values_list("definition", flat=True).get(pk=pk)
    return parse_catalogue(msgspec.json.decode(definition))


def catalogue_of(row: CatalogueRow) -> Catalogue:
    """The parsed catalogue of a row, remembered as long as its checksum is the same."""
    return _parsed(row.pk, row.checksum)


def catalogue_at(pk: int, checksum: str) -> Catalogue:
    """The same for who has no row: without a query while it is remembered."""
    return _parsed(pk, checksum)


def sealed(catalogue: Catalogue, settings: Settings) -> dict[str, Any]:
    """Settings as they are stored: JSON, each secret value sealed."""
    return settings_to_json(_over_secrets(catalogue, settings, lambda _, value: SEALED + seal(str(value))))


def unsealed(catalogue: Catalogue, content: dict[str, Any]) -> Settings:
    """Stored settings with their secrets readable: for devices only."""
    return _over_secrets(catalogue, settings_from_json(content), lambda _, value: _open(value))


def masked(catalogue: Catalogue, content: dict[str, Any]) -> Settings:
    """Stored settings with MASK in place of each secret: for people, programs and the audit log."""
    return _over_secrets(catalogue, settings_from_json(content), lambda _, value: MASK if value else "")


def with_kept_secrets(catalogue: Catalogue, settings: Settings, previous: Settings) -> Settings:
    """What an editor sent, where MASK means “as it was”: taken from the unsealed previous settings."""
    before = flat(previous)
    return _over_secrets(catalogue, settings, lambda key, value: before.get(key, "") if value == MASK else value)


def _open(value: Given) -> Given:
    return unseal(value.removeprefix(SEALED)) if isinstance(value, str) and value.startswith(SEALED) else value


def _over_secrets(catalogue: Catalogue, settings: Settings, change: Callable[[str, Given], Given]) -> Settings:
    """The settings with `change(key, value)` applied to each secret; key = path or "serial:name"."""

    def instance_changed(serial: str, instance: Instance) -> Instance:
        values = {
            name: change(f"{serial}:{name}", value) if _secret(catalogue, f"{instance.cls}.{name}") else value
            for name, value in instance.values.items()
        }
        return replace(instance, values=values)

    return Settings(
        {p: change(p, value) if _secret(catalogue, p) else value for p, value in settings.values.items()},
        {serial: instance_changed(serial, instance) for serial, instance in settings.instances.items()},
    )


def _secret(catalogue: Catalogue, path: str) -> bool:
    parameter = catalogue.find(path)
    return parameter is not None and parameter.secret
