"""What the settings of one profile come to on one device: expressions evaluated, and what does not count left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from ums.domain.parameters import Expression, Instance, ParameterError, UnsetKey, evaluate
from ums.domain.per_user import KEYS, class_why_not, why_not

if TYPE_CHECKING:
    from ums.domain.parameters import Catalogue, Given, Settings, Value
    from ums.domain.per_user import Restrictions

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
    catalogue: Catalogue, settings: Settings, keys: Mapping[str, Value], *, per_user: Restrictions | None = None
) -> Contribution:
    """The settings of a profile as they count on a device.

    catalogue: the one that the profile is based on. keys: values of template keys by name, as they reach the device.
    A key without a value leaves the parameter unset (domain/profiles.md §4, decision). per_user: the profile takes
    effect because of the user who is logged in: what concerns the whole device (§2, vector 37), what these restrictions
    of the device's firmware name and what takes its value from template keys does not count then.
    """
    ignored: dict[str, str] = {}
    expressions: dict[str, Expression] = {}

    def counting(values: Mapping[str, Given], prefix: str, cls: str) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for name, given in values.items():
            path = f"{cls}.{name}" if cls else name
            parameter = catalogue.find(path)
            refused = None if per_user is None else _refused(catalogue, path, given, per_user)
            if refused:
                ignored[prefix + name] = refused
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

    if per_user is None and not any(isinstance(given, Expression) for given in _all(settings)):
        return Contribution(cast("Mapping[str, Value]", settings.values), settings.instances, ignored)
    values = counting(settings.values, "", "")
    instances = {}
    for serial, instance in settings.instances.items():
        # A network drive of which nothing counts would come to one with defaults: it is left out as a whole.
        if per_user is not None and (reason := class_why_not(catalogue, instance.cls, per_user)):
            ignored[instance.cls] = reason
        else:
            counted = counting(instance.values, f"{serial}:", instance.cls)
            instances[serial] = replace(instance, values=counted)
    return Contribution(values, instances, ignored, expressions)


def _refused(catalogue: Catalogue, path: str, given: Given, per_user: Restrictions) -> str | None:
    return why_not(catalogue, path, per_user) or (KEYS if isinstance(given, Expression) else None)


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
