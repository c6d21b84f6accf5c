"""Licences come in, and devices get them. Nothing takes one back: that is what the licence says (manual p. 46)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from ha.clock import shared_now
from ums.audit.services import record, record_each
from ums.core.access import Action, require
from ums.core.errors import AppError, Conflict
from ums.core.validation import clean
from ums.devices.models import Device
from ums.domain.licence_files import LicenceFileError, LicenceLine, licences_in
from ums.domain.licences import FACTS, TRIAL, LicenceKind, generation_of
from ums.licences.models import GivenLicence, Licence
from ums.live.messages import DevicesChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from ums.core.actor import Actor

TRIAL_NUMBER = "TEST-LICENCE"
AT_ONCE = 5000
"""Unit IDs in one statement."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. known: licences that were there before. given: devices that got one by the file."""

    added: int
    known: int
    given: int


@transaction.atomic
def licences_import(*, actor: Actor, data: bytes) -> Imported:
    """Take in a licence file: all of it or nothing. The same file again adds nothing.

    Raises AppError `licence_file` that says what is wrong with it, Conflict `licence_differs` when a number is known
    with other facts, `licence_used_up`, NotAllowed.
    """
    require(actor.user, Action.ADMINISTER)
    try:
        lines = licences_in(data)
    except LicenceFileError as error:
        raise AppError("licence_file", str(error), fields={"file": [str(error)]}) from error
    rows = Licence.objects.select_for_update().filter(number__in=[line.number for line in lines])
    known = {row.number: row for row in rows.order_by("pk")}
    added = given = 0
    for line in lines:
        row = known.get(line.number)
        if row is None:
            row = _add(actor, line)
            added += 1
        elif (row.kind, row.quantity, row.expires_at, row.test) != (
            line.kind.value,
            line.quantity,
            line.expires_at,
            line.test,
        ):
            raise Conflict("licence_differs", f"Licence {row.number} is here already, with other facts.")
        given += _give(actor, row, dict.fromkeys(line.devices, ""))
    return Imported(added, len(lines) - added, given)


def _add(actor: Actor, line: LicenceLine) -> Licence:
    row = Licence(
        number=line.number,
        kind=line.kind.value,
        quantity=line.quantity,
        expires_at=line.expires_at,
        test=line.test,
        comment=line.comment,
        added_by=actor.name[:150],
    )
    clean(row)
    row.save(force_insert=True)
    record(actor=actor, action="licence.imported", target=row, after=_facts(row))
    return row


def _facts(row: Licence) -> dict[str, object]:
    end = row.expires_at.isoformat(timespec="seconds") if row.expires_at else None
    return {"kind": row.kind, "quantity": row.quantity, "expires": end, "test": row.test}


@transaction.atomic
def licence_give(*, actor: Actor, licence: Licence, devices: QuerySet[Device], expect: int | None = None) -> int:
    """Give a licence to devices, for good. Those that have it already keep it. Returns how many got it.

    `expect` is how many the administrator was told. Raises Conflict `count_changed`, `licence_used_up`,
    `licence_expired`, AppError `licence_unfitting` (a device of the other generation: it would not count there, and
    could not be taken back), `no_devices`, NotAllowed.
    """
    require(actor.user, Action.ADMINISTER)
    licence = Licence.objects.select_for_update().get(pk=licence.pk)
    facts = FACTS[LicenceKind(licence.kind)]
    if not facts.per_device:
        raise AppError("licence_unfitting", f"{facts.label}: counts for the network and is given to no device.")
    if licence.expires_at and licence.expires_at <= shared_now():
        raise Conflict("licence_expired", f"Licence {licence.number} has expired.")
    rows = list(devices.order_by("pk").values_list("unit_id", "name", "firmware", "firmware_version"))
    if not rows:
        raise AppError("no_devices", "There is no device to give this to.")
    if expect is not None and len(rows) != expect:
        raise Conflict("count_changed", f"These are {len(rows):,} devices by now, not {expect:,}. Look again.")
    wrong = [name for _, name, firmware, version in rows if generation_of(firmware, version) not in facts.generations]
    if wrong:
        named = ", ".join(wrong[:3]) + (" …" if len(wrong) > 3 else "")
        message = f"{facts.label} does not count for {named}. {facts.words}"
        raise AppError("licence_unfitting", message)
    return _give(actor, licence, {unit_id: name for unit_id, name, _, _ in rows})


def _give(actor: Actor, licence: Licence, names: dict[str, str]) -> int:
    """To devices by unit ID; what they are called is looked up where it is not told."""
    held = set(licence.given.order_by().values_list("unit_id", flat=True)) if names else set()
    fresh = {unit_id: name for unit_id, name in names.items() if unit_id not in held}
    if not fresh:
        return 0
    left = (licence.quantity or 0) - len(held)
    if len(fresh) > left:
        raise Conflict(
            "licence_used_up",
            f"Licence {licence.number} has {left:,} of {licence.quantity:,} left, and {len(fresh):,} are asked for.",
        )
    devices = _devices(list(fresh))
    GivenLicence.objects.bulk_create(
        (
            GivenLicence(
                licence=licence,
                unit_id=unit_id,
                device_name=name or (devices[unit_id].name if unit_id in devices else ""),
                given_by=actor.name[:150],
            )
            for unit_id, name in fresh.items()
        ),
        batch_size=2000,
    )
    what = {"licence": licence.number, "kind": FACTS[LicenceKind(licence.kind)].label}
    record_each(actor=actor, action="licence.given", changes=[(device, None, what) for device in devices.values()])
    if away := len(fresh) - len(devices):
        record(actor=actor, action="licence.given", target=licence, after={"devices not here yet": away})
    _tell([device.pk for device in devices.values()])
    return len(fresh)


def _devices(unit_ids: list[str]) -> dict[str, Device]:
    """Those that are here, by unit ID."""
    found: dict[str, Device] = {}
    for start in range(0, len(unit_ids), AT_ONCE):
        rows = Device.objects.filter(unit_id__in=unit_ids[start : start + AT_ONCE]).order_by()
        found |= {device.unit_id: device for device in rows.only("unit_id", "name")}
    return found


@transaction.atomic
def trial_start(*, actor: Actor) -> Licence:
    """Start the test licence: all devices of the network, for TRIAL, once. Raises Conflict `trial_used`, NotAllowed."""
    require(actor.user, Action.ADMINISTER)
    if Licence.objects.filter(kind=LicenceKind.TRIAL).exists():
        raise Conflict("trial_used", "The test licence of this network was started before. It cannot be started again.")
    row = Licence(
        number=TRIAL_NUMBER,
        kind=LicenceKind.TRIAL.value,
        quantity=None,
        expires_at=shared_now() + TRIAL,
        test=True,
        added_by=actor.name[:150],
    )
    clean(row)
    row.save(force_insert=True)
    record(actor=actor, action="licence.trial_started", target=row, after=_facts(row))
    return row


def _tell(devices: Collection[int]) -> None:
    """Pages that show these devices read them again."""
    if devices:
        publish_on_commit(DevicesChanged(ids=tuple(sorted(devices)[:1000])))
