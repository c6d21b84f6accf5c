"""Reading licences: what each device may, and what there is for the whole network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from ha.clock import shared_now
from ha.models import Process
from ums.core.access import Action, restrict
from ums.core.among import among
from ums.devices.models import Device
from ums.domain.licences import (
    FACTS,
    HA_TEST_LICENCES,
    LETS_TRACK,
    NEEDED,
    NOTICE,
    Coverage,
    Generation,
    Held,
    LicenceKind,
    LicenceState,
    generation_of,
    state_of,
    tracker_state,
)
from ums.domain.processes import ProcessType
from ums.licences.models import GivenLicence, Licence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from django.db.models import QuerySet

UNKNOWN = LicenceState(False, "There is no such device.")


def user_licence(device_id: int) -> LicenceState:
    """Whether users may log in at a device, by its licences: three queries. A device that is not there has none."""
    return user_licences([device_id]).get(device_id, UNKNOWN)


def user_licences(device_ids: Collection[int]) -> dict[int, LicenceState]:
    """The same for many devices in as many queries; those that are not there are missing."""
    devices = Device.objects.filter(pk__in=among(device_ids)).order_by()
    return licences_of_users(list(devices.only("unit_id", "firmware", "firmware_version")))


def licences_of_users(devices: Collection[Device]) -> dict[int, LicenceState]:
    """As `user_licences`, of devices that were read already: two queries."""
    held: dict[str, list[Held]] = {}
    given = GivenLicence.objects.filter(unit_id__in=[device.unit_id for device in devices]).order_by()
    for unit_id, kind, end, test in given.values_list(
        "unit_id", "licence__kind", "licence__expires_at", "licence__test"
    ):
        held.setdefault(unit_id, []).append(Held(LicenceKind(kind), end, test))
    everybodys, now = trial(), shared_now()
    common = [everybodys] if everybodys else []
    return {
        device.pk: state_of(
            [*held.get(device.unit_id, ()), *common], generation_of(device.firmware, device.firmware_version), now
        )
        for device in devices
    }


def trial() -> Held | None:
    """The test licence of this network as each device has it, also when it has ended; None: not started."""
    end = Licence.objects.filter(kind=LicenceKind.TRIAL).order_by().values_list("expires_at", flat=True).first()
    return Held(LicenceKind.TRIAL, end, test=True) if end else None


def tracker_licence() -> LicenceState:
    """Whether the Asset Inventory Tracker is licensed: one query."""
    rows = Licence.objects.filter(kind__in=LETS_TRACK).order_by().values_list("kind", "expires_at", "test").distinct()
    return tracker_state((Held(LicenceKind(kind), end, test) for kind, end, test in rows), shared_now())


def tracker_lacking() -> str:
    """What is missing for it, "" when nothing is."""
    state = tracker_licence()
    return "" if state.valid else state.words


@dataclass(frozen=True, slots=True)
class Fleet:
    """The devices of one generation. licensed: users may log in there now. ending: not any more within NOTICE."""

    generation: Generation
    devices: int
    licensed: int
    ending: int

    @property
    def label(self) -> str:
        """For people."""
        return FLEETS[self.generation]

    @property
    def needed(self) -> str:
        """Which licence counts for them, inside a sentence."""
        return NEEDED[self.generation]

    @property
    def missing(self) -> int:
        """Devices at which nobody can log in."""
        return self.devices - self.licensed


FLEETS = {Generation.OS_11: "OS 11 and later", Generation.OS_10: "Before OS 11"}


@dataclass(frozen=True, slots=True)
class Overview:
    """Licences of the whole network. trial: None until it was started. servers: how many the network has.

    tracker: of the Asset Inventory Tracker.
    """

    fleets: list[Fleet]
    trial: LicenceState | None
    ha: Coverage
    servers: int
    tracker: LicenceState

    @property
    def fresh(self) -> bool:
        """Nobody can log in anywhere, and the test licence has not been started."""
        return self.trial is None and not any(fleet.licensed for fleet in self.fleets)

    @property
    def lapsed(self) -> list[Fleet]:
        """Where nobody can log in any more since the test licence ended."""
        over = self.trial is not None and not self.trial.valid
        return [fleet for fleet in self.fleets if over and fleet.missing]

    @property
    def notices(self) -> bool:
        """Whether there is anything to tell."""
        return self.fresh or self.ha_wanting or bool(self.lapsed) or any(one.ending for one in self.fleets)

    @property
    def ha_wanting(self) -> bool:
        """A network of several servers without licences for all devices that need one."""
        return self.servers > 1 and not self.ha.enough


def overview() -> Overview:
    """What is licensed, what ends soon, what is missing: five queries and one over all devices."""
    now = shared_now()
    one = trial()
    state = state_of([one], Generation.OS_11, now) if one else None
    ending = bool(state and state.ends_soon(now))
    fleets = _fleets(
        now, everybody=bool(state and state.valid), everybody_later=bool(state and state.valid and not ending)
    )
    old = next((fleet.devices for fleet in fleets if fleet.generation is Generation.OS_10), 0)
    extension = Licence.objects.filter(kind=LicenceKind.HA).exclude(expires_at__lte=now)
    bought = extension.aggregate(all=Sum("quantity"))["all"] or 0
    servers = Process.objects.filter(type=ProcessType.SERVER).count()
    return Overview(fleets, state, Coverage(old, HA_TEST_LICENCES + bought), servers, tracker_licence())


def _fleets(now: datetime, *, everybody: bool, everybody_later: bool) -> list[Fleet]:
    """By generation, those that have devices; that of today always."""
    moments = {"now": now, "later": now + NOTICE}
    kinds = {Generation.OS_11: LicenceKind.EMP, Generation.OS_10: LicenceKind.SWP}
    marks = {f"{kind}_{name}": Exists(_counting(kind, at)) for kind in kinds.values() for name, at in moments.items()}
    grouped = Device.objects.order_by().annotate(**marks).values("firmware", "firmware_version")
    counts = {f"count_{mark}": Count("pk", filter=Q(**{mark: True})) for mark in marks}
    found = {generation: [0, 0, 0] for generation in Generation}
    rows: Iterable[Any] = grouped.annotate(devices=Count("pk"), **counts)
    for row in rows:
        generation = generation_of(row["firmware"], row["firmware_version"])
        devices, kind = row["devices"], kinds[generation]
        here = devices if everybody else row[f"count_{kind}_now"]
        later = devices if everybody_later else row[f"count_{kind}_later"]
        for place, number in enumerate((devices, here, here - later)):
            found[generation][place] += number
    return [
        Fleet(generation, *numbers)
        for generation, numbers in sorted(found.items(), reverse=True)
        if numbers[0] or generation is Generation.OS_11
    ]


def _counting(kind: LicenceKind, moment: datetime) -> QuerySet[GivenLicence]:
    """Licences of a kind that a device of the outer query has and that count at a moment."""
    given = GivenLicence.objects.filter(unit_id=OuterRef("unit_id"), licence__kind=kind).order_by()
    return given.filter(Q(licence__expires_at=None) | Q(licence__expires_at__gt=moment))


def licence_list(*, user: Any) -> QuerySet[Licence]:
    """All licences with `given_count`."""
    return restrict(Licence.objects.annotate(given_count=Count("given")), user, Action.ADMINISTER)


def licences_for(*, device: Device, user: Any) -> list[Licence]:
    """What could be given to a device: fits, has not expired, is not used up, and it does not have it."""
    generation = generation_of(device.firmware, device.firmware_version)
    kinds = [kind for kind, facts in FACTS.items() if facts.per_device and generation in facts.generations]
    rows = licence_list(user=user).filter(kind__in=kinds, quantity__gt=F("given_count"))
    rows = rows.exclude(expires_at__lte=shared_now())
    return list(rows.exclude(given__unit_id=device.unit_id).order_by("pk")[:100])


def licences_of(*, device: Device) -> list[GivenLicence]:
    """The licences of one device, those that last longest first."""
    rows = GivenLicence.objects.filter(unit_id=device.unit_id).select_related("licence")
    return list(rows.order_by(F("licence__expires_at").desc(nulls_first=True), "pk"))


def devices_without(*, licence: Licence) -> QuerySet[Device]:
    """Devices that a licence counts for and that have none of its kind which lasts as long; by name."""
    facts = FACTS[LicenceKind(licence.kind)]
    pairs = Device.objects.order_by().values_list("firmware", "firmware_version").distinct()
    fitting: dict[str, list[str]] = {}
    for firmware, version in pairs:
        if generation_of(firmware, version) in facts.generations:
            fitting.setdefault(firmware, []).append(version)
    if not fitting:
        return Device.objects.none()
    where = Q()
    for firmware, versions in fitting.items():
        where |= Q(firmware=firmware, firmware_version__in=versions)
    has = GivenLicence.objects.filter(unit_id=OuterRef("unit_id"), licence__kind=licence.kind).order_by()
    if licence.expires_at is not None:
        has = has.filter(Q(licence__expires_at=None) | Q(licence__expires_at__gte=licence.expires_at))
    return Device.objects.filter(where).exclude(Exists(has)).order_by("name", "pk")
