"""The content of revisions: secrets are sealed in the database, and masked for people."""

from __future__ import annotations

import gzip
from dataclasses import replace
from functools import lru_cache
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import msgspec

from ums.core.crypto import seal, unseal
from ums.core.errors import AppError
from ums.domain.kinds import settable
from ums.domain.parameters import Settings, looks_secret, parse_catalogue, settings_from_json, settings_to_json
from ums.profiles.models import Catalogue as CatalogueRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

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


def is_secret(catalogue: Catalogue, path: str, value: object = "") -> bool:
    """Whether a value is a secret: as the catalogue says, and a text that it does not know when its name says so.

    path: that of a parameter, in a free instance with its class ("sessions.rdp%.password").
    """
    parameter = catalogue.find(path)
    return parameter.secret if parameter is not None else isinstance(value, str) and looks_secret(path)


def sealed(catalogue: Catalogue, settings: Settings) -> dict[str, Any]:
    """Settings as they are stored: JSON, each secret value sealed."""

    def change(_: str, path: str, value: Given) -> Given:
        if not is_secret(catalogue, path, value) or _opened(value) is not None:
            return value
        return SEALED + seal(str(value))

    return settings_to_json(_over_values(settings, change))


def resealed(catalogue: Catalogue, content: dict[str, Any]) -> dict[str, Any]:
    """Stored settings with the secrets sealed that were readable: a catalogue that knows more of them came.

    The very same content when there are none.
    """
    settings = settings_from_json(content)
    hidden = sealed(catalogue, settings)
    return hidden if hidden != settings_to_json(settings) else content


def unsealed(catalogue: Catalogue, content: dict[str, Any]) -> Settings:
    """Stored settings with their secrets readable: for devices only.

    What an earlier catalogue knew as a secret, and this one does not know, stays sealed.
    """
    return _over_values(settings_from_json(content), lambda _, path, value: _open(catalogue, path, value))


def masked(catalogue: Catalogue, content: dict[str, Any]) -> Settings:
    """Stored settings with MASK in place of each secret: for people, programs and the audit log."""
    return _over_values(settings_from_json(content), lambda _, path, value: _hidden(catalogue, path, value))


def with_kept_secrets(settings: Settings, previous: Settings) -> Settings:
    """What an editor sent, where MASK means “as it was”: taken from the unsealed previous settings.

    An instance of another class is another one, whatever its serial: it has no secrets to keep.
    """
    before = placed(previous)
    return _over_values(settings, lambda key, path, value: before.get((key, path), "") if value == MASK else value)


def given_secrets(catalogue: Catalogue, settings: Settings) -> set[str]:
    """The keys of secrets that are in the settings themselves: neither empty nor MASK."""
    return {
        key
        for (key, path), value in placed(settings).items()
        if value and value != MASK and is_secret(catalogue, path, value)
    }


def with_other_secrets(settings: Settings, keys: Collection[str]) -> Settings:
    """The settings with random texts as the values of these keys, which equal nothing that anybody can guess."""
    return _over_values(settings, lambda key, _, value: token_hex() if key in keys else value)


def placed(settings: Settings) -> dict[tuple[str, str], Given]:
    """All values by (key, path): “serial:name” and “class.name” in a free instance, else twice the path."""
    found = {(path, path): value for path, value in settings.values.items()}
    for serial, instance in settings.instances.items():
        found.update({(f"{serial}:{n}", f"{instance.cls}.{n}"): value for n, value in instance.values.items()})
    return found


def _open(catalogue: Catalogue, path: str, value: Given) -> Given:
    if catalogue.find(path) is None and not is_secret(catalogue, path, value):
        return value
    opened = _opened(value, strict=is_secret(catalogue, path, value))
    return value if opened is None else opened


def _opened(value: Given, *, strict: bool = False) -> str | None:
    """What is sealed in a value; None for a readable one. Raises AppError for what does not open when `strict`."""
    if not isinstance(value, str) or not value.startswith(SEALED):
        return None
    try:
        return unseal(value.removeprefix(SEALED))
    except AppError:
        if strict:
            raise
        return None


def _hidden(catalogue: Catalogue, path: str, value: Given) -> Given:
    secret = is_secret(catalogue, path, value) or (isinstance(value, str) and value.startswith(SEALED))
    return (MASK if value else "") if secret else value


def _over_values(settings: Settings, change: Callable[[str, str, Given], Given]) -> Settings:
    """The settings with `change(key, path, value)` applied to each value; key and path as in `placed`."""

    def instance_changed(serial: str, instance: Instance) -> Instance:
        values = {
            name: change(f"{serial}:{name}", f"{instance.cls}.{name}", value) for name, value in instance.values.items()
        }
        return replace(instance, values=values)

    return Settings(
        {path: change(path, path, value) for path, value in settings.values.items()},
        {serial: instance_changed(serial, instance) for serial, instance in settings.instances.items()},
    )
