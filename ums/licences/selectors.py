"""Reading licences: what each device may, and what there is for the whole network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ha.clock import shared_now
from ums.core.among import among
from ums.devices.models import Device
from ums.domain.licences import Held, LicenceKind, LicenceState, generation_of, state_of
from ums.licences.models import GivenLicence, Licence

if TYPE_CHECKING:
    from collections.abc import Collection

UNKNOWN = LicenceState(False, "There is no such device.")


def user_licence(device_id: int) -> LicenceState:
    """Whether users may log in at a device, by its licences: three queries. A device that is not there has none."""
    return user_licences([device_id]).get(device_id, UNKNOWN)


def user_licences(device_ids: Collection[int]) -> dict[int, LicenceState]:
    """The same for many devices in as many queries; those that are not there are missing."""
    devices = Device.objects.filter(pk__in=among(device_ids)).order_by()
    known = list(devices.values_list("pk", "unit_id", "firmware", "firmware_version"))
    held: dict[str, list[Held]] = {}
    given = GivenLicence.objects.filter(unit_id__in=devices.values("unit_id")).order_by()
    for unit_id, kind, end, test in given.values_list(
        "unit_id", "licence__kind", "licence__expires_at", "licence__test"
    ):
        held.setdefault(unit_id, []).append(Held(LicenceKind(kind), end, test))
    everybodys, now = trial(), shared_now()
    common = [everybodys] if everybodys else []
    return {
        pk: state_of([*held.get(unit_id, ()), *common], generation_of(firmware, version), now)
        for pk, unit_id, firmware, version in known
    }


def trial() -> Held | None:
    """The test licence of this network as each device has it, also when it has ended; None: not started."""
    end = Licence.objects.filter(kind=LicenceKind.TRIAL).order_by().values_list("expires_at", flat=True).first()
    return Held(LicenceKind.TRIAL, end, test=True) if end else None
