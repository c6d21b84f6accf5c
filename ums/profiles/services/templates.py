"""Template keys, their values, and groups of values (domain/profiles.md §4; docs/template-keys.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from ums.audit.services import changed, record
from ums.core.access import Action, require, restrict
from ums.core.errors import AppError, Conflict
from ums.core.validation import clean
from ums.devices.models import Directory, DirectoryKind
from ums.devices.services import When, settings_changed, structure_locked
from ums.domain.parameters import ParameterError, clean_key_name, clean_key_value
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit
from ums.profiles.keys import assignments_of, devices_of_assignments, profiles_by_key
from ums.profiles.models import KeyType, Profile, TemplateKey, TemplateValue, ValueGroup

if TYPE_CHECKING:
    from collections.abc import Collection

    from ums.core.actor import Actor
    from ums.domain.parameters import KeyTypeName

NAMED = 5
"""Profiles that a message names."""


@transaction.atomic
def key_create(
    *, actor: Actor, name: str, directory: Directory, type: str = KeyType.STRING.value, description: str = ""
) -> TemplateKey:
    """A new key without values. Raises AppError `invalid`, `directory_other_kind`, NotAllowed."""
    _directory_checked(actor, directory)
    key = TemplateKey(name=_key_name(name), type=type, description=description, directory=directory)
    clean(key)
    key.save()
    after = {"type": key.type, "description": description, "directory": directory.name}
    record(actor=actor, action="template_key.created", target=key, after=after)
    publish_on_commit(TreeChanged())
    return key


@transaction.atomic
def key_update(
    *, actor: Actor, key: TemplateKey, name: str, type: str, description: str, directory: Directory | None = None
) -> TemplateKey:
    """Change a key. One that profiles name keeps its name, one that has values keeps its type.

    Raises AppError `invalid`, `directory_other_kind`, Conflict `key_used`, `key_has_values`, NotAllowed.
    """
    require(actor.user, Action.WRITE, key)
    structure_locked()
    before = _of_key(key)
    if name.strip() != key.name:
        _unused(actor, key, "keeps its name")
        key.name = _key_name(name, key)
    if type != key.type and key.values.exists():
        raise Conflict("key_has_values", f"{key.name} has values, so its type stays. Delete them first.")
    if directory is not None and directory != key.directory:
        _directory_checked(actor, directory)
        key.directory = directory
    key.type, key.description = type, description
    clean(key)
    key.save()
    before, after = changed(before, _of_key(key))
    record(actor=actor, action="template_key.updated", target=key, before=before, after=after)
    publish_on_commit(TreeChanged())
    return key


@transaction.atomic
def key_delete(*, actor: Actor, key: TemplateKey, confirmed: bool = False, when: When = When.NOW) -> None:
    """Delete a key with its values and their assignments. What profiles set by it is not set any more.

    confirmed: also when profiles in force use it. Raises Conflict `key_used` with their names, NotAllowed.
    """
    require(actor.user, Action.WRITE, key)
    structure_locked()
    if not confirmed:
        _unused(actor, key, "cannot be deleted")
    _mark(actor, when, keys=[key])
    before = {**_of_key(key), "values": list(key.values.order_by("pk").values_list("value", flat=True))}
    record(actor=actor, action="template_key.deleted", target=key, before=before)
    key.delete()
    publish_on_commit(TreeChanged())


@transaction.atomic
def value_create(*, actor: Actor, key: TemplateKey, value: Any, description: str = "") -> TemplateValue:
    """A new value of a key, not assigned yet. Raises AppError `invalid`, NotAllowed."""
    require(actor.user, Action.WRITE, key)
    row = TemplateValue(key=key, value=_value(key, value), description=description)
    clean(row)
    row.save()
    record(actor=actor, action="template_value.created", target=row, after=_of_value(row))
    return row


@transaction.atomic
def value_update(
    *, actor: Actor, row: TemplateValue, value: Any, description: str, when: When = When.NOW
) -> TemplateValue:
    """Change a value where it is: all objects that it is assigned to get the new one. Raises as `value_create`."""
    require(actor.user, Action.WRITE, row)
    structure_locked()
    before = _of_value(row)
    row.value, row.description = _value(row.key, value, row), description
    clean(row)
    row.save()
    after = _of_value(row)
    if before["value"] != after["value"]:
        _mark(actor, when, values=[row])
    before, after = changed(before, after)
    record(actor=actor, action="template_value.updated", target=row, before=before, after=after)
    return row


@transaction.atomic
def value_delete(*, actor: Actor, row: TemplateValue, when: When = When.NOW) -> None:
    """Delete a value with its assignments, and take it out of its groups. Raises NotAllowed."""
    require(actor.user, Action.WRITE, row)
    structure_locked()
    _mark(actor, when, values=[row])
    record(actor=actor, action="template_value.deleted", target=row, before=_of_value(row))
    row.delete()


@transaction.atomic
def group_create(
    *, actor: Actor, name: str, directory: Directory, values: Collection[TemplateValue] = (), description: str = ""
) -> ValueGroup:
    """A new group of values. Raises AppError `invalid`, `directory_other_kind`, NotAllowed."""
    _directory_checked(actor, directory)
    group = ValueGroup(name=name.strip(), description=description, directory=directory)
    clean(group)
    _of_different_keys(actor, values)
    group.save()
    group.values.set(values)
    record(actor=actor, action="value_group.created", target=group, after=_of_group(group))
    publish_on_commit(TreeChanged())
    return group


@transaction.atomic
def group_update(
    *,
    actor: Actor,
    group: ValueGroup,
    name: str,
    description: str,
    values: Collection[TemplateValue],
    directory: Directory | None = None,
    when: When = When.NOW,
) -> ValueGroup:
    """Change a group; `values` are all that it shall have, beside those whose keys the actor may not read.

    Raises as `group_create`.
    """
    require(actor.user, Action.WRITE, group)
    structure_locked()
    before = _of_group(group)
    if directory is not None and directory != group.directory:
        _directory_checked(actor, directory)
        group.directory = directory
    group.name, group.description = name.strip(), description
    clean(group)
    _of_different_keys(actor, values)
    group.save()
    readable = restrict(TemplateValue.objects.order_by(), actor.user, Action.READ) if actor.user else group.values.all()
    wanted = {*values, *group.values.exclude(pk__in=readable.values("pk"))}
    if wanted != set(group.values.all()):
        group.values.set(wanted)
        _mark(actor, when, groups=[group])
    before, after = changed(before, _of_group(group))
    record(actor=actor, action="value_group.updated", target=group, before=before, after=after)
    publish_on_commit(TreeChanged())
    return group


@transaction.atomic
def group_delete(*, actor: Actor, group: ValueGroup, when: When = When.NOW) -> None:
    """Delete a group with its assignments; its values stay. Raises NotAllowed."""
    require(actor.user, Action.WRITE, group)
    structure_locked()
    _mark(actor, when, groups=[group])
    record(actor=actor, action="value_group.deleted", target=group, before=_of_group(group))
    group.delete()
    publish_on_commit(TreeChanged())


def _mark(
    actor: Actor,
    when: When,
    *,
    keys: Collection[TemplateKey] = (),
    values: Collection[TemplateValue] = (),
    groups: Collection[ValueGroup] = (),
) -> None:
    """The devices that these values reach, directly or in a group."""
    if assignments := list(assignments_of(keys=keys, values=values, groups=groups)):
        settings_changed(actor=actor, devices=devices_of_assignments(assignments=assignments), when=when)


def _directory_checked(actor: Actor, directory: Directory) -> None:
    require(actor.user, Action.WRITE, directory)
    if directory.kind != DirectoryKind.TEMPLATE:
        raise AppError("directory_other_kind", f"This belongs under {DirectoryKind.TEMPLATE.label}.")


def _key_name(raw: str, key: TemplateKey | None = None) -> str:
    """Keys do not differ by upper and lower case alone: nobody would see which one an expression means."""
    try:
        name = clean_key_name(raw)
    except ParameterError as error:
        raise _invalid("name", str(error)) from error
    others = TemplateKey.objects.filter(name__iexact=name).exclude(pk=key.pk if key else 0)
    if other := others.values_list("name", flat=True).first():
        raise _invalid("name", f"There is a key {other} already.")
    return name


def _value(key: TemplateKey, raw: Any, row: TemplateValue | None = None) -> Any:
    names: dict[str, KeyTypeName] = {"string": "string", "checkbox": "checkbox", "integer": "integer", "float": "float"}
    try:
        value = clean_key_value(names[key.type], raw)
    except ParameterError as error:
        raise _invalid("value", str(error)) from error
    if key.values.filter(value=value).exclude(pk=row.pk if row else 0).exists():
        raise _invalid("value", f"{key.name} has this value already.")
    return value


def _of_different_keys(actor: Actor, values: Collection[TemplateValue]) -> None:
    by_key: dict[int, TemplateValue] = {}
    for value in values:
        require(actor.user, Action.READ, value)
        other = by_key.setdefault(value.key_id, value)
        if other != value:
            raise _invalid("values", f"A group has one value of each key: {other} and {value} do not go together.")


def _unused(actor: Actor, key: TemplateKey, consequence: str) -> None:
    users = profiles_by_key().get(key.name, [])
    if not users:
        return
    rows = Profile.objects.filter(pk__in=[profile.pk for profile in users])
    readable = set((restrict(rows, actor.user, Action.READ) if actor.user else rows).values_list("pk", flat=True))
    names = [f"“{profile.name}”" for profile in users if profile.pk in readable][:NAMED]
    if more := len(users) - len(names):
        names.append(f"{more} more" if names else f"{more} profile{'' if more == 1 else 's'} that you may not read")
    raise Conflict("key_used", f"{key.name} {consequence}: it is used by {', '.join(names)}.")


def _invalid(field: str, message: str) -> AppError:
    return AppError("invalid", message, fields={field: [message]})


def _of_key(key: TemplateKey) -> dict[str, Any]:
    return {"name": key.name, "type": key.type, "description": key.description, "directory": key.directory.name}


def _of_value(row: TemplateValue) -> dict[str, Any]:
    return {"key": row.key.name, "value": row.value, "description": row.description}


def _of_group(group: ValueGroup) -> dict[str, Any]:
    values = [str(value) for value in group.values.select_related("key").order_by("key__name", "pk")]
    return {"name": group.name, "description": group.description, "directory": group.directory.name, "values": values}
