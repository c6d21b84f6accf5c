"""Rules that notify, and how long the history is kept: what administrators decide about assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from ha.clock import shared_now
from ums.assets.criteria import RULE_FIELDS, criteria_of
from ums.assets.rule_models import AssetRule, AssetSettings
from ums.assets.selectors import asset_settings
from ums.audit.services import changed, record
from ums.core.access import Action, require
from ums.core.errors import AppError
from ums.core.validation import clean
from ums.devices.models import DirectoryKind

if TYPE_CHECKING:
    from ums.core.actor import Actor
    from ums.devices.models import Directory

FIELDS = frozenset({"name", "kind", "filter", "directory", "minutes", "level", "enabled"})
DECIDING = frozenset({"kind", "filter", "directory", "enabled"})
"""When one of these changes, the rule counts from now on."""


@transaction.atomic
def asset_rule_create(*, actor: Actor, name: str, kind: str, **values: Any) -> AssetRule:
    """Make a rule. Raises AppError `filter_invalid`, `invalid`, NotAllowed."""
    row = AssetRule(author_name=actor.name[:150], counts_from=shared_now())
    _fill(row, {"name": name, "kind": kind, **values})
    _require(actor, row.directory)
    clean(row)
    row.save(force_insert=True)
    record(actor=actor, action="asset_rule.created", target=row, after=_words(row))
    return row


@transaction.atomic
def asset_rule_update(*, actor: Actor, rule: AssetRule, **values: Any) -> AssetRule:
    """Change FIELDS; what is not given stays. Raises AppError `filter_invalid`, `invalid`, NotAllowed."""
    row = AssetRule.objects.select_for_update(of=("self",)).select_related("directory").get(pk=rule.pk)
    _require(actor, row.directory)
    before = _words(row)
    _fill(row, values)
    _require(actor, row.directory)
    clean(row)
    old, new = changed(before, _words(row))
    if DECIDING & new.keys():
        row.counts_from, row.judged_to = shared_now(), None
    row.save()
    record(actor=actor, action="asset_rule.changed", target=row, before=old, after=new)
    return row


@transaction.atomic
def asset_rule_delete(*, actor: Actor, rule: AssetRule) -> None:
    """Delete a rule; its notices stay. Raises NotAllowed."""
    _require(actor, rule.directory)
    record(actor=actor, action="asset_rule.deleted", target=rule, before=_words(rule))
    rule.delete()


@transaction.atomic
def asset_settings_set(*, actor: Actor, history_days: int) -> AssetSettings:
    """Change how long the history is kept, in days. Raises AppError `invalid`, NotAllowed."""
    require(actor.user, Action.ADMINISTER)
    row = asset_settings()
    before = row.history_days
    row.history_days = history_days
    clean(row, but=["only"] if row.pk else ())
    row.save()
    record(
        actor=actor,
        action="asset_settings.changed",
        target=row,
        before={"history_days": before},
        after={"history_days": history_days},
    )
    return row


def _fill(row: AssetRule, values: dict[str, Any]) -> None:
    """Raises AppError `filter_invalid`, `invalid`."""
    if unknown := values.keys() - FIELDS:
        raise TypeError(f"not properties of a rule: {sorted(unknown)}")
    for name, value in values.items():
        setattr(row, name, value)
    row.filter = str(criteria_of(row.filter, RULE_FIELDS))
    if row.directory is not None and row.directory.kind != DirectoryKind.DEVICE:
        message = "Choose a directory of devices."
        raise AppError("invalid", message, fields={"directory": [message]})
    if row.directory is not None and row.directory.parent_id is None:
        row.directory = None


def _require(actor: Actor, directory: Directory | None) -> None:
    """All devices are a matter of the whole network. Raises NotAllowed."""
    if directory is None:
        require(actor.user, Action.ADMINISTER)
    else:
        require(actor.user, Action.WRITE, directory)


def _words(row: AssetRule) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in sorted(FIELDS - {"directory"})}
    return {**plain, "directory": row.directory.name if row.directory else None}
