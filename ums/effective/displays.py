"""Whether the screens that settings of users ask for fit into what devices set aside when they start (manual p. 55)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ums.core.among import among
from ums.devices.models import Device
from ums.domain.display import NODE, PATHS, REFUSED, excess, size_of
from ums.domain.effectiveness import values_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ums.domain.display import Excess
    from ums.domain.effectiveness import Layer
    from ums.domain.parameters import Value
    from ums.effective.selectors import DeviceExplained


def excess_of(layers: tuple[Layer, ...], defaults: Mapping[str, Value], facts: Mapping[str, object]) -> Excess | None:
    """What does not fit of these layers, which are in order. facts: those of the device's inventory. No query.

    A device starts with the settings that it has while nobody is logged in: those without the layers of users.
    """
    if not _user_sets_screens(layers):
        return None
    at_start = tuple(layer for layer in layers if not layer.rank.is_of_user)
    return excess(values_at(layers, defaults, PATHS), values_at(at_start, defaults, PATHS), facts)


def warnings_of(device: Device, explained: DeviceExplained) -> list[str]:
    """What is to be said about the screens of a device with these settings: what does not fit, and what it reported."""
    effective = explained.effective
    found = excess_of(effective.layers, effective.defaults, device.extra)
    refused = size_of(device.extra.get(REFUSED))
    reported = f"The device reports that it could not make a desktop of {refused}." if refused else ""
    return [text for text in (str(found or ""), reported) if text]


def excesses(some: Iterable[tuple[tuple[Layer, ...], Mapping[str, Value], list[int]]]) -> Iterator[Excess]:
    """What does not fit, for each device by its id, with its layers and defaults. One query, if screens are set."""
    setting = [(layers, defaults, ids) for layers, defaults, ids in some if _user_sets_screens(layers)]
    if not setting:
        return
    wanted = [pk for *_, ids in setting for pk in ids]
    facts = dict(Device.objects.filter(pk__in=among(wanted)).order_by().values_list("pk", "extra"))
    for layers, defaults, ids in setting:
        for pk in ids:
            if found := excess_of(layers, defaults, facts.get(pk, {})):
                yield found


def _user_sets_screens(layers: tuple[Layer, ...]) -> bool:
    return any(layer.rank.is_of_user and any(path.startswith(NODE) for path in layer.values) for layer in layers)
