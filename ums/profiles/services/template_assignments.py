"""Assigning values of template keys, and groups of them, to devices and directories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import transaction
from django.db.models import Q

from ums.audit.services import record_each
from ums.core.access import Action, require, restrict
from ums.core.errors import AppError, Conflict
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.selectors import devices_of_targets
from ums.devices.services import When, settings_changed, structure_locked
from ums.profiles.models import TemplateAssignment, TemplateValue, ValueGroup
from ums.profiles.services.assignments import MAX_ASSIGNMENTS

if TYPE_CHECKING:
    from collections.abc import Collection

    from ums.core.actor import Actor

Assignable: TypeAlias = TemplateValue | ValueGroup
Target: TypeAlias = Device | Directory


@transaction.atomic
def templates_assign(
    *,
    actor: Actor,
    targets: Collection[Target],
    values: Collection[TemplateValue] = (),
    groups: Collection[ValueGroup] = (),
    when: When = When.NOW,
) -> list[TemplateAssignment]:
    """Assign each value and each group to each target. What is assigned already stays; returns the new assignments.

    Needs “assign” on both sides. An object has one value of a key; a group may bring another one, which then does not
    count. The same number of queries for one pair and for a thousand. Raises NotAllowed, AppError `target_other_kind`,
    `too_many_assignments`, Conflict `key_has_value`, `object_gone`.
    """
    if (len(values) + len(groups)) * len(targets) > MAX_ASSIGNMENTS:
        raise AppError(
            "too_many_assignments",
            f"{MAX_ASSIGNMENTS:,} assignments can be made at once. Assign to a directory instead.",
        )
    if any(isinstance(target, Directory) and target.kind != DirectoryKind.DEVICE for target in targets):
        raise AppError("target_other_kind", "Values are assigned to devices and directories of devices.")
    structure_locked()
    _require_each(actor, [*values, *groups, *targets])
    _one_value_of_each_key(values, targets)
    made = _made(actor, [*values, *groups], targets)
    changes = [(_given(row), None, _words(row.target)) for row in made]
    record_each(actor=actor, action="template_value.assigned", changes=changes)
    _mark(actor, {row.target for row in made}, when)
    return made


@transaction.atomic
def templates_unassign(
    *, actor: Actor, assignments: Collection[TemplateAssignment], when: When = When.NOW
) -> list[tuple[Assignable, Target]]:
    """Take assignments away, as far as they are still there. Returns what they joined, so that it can be undone.

    Raises NotAllowed.
    """
    structure_locked()
    rows = TemplateAssignment.objects.filter(pk__in=[row.pk for row in assignments])
    there = set(rows.order_by().values_list("pk", flat=True))
    removed = [(_given(row), row.target) for row in assignments if row.pk in there]
    _require_each(actor, [one for pair in removed for one in pair])
    changes = [(given, _words(target), None) for given, target in removed]
    record_each(actor=actor, action="template_value.unassigned", changes=changes)
    _mark(actor, {target for _, target in removed}, when)
    rows.delete()
    return removed


def _require_each(actor: Actor, objects: Collection[Assignable | Target]) -> None:
    """All are there and may be assigned: one query for each kind. Raises NotAllowed, Conflict `object_gone`."""
    for model in (TemplateValue, ValueGroup, Device, Directory):
        wanted = [one for one in objects if isinstance(one, model)]
        if not wanted:
            continue
        rows = model._default_manager.filter(pk__in={one.pk for one in wanted}).order_by()
        allowed = rows if actor.user is None else restrict(rows, actor.user, Action.ASSIGN)
        known = set(allowed.values_list("pk", flat=True))
        if missing := next((one for one in wanted if one.pk not in known), None):
            if rows.filter(pk=missing.pk).exists():
                require(actor.user, Action.ASSIGN, missing)
            raise Conflict("object_gone", f"“{missing}” was deleted in the meantime; nothing was assigned.")


def _one_value_of_each_key(values: Collection[TemplateValue], targets: Collection[Target]) -> None:
    by_key: dict[int, TemplateValue] = {}
    for value in values:
        other = by_key.setdefault(value.key_id, value)
        if other != value:
            raise Conflict("key_has_value", f"Choose one: an object cannot have {other} and {value}.")
    rows = TemplateAssignment.objects.filter(_on(targets), value__key__in=by_key).exclude(value__in=values)
    if row := rows.select_related("value__key", "device", "directory").order_by("pk").first():
        raise Conflict(
            "key_has_value",
            f"“{row.target}” has {row.value} already. Remove that first, or assign another one closer to the devices.",
        )


def _made(actor: Actor, objects: Collection[Assignable], targets: Collection[Target]) -> list[TemplateAssignment]:
    """The assignments that were missing. The structure lock keeps another writer from making the same ones."""
    values = [one for one in objects if isinstance(one, TemplateValue)]
    groups = [one for one in objects if isinstance(one, ValueGroup)]
    rows = TemplateAssignment.objects.filter(_on(targets)).filter(Q(value__in=values) | Q(group__in=groups))
    fields = ("value_id", "group_id", "device_id", "directory_id")
    known = set(rows.order_by().values_list(*fields))
    wanted = [
        TemplateAssignment(author_name=actor.name[:150], **_side_of(given), **_side(target))
        for given in objects
        for target in targets
    ]
    by_pair = {tuple(getattr(row, name) for name in fields): row for row in wanted}
    return TemplateAssignment.objects.bulk_create(
        [row for pair, row in by_pair.items() if pair not in known], batch_size=1000
    )


def _mark(actor: Actor, targets: Collection[Target], when: When) -> None:
    if targets:
        settings_changed(actor=actor, devices=devices_of_targets(targets=targets), when=when)


def _on(targets: Collection[Target]) -> Q:
    on = Q(device__in=[one for one in targets if isinstance(one, Device)])
    return on | Q(directory__in=[one for one in targets if isinstance(one, Directory)])


def _given(row: TemplateAssignment) -> Assignable:
    return row.value or row.group  # type: ignore[return-value]  # a constraint of the table


def _side_of(given: Assignable) -> dict[str, Any]:
    return {"value": given} if isinstance(given, TemplateValue) else {"group": given}


def _side(target: Target) -> dict[str, Any]:
    return {"device": target} if isinstance(target, Device) else {"directory": target}


def _words(target: Target) -> dict[str, str | int]:
    kind = "device" if isinstance(target, Device) else "directory"
    return {"target": kind, "id": target.pk, "name": str(target)}
