"""Switching features on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import AppError, Conflict
from ums.core.validation import clean
from ums.features.models import Feature
from ums.features.registry import FEATURES
from ums.features.selectors import is_enabled

if TYPE_CHECKING:
    from ums.core.actor import Actor


@transaction.atomic
def feature_switch(*, actor: Actor, name: str, enabled: bool, confirmed: bool = False) -> None:
    """Switch a feature on or off for the whole network. As it is already: nothing happens.

    What is in use is switched off only when `confirmed`. Raises AppError `feature_unknown`, Conflict `feature_in_use`
    with what stops counting, NotAllowed.
    """
    require(actor.user, Action.ADMINISTER)
    feature = FEATURES.get(name)
    if feature is None:
        raise AppError("feature_unknown", f"There is no feature “{name}”.", status=404)
    if is_enabled(name) == enabled:
        return
    if not enabled and not confirmed and (used := feature.in_use()):
        raise Conflict("feature_in_use", f"{used} Confirm that it shall be switched off.")
    row = Feature.objects.filter(name=name).first() or Feature(name=name)
    row.enabled, row.changed_by = enabled, actor.name[:150]
    clean(row)
    row.save()
    record(
        actor=actor,
        action="feature.switched",
        target=row,
        before={"enabled": not enabled},
        after={"enabled": enabled},
    )
    feature.switched(actor)
