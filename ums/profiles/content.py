"""The content of revisions: secrets are sealed in the database, and masked for people."""

from __future__ import annotations

import gzip
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from ums.core.crypto import seal, unseal
from ums.core.errors import AppError
from ums.domain.kinds import settable
from ums.domain.parameters import Settings, flat, parse_catalogue, settings_from_json, settings_to_json
from ums.profiles.models import Catalogue as CatalogueRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from ums.domain.parameters import Catalogue, Given, Instance, Parameter

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


@lru_cache(maxsize=32)
def definition_packed(pk: int, checksum: str, kind: str = "", use_case: str = "") -> bytes:
    """The definition of a catalogue as JSON in gzip, remembered as long as its checksum is the same.

    With a kind only what profiles of that kind may set, and the pages and classes of that.
    """
    stored = CatalogueRow.objects.values_list("definition", flat=True).get(pk=pk).encode()
    catalogue = catalogue_at(pk, checksum)
    allowed = settable(catalogue, kind, use_case) if kind else None
    if allowed is not None:
        definition = msgspec.json.decode(stored)
        pages = {step.id for path in allowed for step in catalogue.trail(catalogue.parameters[path].page)}
        classes = {catalogue.parameters[path].class_path for path in allowed}
        definition["parameters"] = [one for one in definition["parameters"] if one["path"] in allowed]
        definition["pages"] = [one for one in definition["pages"] if one["id"] in pages]
        definition["classes"] = [one for one in definition.get("classes", []) if one["path"] in classes]
        stored = msgspec.json.encode(definition)
    return gzip.compress(stored, mtime=0)


def sealed(catalogue: Catalogue, settings: Settings) -> dict[str, Any]:
    """Settings as they are stored: JSON, each secret value sealed."""
    return settings_to_json(
        _over_values(
            catalogue,
            settings,
            lambda _, parameter, value: SEALED + seal(str(value)) if parameter and parameter.secret else value,
        )
    )


def unsealed(catalogue: Catalogue, content: dict[str, Any]) -> Settings:
    """Stored settings with their secrets readable: for devices only.

    What an earlier catalogue knew as a secret, and this one does not know, stays sealed.
    """
    return _over_values(catalogue, settings_from_json(content), lambda _, parameter, value: _open(parameter, value))


def masked(catalogue: Catalogue, content: dict[str, Any]) -> Settings:
    """Stored settings with MASK in place of each secret: for people, programs and the audit log."""
    return _over_values(catalogue, settings_from_json(content), lambda _, parameter, value: _hidden(parameter, value))


def with_kept_secrets(catalogue: Catalogue, settings: Settings, previous: Settings) -> Settings:
    """What an editor sent, where MASK means “as it was”: taken from the unsealed previous settings."""
    before = flat(previous)
    return _over_values(catalogue, settings, lambda key, _, value: before.get(key, "") if value == MASK else value)


def _open(parameter: Parameter | None, value: Given) -> Given:
    if parameter is None or not _is_sealed(value):
        return value
    try:
        return unseal(str(value).removeprefix(SEALED))
    except AppError:
        if parameter.secret:
            raise
        return value


def _hidden(parameter: Parameter | None, value: Given) -> Given:
    secret = (parameter is not None and parameter.secret) or _is_sealed(value)
    return (MASK if value else "") if secret else value


def _is_sealed(value: Given) -> bool:
    return isinstance(value, str) and value.startswith(SEALED)


def _over_values(
    catalogue: Catalogue, settings: Settings, change: Callable[[str, Parameter | None, Given], Given]
) -> Settings:
    """The settings with `change(key, parameter, value)` applied to each value; key = path or "serial:name"."""

    def instance_changed(serial: str, instance: Instance) -> Instance:
        values = {
            name: change(f"{serial}:{name}", catalogue.find(f"{instance.cls}.{name}"), value)
            for name, value in instance.values.items()
        }
        return replace(instance, values=values)

    return Settings(
        {path: change(path, catalogue.find(path), value) for path, value in settings.values.items()},
        {serial: instance_changed(serial, instance) for serial, instance in settings.instances.items()},
    )
