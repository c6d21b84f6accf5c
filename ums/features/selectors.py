"""Asking whether a feature is on: for one decision, or as a part of a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, Q

from ums.core.errors import Conflict
from ums.features.models import Feature
from ums.features.registry import FEATURES, LICENCES

if TYPE_CHECKING:
    from datetime import datetime

    from ums.features.registry import Declared


@dataclass(frozen=True, slots=True)
class FeatureState:
    """A feature as it is now. changed_at, changed_by: of the last switch, None and "" when there was none."""

    declared: Declared
    enabled: bool
    changed_at: datetime | None
    changed_by: str

    @property
    def name(self) -> str:
        """For programs."""
        return self.declared.name

    @property
    def label(self) -> str:
        """For people."""
        return self.declared.label

    @property
    def lacking(self) -> str:
        """Which licence it needs and the network has not, as a sentence; "" when none is missing. Queries."""
        return lacking(self.name)

    @property
    def help(self) -> str:
        """What it does."""
        return self.declared.help


def feature_list() -> list[FeatureState]:
    """All features in the order in which they were declared: one query."""
    rows = {row.name: row for row in Feature.objects.all()}
    return [_state(declared, rows.get(name)) for name, declared in FEATURES.items()]


def feature_get(*, name: str) -> FeatureState | None:
    """One feature, None when there is none of this name."""
    declared = FEATURES.get(name)
    return _state(declared, Feature.objects.filter(name=name).first()) if declared else None


def is_enabled(name: str) -> bool:
    """Whether a feature is on."""
    enabled = Feature.objects.filter(name=name).values_list("enabled", flat=True).first()
    return FEATURES[name].default if enabled is None else enabled


def check_enabled(name: str) -> None:
    """Raises Conflict `feature_off` unless the feature is on."""
    if not is_enabled(name):
        raise Conflict("feature_off", f"“{FEATURES[name].label}” is switched off under UMS Features.")


def lacking(name: str) -> str:
    """Which licence a feature needs and the network has not, as a sentence; "" when none is missing."""
    ask = LICENCES.get(name)
    return ask() if ask else ""


def check_available(name: str) -> None:
    """Raises Conflict `feature_off` unless the feature is on, `not_licensed` unless it is licensed."""
    check_enabled(name)
    if missing := lacking(name):
        raise Conflict("not_licensed", missing)


def enabled_in_query(name: str) -> Q:
    """The same as a condition of a query, so that it takes none of its own."""
    default = FEATURES[name].default
    switched = Q(Exists(Feature.objects.filter(name=name, enabled=not default).order_by()))
    return ~switched if default else switched


def _state(declared: Declared, row: Feature | None) -> FeatureState:
    if row is None:
        return FeatureState(declared, declared.default, None, "")
    return FeatureState(declared, row.enabled, row.changed_at, row.changed_by)
