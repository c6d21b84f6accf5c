"""Moving settings from one catalogue to another: what fits there, what is kept as it is, what cannot come along."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ums.domain.parameters.catalogue import Catalogue
from ums.domain.parameters.parameter import Parameter
from ums.domain.parameters.settings import Given, Settings, SettingsError, clean_settings, flat, unknown_to

SECRET_UNKNOWN = "It is a secret, and nothing is known about it there: it would become readable."
SECRET_READABLE = "It is a secret, and readable there."


@dataclass(frozen=True, slots=True)
class Moved:
    """What settings come to with another catalogue. Keys are paths, serials and "serial:name".

    settings: what fits, in the form of the new catalogue, and what is kept.
    changed: what is written in another way there, before and after. kept: what the new catalogue does not know and
    the settings keep. refused: what is left out, with the reason.
    """

    settings: Settings
    changed: Mapping[str, tuple[Given, Given]]
    kept: frozenset[str]
    refused: Mapping[str, str]

    @property
    def fits(self) -> int:
        """How many values the new catalogue knows and takes."""
        return sum(not is_kept(key, self.kept) for key in flat(self.settings))


def move_settings(old: Catalogue, new: Catalogue, settings: Settings) -> Moved:
    """Settings that were made with `old`, for `new`; secrets are readable in them."""
    refused = {
        key: SECRET_UNKNOWN if there is None else SECRET_READABLE
        for key in flat(settings)
        if _is_secret(_find(old, settings, key)) and not _is_secret(there := _find(new, settings, key))
    }
    remaining = _without(settings, refused)
    kept = unknown_to(new, remaining)
    try:
        moved = clean_settings(new, remaining, keep=kept)
    except SettingsError as error:
        refused |= error.errors
        remaining = _without(remaining, error.errors)
        moved = clean_settings(new, remaining, keep=kept)
    before, after = flat(remaining), flat(moved)
    changed = {key: (before[key], value) for key, value in after.items() if _differs(before[key], value)}
    return Moved(moved, changed, frozenset(unknown_to(new, moved)), refused)


def is_kept(key: str, kept: Collection[str]) -> bool:
    """Whether a value is kept: it is named itself, or the instance that it belongs to."""
    return key in kept or key.rpartition(":")[0] in kept


def _find(catalogue: Catalogue, settings: Settings, key: str) -> Parameter | None:
    serial, _, name = key.rpartition(":")
    return catalogue.find(f"{settings.instances[serial].cls}.{name}" if serial in settings.instances else key)


def _is_secret(parameter: Parameter | None) -> bool:
    return parameter is not None and parameter.secret


def _without(settings: Settings, keys: Collection[str]) -> Settings:
    return Settings(
        {path: given for path, given in settings.values.items() if path not in keys},
        {
            serial: replace(
                instance,
                values={name: given for name, given in instance.values.items() if f"{serial}:{name}" not in keys},
            )
            for serial, instance in settings.instances.items()
            if serial not in keys
        },
    )


def _differs(before: Given, after: Given) -> bool:
    return type(before) is not type(after) or before != after
