"""Storing and deleting parameter catalogues."""

from __future__ import annotations

import hashlib
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction
from django.db.models import Q

from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import AppError
from ums.core.validation import clean
from ums.devices.models import Device
from ums.devices.services import When, settings_changed, structure_locked
from ums.domain.formats.definition import convert_definition
from ums.domain.parameters import CatalogueError, SettingsError, clean_settings, parse_catalogue
from ums.profiles.content import catalogue_of, resealed, unsealed
from ums.profiles.firmware import Firmwares
from ums.profiles.models import Catalogue, Profile, Revision
from ums.profiles.selectors import devices_of_profiles, profiles_made_with

if TYPE_CHECKING:
    from ums.core.actor import Actor
    from ums.domain.parameters import Catalogue as Parsed
    from ums.domain.parameters import Parameter, Settings

BUILTIN = Path(__file__).resolve().parent.parent / "catalogues"
MAX_BYTES = 32 * 1024 * 1024
_NAMED = 5


def catalogue_store(*, actor: Actor, definition: bytes, confirmed: bool = False, when: When = When.NOW) -> Catalogue:
    """Store a catalogue (docs/catalogues.md), or replace the one of the same name and version.

    The same content again changes nothing. Devices whose settings may be others with it are marked. Raises AppError
    `catalogue_invalid`, `catalogue_downgrade` unless it is confirmed (values that profiles set do not fit any more),
    NotAllowed.
    """
    require(actor.user, Action.ADMINISTER)
    if len(definition) > MAX_BYTES:
        raise AppError("catalogue_invalid", f"A catalogue has {MAX_BYTES // 2**20} MB at most.")
    if known := Catalogue.objects.filter(checksum=_checksum(definition)).first():
        return known
    try:
        parsed = parse_catalogue(msgspec.json.decode(definition))
        text = definition.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, CatalogueError) as error:
        raise AppError("catalogue_invalid", f"This is not a catalogue: {error}") from error
    return _store(actor, parsed, text, confirmed, when)


def catalogue_import(
    *,
    actor: Actor,
    name: str,
    version: str,
    os: str,
    definition: bytes,
    ui: bytes = b"",
    translations: bytes = b"",
    confirmed: bool = False,
    when: When = When.NOW,
) -> tuple[Catalogue, tuple[str, ...]]:
    """Store the catalogue of an app or firmware of the original: `setup.def`, `ui.json` and `translation.json`.

    name: of the app line or firmware. Returns the catalogue and what was adapted, one sentence each. Raises as
    `catalogue_store`.
    """
    require(actor.user, Action.ADMINISTER)
    try:
        converted = convert_definition(
            name=name, version=version, os=os, definition=definition, ui=ui, translations=translations
        )
        parsed = parse_catalogue(converted.catalogue)
    except CatalogueError as error:
        raise AppError("catalogue_invalid", f"{name} {version} cannot be imported. {error}") from error
    text = msgspec.json.encode(converted.catalogue).decode()
    return _store(actor, parsed, text, confirmed, when), converted.report


@transaction.atomic
def catalogue_delete(*, actor: Actor, catalogue: Catalogue, when: When = When.NOW) -> None:
    """Delete a catalogue that nothing was made with. Raises AppError `catalogue_in_use`, NotAllowed."""
    require(actor.user, Action.ADMINISTER)
    structure_locked()
    using = profiles_made_with(catalogue=catalogue)
    if count := using.count():
        names = ", ".join(f"“{name}”" for name in using.values_list("name", flat=True)[:_NAMED])
        more = " …" if count > _NAMED else ""
        raise AppError(
            "catalogue_in_use",
            f"{catalogue} is needed by {count:,} {'profile' if count == 1 else 'profiles'}, or by earlier revisions: "
            f"{names}{more}. It can be deleted when these profiles are, also from the recycle bin.",
            status=409,
        )
    rows = list(Catalogue.objects.defer("definition"))
    rest = [row for row in rows if row.pk != catalogue.pk]
    settings_changed(actor=actor, devices=_devices_between(catalogue.name, rows, rest), when=when)
    before = {"version": catalogue.version, "os": catalogue.os, "checksum": catalogue.checksum}
    record(actor=actor, action="catalogue.deleted", target=catalogue, before=before)
    Catalogue.objects.filter(pk=catalogue.pk).delete()


def builtin_catalogues_store(*, actor: Actor) -> list[Catalogue]:
    """Store the catalogues that come with this version. Called at each start; quick when they are there."""
    return [
        catalogue_store(actor=actor, definition=path.read_bytes(), confirmed=True)
        for path in sorted(BUILTIN.glob("*.json"))
    ]


