"""What an imported file would do: each profile compared with what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ums.core.access import Action, require, restrict
from ums.core.errors import AppError
from ums.devices.models import Directory
from ums.devices.selectors import directory_root
from ums.domain.formats.exchange import ExchangedProfile, ExchangeError
from ums.domain.formats.files import Format, read_file
from ums.domain.kinds import refused as refused_by_kind
from ums.domain.parameters import Settings, SettingsError, clean_settings, flat, unknown_to
from ums.profiles.changes import changed_keys
from ums.profiles.content import catalogue_of, given_secrets, unsealed
from ums.profiles.exchanging import source_id, without, without_masks
from ums.profiles.keys import refuse_unknown_keys
from ums.profiles.models import Catalogue, Profile, ProfileKind
from ums.profiles.services.bases import Bases
from ums.profiles.services.profiles import DIRECTORY_KIND

if TYPE_CHECKING:
    from ums.core.actor import Actor

TURNED = {ProfileKind.STANDARD.value, ProfileKind.PRIORITY.value}
"""Kinds that an import may turn into each other."""


class State(StrEnum):
    """What an imported profile meets."""

    NEW = "new"
    EXISTS = "exists"
    IDENTICAL = "identical"
    REFUSED = "refused"


class Decision(StrEnum):
    """What shall be done with a profile of a file."""

    NEW = "new"
    REPLACE = "replace"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Content:
    """What of a file's profile can be stored: its settings, checked against a catalogue.

    unknown: keys that the catalogue does not know, which are kept. refused: values that cannot be taken, with the
    reason. notes: what a person should know.
    """

    based_on: Catalogue
    settings: Settings
    unknown: tuple[str, ...]
    refused: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        """Values that it sets."""
        return len(flat(self.settings))


@dataclass(frozen=True, slots=True)
class Planned:
    """One profile of a file, as it would be imported.

    number: its place in the file, from 0. as_new: its content as a new profile. existing: the profile of the same name
    in that directory, or of the same name and origin; as_replacement: the content that this one would get, with the
    secrets that it has in place of hidden ones. differences: in how many places that differs from what it has now.
    """

    number: int
    given: ExchangedProfile
    kind: str
    path: tuple[str, ...]
    state: State
    as_new: Content
    existing: Profile | None = None
    as_replacement: Content | None = None
    why: str = ""
    differences: int = 0

    @property
    def content(self) -> Content:
        """What is most likely to be stored."""
        return self.as_replacement or self.as_new

    @property
    def proposed(self) -> Decision | None:
        """What is done unless somebody decides otherwise; None: somebody has to."""
        proposals = {State.NEW: Decision.NEW, State.IDENTICAL: Decision.SKIP, State.REFUSED: Decision.SKIP}
        return proposals.get(self.state)

    def chosen(self, decision: Decision) -> Content:
        """The content that a decision stores."""
        replacement = self.as_replacement if decision is Decision.REPLACE else None
        return replacement or self.as_new


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a file holds and what importing it would do. catalogues: (name, what happens with it)."""

    format: Format
    checksum: str
    profiles: tuple[Planned, ...]
    catalogues: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def plan_of(actor: Actor, data: bytes, target: Directory | None, rebuild: bool) -> ImportPlan:
    """What a file holds, with the catalogues that it brings stored. Raises AppError `exchange_invalid`, NotAllowed."""
    try:
        kind, exchange = read_file(data)
    except ExchangeError as error:
        line = f" (line {error.line})" if error.line else ""
        raise AppError("exchange_invalid", f"The file cannot be imported. {error}{line}") from error
    if target is not None:
        require(actor.user, Action.WRITE, target)
    bases = Bases(actor)
    catalogues = bases.take(exchange.catalogues)
    planner = Planner(actor, bases)
    profiles = [planner.planned(number, one, target, rebuild) for number, one in enumerate(exchange.profiles)]
    return ImportPlan(kind, hashlib.sha256(data).hexdigest(), tuple(profiles), tuple(catalogues), exchange.notes)


