"""Between the rows of profiles and their exported form: what is written, and what an import compares with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.devices.models import Directory
from ums.devices.selectors import directory_ancestors
from ums.domain.formats.exchange import Basis, ExchangedCatalogue, ExchangedProfile
from ums.domain.parameters import Instance, Settings
from ums.domain.versions import version_key
from ums.profiles.content import MASK, catalogue_of, masked, placed, unsealed, with_kept_secrets
from ums.profiles.models import Catalogue, Profile, Revision

if TYPE_CHECKING:
    from collections.abc import Iterable

UNKNOWN_VERSION = "unknown"
"""Of a catalogue that stands in for a firmware whose version no file told."""


def exchanged(profile: Profile, path: tuple[str, ...], *, secrets: bool = False) -> ExchangedProfile:
    """A profile with its head as it is exported; with MASK in place of secrets unless they are asked for.

    path: names of its directories below the root of its tree.
    """
    catalogue, head = catalogue_of(profile.based_on), _head(profile)
    settings = unsealed(catalogue, head.content) if secrets else masked(catalogue, head.content)
    origin: dict[str, Any] = profile.origin
    fixed = origin.get("fixed", {})
    return ExchangedProfile(
        name=profile.name,
        apps=(basis_of(profile.based_on), *(Basis(*app) for app in origin.get("also", ()))),
        settings=settings,
        source_id=source_id(profile),
        description=profile.description,
        kind=profile.kind,
        use_case=profile.use_case,
        path=path,
        overwrite_sessions=head.overwrite_sessions,
        fixed={p: (fixed[p][0], fixed[p][1]) for p in settings.values if p in fixed and catalogue.find(p) is None},
        catalogue=catalogue,
    )


def origin_of(profile: ExchangedProfile) -> dict[str, Any]:
    """What `Profile.origin` keeps of an imported profile, so that it can be exported again as it was."""
    return {
        "id": profile.source_id,
        "also": [[app.name, app.version, app.os] for app in profile.apps[1:]],
        "fixed": {path: list(place) for path, place in profile.fixed.items()},
    }


def source_id(profile: Profile) -> str:
    """The id that a profile is exported with: the one that it was imported with, or its own."""
    return profile.origin.get("id") or str(profile.pk)


def basis_of(row: Catalogue) -> Basis:
    """What a file says that a profile is based on."""
    return Basis(row.name, "" if row.version == UNKNOWN_VERSION else row.version, row.os)


def exchanged_catalogue(row: Catalogue) -> ExchangedCatalogue:
    """A catalogue as it travels inside an .ipm. `row` needs its definition."""
    return ExchangedCatalogue(row.name, row.version, row.os, row.definition.encode(), own=True)


def paths_of(directories: Iterable[Directory]) -> dict[int, tuple[str, ...]]:
    """By id of a directory the names from below its root down to it: two queries."""
    ancestors = directory_ancestors(directory_ids={directory.pk for directory in directories})
    names = dict(
        Directory.objects.filter(pk__in={pk for ids in ancestors.values() for pk in ids}).values_list("pk", "name")
    )
    return {pk: tuple(names[step] for step in reversed(ids[:-1])) for pk, ids in ancestors.items()}


def nearest(basis: Basis, rows: Iterable[Catalogue]) -> Catalogue | None:
    """Of the catalogues of this name the wanted version, else the newest older one, else the oldest newer one."""
    named = sorted((row for row in rows if row.name == basis.name), key=lambda row: version_key(row.version))
    if not basis.version:
        return named[-1] if named else None
    older = [row for row in named if version_key(row.version) <= version_key(basis.version)]
    return older[-1] if older else named[0] if named else None


def without_masks(settings: Settings, previous: Settings) -> tuple[Settings, list[str]]:
    """MASK in a file means the secret that is there, in `previous`. Where there is none the value is left out.

    An instance of another class is another one, whatever its serial. Returns the settings and the keys that were left
    out.
    """
    before = placed(previous)
    missing = [key for (key, path), given in placed(settings).items() if given == MASK and (key, path) not in before]
    return with_kept_secrets(without(settings, missing), previous), missing


def without(settings: Settings, keys: Iterable[str]) -> Settings:
    """The settings without these values, or instances, as errors name them."""
    gone = set(keys)
    return Settings(
        {path: given for path, given in settings.values.items() if path not in gone},
        {
            serial: Instance(one.cls, {n: given for n, given in one.values.items() if f"{serial}:{n}" not in gone})
            for serial, one in settings.instances.items()
            if serial not in gone
        },
    )


def _head(profile: Profile) -> Revision:
    assert profile.head is not None, "a profile has a revision"
    return profile.head