@transaction.atomic
def _store(actor: Actor, parsed: Parsed, text: str, confirmed: bool, when: When) -> Catalogue:
    checksum = _checksum(text.encode())
    structure_locked()
    rows = {(row.name, row.version): row for row in Catalogue.objects.defer("definition")}
    row = rows.get((parsed.name, parsed.version))
    if row is not None and row.checksum == checksum:
        return row
    known = catalogue_of(row) if row is not None else None
    if row is not None and known is not None and not confirmed:
        _refuse_downgrade(row, known, parsed)
    stored = copy(row) if row is not None else Catalogue(name=parsed.name, version=parsed.version)
    stored.os, stored.definition, stored.checksum = parsed.os, text, checksum
    stored.parameter_count, stored.page_count = len(parsed.parameters), len(parsed.pages)
    clean(stored)
    stored.save()
    record(
        actor=actor,
        action="catalogue.stored",
        target=stored,
        before={"checksum": row.checksum} if row else None,
        after={"checksum": checksum, "parameters": len(parsed.parameters)},
    )
    if row is not None:
        _reseal(stored, parsed)
    after = {**rows, (parsed.name, parsed.version): stored}
    if known is None or _deciding(known) != _deciding(parsed):
        devices = _devices_between(parsed.name, list(rows.values()), list(after.values()))
        if row is not None:
            devices |= _devices_of_profiles(row)
        settings_changed(actor=actor, devices=devices, when=when)
    return stored


def _reseal(row: Catalogue, parsed: Parsed) -> None:
    """Seal what the new content of a catalogue knows as a secret and was readable: in all revisions made with it.

    Revisions never change for people: sealing at rest changes what is written, not what it says. Nothing is recorded.
    """
    if not any(parameter.secret for parameter in parsed.parameters.values()):
        return
    made_with = Revision.objects.filter(Q(based_on=row) | Q(based_on=None, profile__based_on=row)).order_by()
    for pk, content in made_with.values_list("pk", "content").iterator():
        hidden = resealed(parsed, content)
        if hidden is not content:
            Revision.objects.filter(pk=pk).update(content=hidden)


def _refuse_downgrade(row: Catalogue, known: Parsed, parsed: Parsed) -> None:
    """Raise when values that profiles set fit the catalogue as it is, and not as it would be."""
    lost: dict[str, str] = {}
    for revision in _heads(row).select_related("profile"):
        content = unsealed(known, revision.content)
        refused = _refused(parsed, content)
        for key in refused - _refused(known, content) if refused else ():
            serial, _, name = key.rpartition(":")
            path = f"{content.instances[serial].cls}.{name}" if serial in content.instances else key
            lost.setdefault(path, revision.profile.name)
    if lost:
        named = ", ".join(f"{path} (“{profile}”)" for path, profile in sorted(lost.items())[:_NAMED])
        more = f" and {len(lost) - _NAMED:,} more" if len(lost) > _NAMED else ""
        raise AppError(
            "catalogue_downgrade",
            f"{row} is there with parameters that profiles set, and this one does not know them or refuses their "
            f"values: {named}{more}. Confirm to replace it all the same; the profiles keep their values.",
            status=409,
        )


def _refused(catalogue: Parsed, settings: Settings) -> set[str]:
    try:
        clean_settings(catalogue, settings)
    except SettingsError as error:
        return set(error.errors)
    return set()


def _heads(catalogue: Catalogue) -> Any:
    """The revisions in force that were made with it."""
    return Revision.objects.filter(
        Q(based_on=catalogue) | Q(based_on=None, profile__based_on=catalogue), head_of__isnull=False
    )


def _devices_between(name: str, before: list[Catalogue], after: list[Catalogue]) -> Any:
    """The devices that have another catalogue, or another content of it, after a change of the catalogues `name`."""
    old, new = Firmwares(before), Firmwares(after)
    versions: dict[str, list[str]] = {}
    # A device that has not told its firmware yet has the newest catalogue of all.
    reported = Device.objects.filter(firmware__in=(name, "")).order_by()
    for firmware, version in reported.values_list("firmware", "firmware_version").distinct():
        ends = [found.catalogue_of(firmware, version) for found in (old, new)]
        if len({row and (row.pk, row.checksum) for row in ends}) > 1:
            versions.setdefault(firmware, []).append(version)
    where = Q(pk__in=[])
    for firmware, changed in versions.items():
        where |= Q(firmware=firmware, firmware_version__in=changed)
    return Device.objects.filter(where)


def _devices_of_profiles(catalogue: Catalogue) -> Any:
    profiles = Profile.objects.filter(head__in=_heads(catalogue)).order_by()
    return devices_of_profiles(profiles=set(profiles.values_list("pk", flat=True)))


def _deciding(catalogue: Parsed) -> tuple[object, ...]:
    """All of a catalogue that decides about settings: everything but pages and texts."""
    return (
        catalogue.os,
        {path: (cls.kind, cls.indices) for path, cls in catalogue.classes.items()},
        {path: _rules(parameter) for path, parameter in catalogue.parameters.items()},
    )


def _rules(parameter: Parameter) -> tuple[object, ...]:
    values = [value for value, _ in parameter.choices]
    bounds = (parameter.minimum, parameter.maximum, parameter.pattern)
    return parameter.type, parameter.default, values, bounds, parameter.system_setting, parameter.secret


def _checksum(definition: bytes) -> str:
    return hashlib.sha256(definition).hexdigest()
