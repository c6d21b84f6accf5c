"""Which template keys of a profile have no value on how many of its devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q

from ums.core.access import Action, restrict, subtree
from ums.devices.models import NetworkAdapter
from ums.domain.parameters import StaticKey
from ums.profiles.keys import assignments_of, known_keys
from ums.profiles.models import TemplateKey
from ums.profiles.selectors import devices_of_profile

if TYPE_CHECKING:
    from ums.profiles.models import Profile


@dataclass(frozen=True, slots=True)
class Missing:
    """A key, and on how many of the profile's devices it has no value. `exists`: it was not deleted."""

    name: str
    devices: int
    exists: bool


def keys_missing(*, user: Any, profile: Profile) -> list[Missing]:
    """Keys without a value somewhere among the devices that `user` may read: a constant number of queries."""
    names = list(profile.head.template_keys) if profile.head else []
    if not names:
        return []
    lacking = {name: ~_has_value(name) if name in StaticKey.__members__ else Q() for name in names}
    own = {key.name: key for key in TemplateKey.objects.filter(name__in=names)}
    places: dict[int, list[tuple[int | None, int | None]]] = {key.pk: [] for key in own.values()}
    for row in assignments_of(keys=own.values()).prefetch_related("group__values"):
        values = [row.value] if row.value else list(row.group.values.all()) if row.group else []
        for value in values:
            places.get(value.key_id, []).append((row.device_id, row.directory_id))
    for name, key in own.items():
        devices = [device for device, _ in places[key.pk] if device]
        directories = [directory for _, directory in places[key.pk] if directory]
        lacking[name] = ~(Q(pk__in=devices) | Q(directory__in=subtree(directories)))
    reached = restrict(devices_of_profile(profile=profile), user, Action.READ).order_by()
    columns = {f"missing_{at}": Count("pk", filter=lacking[name]) for at, name in enumerate(names)}
    counted = reached.aggregate(**columns)
    exists = known_keys()
    found = [Missing(name, counted[f"missing_{at}"], name in exists) for at, name in enumerate(names)]
    return [one for one in found if one.devices or not one.exists]


def _has_value(name: str) -> Q:
    adapters = NetworkAdapter.objects.filter(device=OuterRef("pk")).exclude(mac="")
    return {
        StaticKey.MAC.value: Q(Exists(adapters)),
        StaticKey.HOSTNAME.value: ~Q(network_name=""),
        StaticKey.SERIALNUMBER.value: ~Q(serial_number=""),
    }.get(name, Q(pk__isnull=False))