class Planner:
    """Says of each profile of a file what it meets. Catalogues that are missing are stored on the way."""

    def __init__(self, actor: Actor, bases: Bases) -> None:
        self._actor = actor
        self._bases = bases

    def planned(self, number: int, given: ExchangedProfile, target: Directory | None, rebuild: bool) -> Planned:
        """One profile."""
        kind, why = self._kind(given, target)
        path = given.path if rebuild else ()
        existing = None if why else self._existing(given, kind, directory_at(root_for(kind, target), path))
        turned = replace(given, kind=kind)
        planned = Planned(
            number=number,
            given=given,
            kind=kind,
            path=path,
            state=State.REFUSED if why else State.NEW,
            as_new=_content(turned, *self._bases.choose(given), Settings()),
            why=why,
        )
        if existing is None or existing.head is None:
            return planned
        previous = unsealed(catalogue_of(existing.based_on), existing.head.content)
        note = ""
        if given.apps and existing.based_on.name not in {app.name for app in given.apps}:
            note = f"The file is for {given.based_on}; the profile stays based on {existing.based_on}."
        content = _content(turned, existing.based_on, note, previous)
        differing = changed_keys(previous, content.settings)
        if self._actor.user is not None:
            # Else a file with guesses would tell which one is right.
            differing |= given_secrets(catalogue_of(existing.based_on), given.settings) & flat(content.settings).keys()
        differences = len(differing)
        differences += len(previous.instances.keys() ^ content.settings.instances.keys())
        differences += existing.head.overwrite_sessions != given.overwrite_sessions
        differences += existing.description != given.description
        state = State.EXISTS if differences or content.refused else State.IDENTICAL
        return replace(planned, state=state, existing=existing, as_replacement=content, differences=differences)

    def _kind(self, given: ExchangedProfile, target: Directory | None) -> tuple[str, str]:
        if target is None:
            return given.kind, ""
        kind = next((kind for kind, of in DIRECTORY_KIND.items() if of == target.kind), "")
        if not kind:
            raise AppError("directory_other_kind", "Profiles go to a directory of profiles.")
        if kind == given.kind or {kind, given.kind} <= TURNED:
            return kind, ""
        noun = ProfileKind(given.kind).label.lower()
        return given.kind, f"This is a {noun}: it does not go to “{target}”."

    def _existing(self, given: ExchangedProfile, kind: str, directory: Directory | None) -> Profile | None:
        """The profile of the same name in that directory, else the one of the same name and origin elsewhere."""
        named = Profile.objects.filter(kind=kind, name=given.name.strip(), deleted_at=None)
        rows = restrict(named, self._actor.user, Action.READ) if self._actor.user is not None else named
        rows = rows.select_related("head", "based_on", "directory").defer("based_on__definition")
        found = list(rows.order_by("pk")[:100])
        same = [row for row in found if given.source_id and source_id(row) == given.source_id]
        here = [row for row in found if directory is not None and row.directory_id == directory.pk]
        both = [row for row in here if row in same]
        return next(iter([*both, *here, *same]), None)


def directory_at(root: Directory, path: tuple[str, ...]) -> Directory | None:
    """The directory with this path below `root`, or None."""
    found: Directory | None = root
    for name in path:
        found = Directory.objects.filter(parent=found, name=name).first()
        if found is None:
            return None
    return found


def root_for(kind: str, target: Directory | None) -> Directory:
    """Where the paths of a file begin."""
    return target if target is not None else directory_root(kind=DIRECTORY_KIND[kind])


def _content(given: ExchangedProfile, based_on: Catalogue, note: str, previous: Settings) -> Content:
    """The content of a profile on one catalogue. previous: where hidden secrets come from."""
    catalogue = catalogue_of(based_on)
    settings, missing = without_masks(given.settings, previous)
    notes = [note] if note else []
    notes += given.notes
    if missing:
        notes.append(f"{_counted(missing, 'secret')} not in the file and left unset: {', '.join(missing[:5])}.")
    settings, refused = _cleaned(given, catalogue, settings)
    unknown = tuple(sorted(unknown_to(catalogue, settings)))
    return Content(based_on, settings, unknown, {**given.refused, **refused}, tuple(notes))


def _cleaned(given: ExchangedProfile, catalogue: Any, settings: Settings) -> tuple[Settings, dict[str, str]]:
    """The settings as far as the catalogue, the kind of profile and the template keys allow; the rest with reasons."""
    refused: dict[str, str] = {}
    checks = (
        lambda found: clean_settings(catalogue, found, keep=unknown_to(catalogue, found)),
        refuse_unknown_keys,
        lambda found: _refuse_by_kind(given, catalogue, found),
    )
    for check in checks:
        try:
            settings = check(settings) or settings
        except SettingsError as error:
            refused.update(error.errors)
            settings = without(settings, error.errors)
            settings = check(settings) or settings
    return settings, refused


def _refuse_by_kind(given: ExchangedProfile, catalogue: Any, settings: Settings) -> None:
    if errors := refused_by_kind(catalogue, settings, given.kind, given.use_case):
        raise SettingsError(errors)


def _counted(things: list[str], noun: str) -> str:
    return f"1 {noun} is" if len(things) == 1 else f"{len(things):,} {noun}s are"
