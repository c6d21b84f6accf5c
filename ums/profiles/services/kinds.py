"""What the kind of a profile allows: its use case, its catalogue, its options and its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ums.core.errors import AppError
from ums.domain.kinds import refused, settable
from ums.domain.parameters import SettingsError
from ums.features.selectors import check_enabled
from ums.profiles.content import catalogue_of
from ums.profiles.kinds import PRIORITY_PROFILES, WORDS
from ums.profiles.models import ProfileKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from ums.domain.parameters import Catalogue, Settings
    from ums.profiles.models import Profile


def check_new(profile: Profile) -> None:
    """A profile of the kind can be made. Raises Conflict `feature_off`, AppError `invalid` with the field."""
    words = WORDS[profile.kind]
    if profile.kind == ProfileKind.PRIORITY:
        check_enabled(PRIORITY_PROFILES)
    if profile.kind == ProfileKind.CUSTOMIZATION and not profile.use_case:
        raise _invalid("use_case", "Choose what the firmware customization is about.")
    if profile.kind != ProfileKind.CUSTOMIZATION and profile.use_case:
        raise _invalid("use_case", "Only a firmware customization has a use case.")
    if settable(catalogue_of(profile.based_on), profile.kind, profile.use_case) == frozenset():
        raise _invalid("based_on", f"{profile.based_on} has no parameter that this {words.noun} could set.")


def check_options(profile: Profile, overwrite_sessions: bool) -> None:
    """Raises AppError `invalid` for an option that profiles of the kind do not have."""
    words = WORDS[profile.kind]
    if overwrite_sessions and not words.takes_all:
        raise _invalid("overwrite_sessions", f"A {words.noun} has no sessions, so it cannot overwrite any.")


def refuse_others(profile: Profile, catalogue: Catalogue, settings: Settings, unknown: Collection[str]) -> None:
    """Raises SettingsError for values that a profile of the kind may not set. `unknown`: kept, whatever they are."""
    errors = refused(catalogue, settings, profile.kind, profile.use_case)
    if errors := {key: message for key, message in errors.items() if key not in unknown}:
        raise SettingsError(errors)


def _invalid(field: str, message: str) -> AppError:
    return AppError("invalid", message, fields={field: [message]})
