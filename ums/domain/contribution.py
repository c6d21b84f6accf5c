"""What the settings of one profile come to on one device: expressions evaluated, and what does not count left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from ums.domain.parameters import Expression, Instance, ParameterError, UnsetKey, evaluate

if TYPE_CHECKING:
    from ums.domain.parameters import Catalogue, Given, Settings, Value

PER_USER = "It concerns the whole device and is not effective in a profile of a user."
NOT_ON_DEVICE = "The firmware of the device has no such parameter."
NOT_IN_CATALOGUE = "It holds template keys and is unknown to the catalogue."


@dataclass(frozen=True, slots=True)
class Contribution:
    """Values by path and free instances by serial, ready to be compared with those of other profiles.

    ignored: what the profile sets and does not count, with the reason, by path or "serial:relative name".
    expressions: what values came from that were put together from template keys, by the same names.
    """

    values: Mapping[str, Value]
    instances: Mapping[str, Instance]
    ignored: Mapping[str, str]
    expressions: Mapping[str, Expression] = field(default_factory=dict)


def contribution(
    catalogue: Catalogue, settings: Settings, keys: Mapping[str, Value], *, per_user: bool = False
) -> Contribution:
    """The settings of a profile as they count on a device.

    catalogue: the one that the profile is based on. keys: values of template keys by name, as they reach the device.
    A key without a value leaves the parameter unset (domain/profiles.md §4, decision). per_user: the profile takes
    effect because of the user who is logged in: settings of the whole device do not count then (§2, vector 37).
    """
    ignored: dict[str, str] = {}
    expressions: dict[str, Expression] = {}

    def counting(values: Mapping[str, Given], prefix: str, cls: str) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for name, given in values.items():
            parameter = catalogue.find(f"{cls}.{name}" if cls else name)
            if per_user and parameter is not None and parameter.system_setting:
                ignored[prefix + name] = PER_USER
            elif not isinstance(given, Expression):
                found[name] = given
            elif parameter is None:
                ignored[prefix + name] = NOT_IN_CATALOGUE
            else:
                expressions[prefix + name] = given
                try:
                    found[name] = evaluate(parameter, given, keys)
                except UnsetKey as unset:
                    ignored[prefix + name] = f"Its value is “{given}”, and the key {unset.name} has no value here."
                except ParameterError as error:
                    ignored[prefix + name] = f"Its value is “{given}”, which comes to something refused here. {error}"
        return found

    if not per_user and not any(isinstance(given, Expression) for given in _all(settings)):
        return Contribution(cast("Mapping[str, Value]", settings.values), settings.instances, ignored)
    values = counting(settings.values, "", "")
    instances = {
        serial: replace(instance, values=counting(instance.values, f"{serial}:", instance.cls))
        for serial, instance in settings.instances.items()
    }
    return Contribution(values, instances, ignored, expressions)


def without_unknown(given: Contribution, catalogue: Catalogue) -> Contribution:
    """The same without what the catalogue of the device does not know."""
    unknown = {path: NOT_ON_DEVICE for path in given.values if catalogue.find(path) is None}
    values = {path: value for path, value in given.values.items() if path not in unknown}
    return replace(given, values=values, ignored={**given.ignored, **unknown}) if unknown else given


def _all(settings: Settings) -> list[Given]:
    return [
        *settings.values.values(),
        *(given for instance in settings.instances.values() for given in instance.values.values()),
    ]
