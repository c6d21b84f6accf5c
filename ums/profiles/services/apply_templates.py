"""Making template keys, their values, groups and assignments as a file says them (docs/exchange.md)."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from ums.core.access import Action, restrict
from ums.core.errors import AppError
from ums.devices.models import DirectoryKind
from ums.devices.selectors import directory_root
from ums.domain.formats.templates import ExchangedGroup, ExchangedKey, ExchangedTemplates, ExchangedValue
from ums.domain.parameters import ParameterError, clean_key_value
from ums.profiles.exchanging import paths_of
from ums.profiles.keys import group_list, key_list, template_assignment_list, value_list
from ums.profiles.models import TemplateAssignment, TemplateKey, TemplateValue, ValueGroup
from ums.profiles.services.applying import Difference, Targets, path_words, target_words
from ums.profiles.services.template_assignments import templates_assign, templates_unassign
from ums.profiles.services.templates import (
    group_create,
    group_delete,
    group_update,
    key_create,
    key_delete,
    key_update,
    value_create,
    value_delete,
    value_update,
)
from ums.profiles.services.transfer import directory_made

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from ums.core.actor import Actor
    from ums.devices.models import Device, Directory
    from ums.devices.services import When

_OF_THE_FILE = ("tree_invalid", "invalid", "key_has_values", "key_has_value")
"""Refusals that the file is the reason of: they are told with its line."""


def templates_of(*, actor: Actor, names: Collection[str] | None = None) -> ExchangedTemplates:
    """The keys and groups that the actor may read, all or the keys with these names, as a file says them.

    Groups with a value of such a key come along whole, and so do the keys of their other values.
    """
    groups = group_list(user=actor.user).order_by("name")
    keys = key_list(user=actor.user).order_by("name")
    if names is not None:
        groups = groups.filter(
            pk__in=ValueGroup.values.through.objects.filter(templatevalue__key__name__in=names).values("valuegroup")
        )
        named = {*names, *groups.order_by().values_list("values__key__name", flat=True)}
        keys = keys.filter(name__in=named)
    held, bundles = list(keys), list(groups.prefetch_related("values__key"))
    values: dict[int, list[TemplateValue]] = defaultdict(list)
    for value in value_list(user=actor.user).filter(key__in=held).order_by("pk"):
        values[value.key_id].append(value)
    on: dict[tuple[str, int | None], list[TemplateAssignment]] = defaultdict(list)
    for row in template_assignment_list(user=actor.user).order_by("pk"):
        on[("group", row.group_id) if row.group_id else ("value", row.value_id)].append(row)
    places: set[Directory] = {row.directory for rows in on.values() for row in rows if row.directory}
    places |= {key.directory for key in held} | {group.directory for group in bundles}
    paths = paths_of(places)

    def assigned(rows: Iterable[TemplateAssignment]) -> dict[str, Any]:
        rows = list(rows)
        return {
            "directories": tuple(sorted(paths[row.directory_id] for row in rows if row.directory_id)),
            "devices": tuple(sorted(row.device.unit_id for row in rows if row.device)),
        }

    return ExchangedTemplates(
        tuple(
            ExchangedKey(
                key.name,
                key.type,
                key.description,
                paths[key.directory_id],
                tuple(
                    ExchangedValue(value.value, value.description, **assigned(on["value", value.pk]))
                    for value in sorted(values[key.pk], key=lambda value: value.value)
                ),
            )
            for key in held
        ),
        tuple(
            ExchangedGroup(
                group.name,
                group.description,
                paths[group.directory_id],
                tuple(sorted((value.key.name, value.value) for value in group.values.all())),
                **assigned(on["group", group.pk]),
            )
            for group in bundles
        ),
    )


class TemplateWork:
    """One application of the file of template keys: does it, and notes what was different."""

    def __init__(self, actor: Actor, when: When, targets: Targets, differences: list[Difference]) -> None:
        self._actor = actor
        self._when = when
        self._targets = targets
        self._differences = differences
        self._wrong: dict[str, list[str]] = defaultdict(list)
        self._named: dict[type, set[int]] = {TemplateKey: set(), TemplateValue: set(), ValueGroup: set()}
        self._on: dict[tuple[type, int], set[tuple[type, int]]] = {}

    def apply(self, templates: ExchangedTemplates, file: Path) -> dict[str, list[str]]:
        """Make what the file names; returns what is wrong, by line of the file."""
        rows = {key.name: key for key in TemplateKey.objects.select_related("directory")}
        for one in templates.keys:
            self._told(file, one.line, partial(self._key, one, rows, file))
        for group in templates.groups:
            self._told(file, group.line, partial(self._group, group, rows))
        return dict(self._wrong)

    def prune(self) -> None:
        """Delete the keys, values and groups that the file does not name, and other assignments of those that it names.

        Raises Conflict `key_used`.
        """
        for (kind, pk), named in self._on.items():
            side = {"value_id": pk} if kind is TemplateValue else {"group_id": pk}
            rows = TemplateAssignment.objects.filter(**side)
            rows = rows.select_related("value__key", "group", "device", "directory")
            self._unassign([row for row in rows if (type(row.target), row.target.pk) not in named])
        for group in self._others(ValueGroup):
            self._gone(f"value group “{group.name}”: not in the files")
            group_delete(actor=self._actor, group=group, when=self._when)
        for key in self._others(TemplateKey):
            self._gone(f"template key {key.name}: not in the files")
            key_delete(actor=self._actor, key=key, when=self._when)
        for value in self._others(TemplateValue):
            self._gone(f"value {_shown(value)}: not in the files")
            value_delete(actor=self._actor, row=value, when=self._when)

    def _key(self, given: ExchangedKey, rows: dict[str, TemplateKey], file: Path) -> None:
        key, place = rows.get(given.name), self._directory(given.path)
        if key is None:
            key = key_create(
                actor=self._actor, name=given.name, directory=place, type=given.type, description=given.description
            )
            rows[key.name] = key
            self._differences.append(Difference("+", f"template key {key.name} ({key.type})"))
        elif key.pk in self._named[TemplateKey]:
            raise AppError("tree_invalid", f"The key {given.name} stands here twice.")
        else:
            lines = _lines(key, place, description=given.description, type=given.type)
            if lines:
                key_update(
                    actor=self._actor,
                    key=key,
                    name=key.name,
                    type=given.type,
                    description=given.description,
                    directory=place,
                )
                self._differences.append(Difference("~", f"template key {key.name}", tuple(lines)))
        self._named[TemplateKey].add(key.pk)
        held = {value.value: value for value in key.values.select_related("key")}
        targets: set[tuple[type, int]] = set()
        for one in given.values:
            self._told(file, one.line, partial(self._value, one, key, held, targets))

    def _value(
        self,
        given: ExchangedValue,
        key: TemplateKey,
        held: dict[Any, TemplateValue],
        taken: set[tuple[type, int]],
    ) -> None:
        row = held.get(_clean(key, given.value))
        if row is None:
            row = value_create(actor=self._actor, key=key, value=given.value, description=given.description)
            held[row.value] = row
            self._differences.append(Difference("+", f"value {_shown(row)}"))
        elif row.pk in self._named[TemplateValue]:
            raise AppError("tree_invalid", f"{_shown(row)} stands here twice.")
        elif row.description != given.description:
            lines = _sides("description", row.description, given.description)
            value_update(actor=self._actor, row=row, value=row.value, description=given.description, when=self._when)
            self._differences.append(Difference("~", f"value {_shown(row)}", tuple(lines)))
        self._named[TemplateValue].add(row.pk)
        targets = self._targets.named(given.directories, given.devices)
        ids = {(type(target), target.pk) for target in targets}
        if twice := next((target for target in targets if (type(target), target.pk) in taken), None):
            raise AppError("tree_invalid", f"{target_words(twice)} gets two values of {key.name}.")
        taken |= ids
        self._on[TemplateValue, row.pk] = ids
        self._replace_others(row, targets)
        for made in templates_assign(actor=self._actor, values=[row], targets=targets, when=self._when):
            self._differences.append(Difference("+", f"assignment: {_shown(row)} → {target_words(made.target)}"))

    def _replace_others(self, row: TemplateValue, targets: list[Device | Directory]) -> None:
        """An object has one value of a key: the file says which, so another one that is there goes."""
        ids = {(type(target), target.pk) for target in targets}
        rows = TemplateAssignment.objects.filter(value__key=row.key_id).exclude(value=row)
        rows = rows.select_related("value__key", "device", "directory")
        self._unassign([other for other in rows if (type(other.target), other.target.pk) in ids])

    def _group(self, given: ExchangedGroup, keys: dict[str, TemplateKey]) -> None:
        place, values = self._directory(given.path), [self._held(keys, *pair) for pair in given.values]
        group = ValueGroup.objects.select_related("directory").filter(name=given.name).first()
        if group is None:
            group = group_create(
                actor=self._actor, name=given.name, directory=place, values=values, description=given.description
            )
            self._differences.append(
                Difference("+", f"value group “{group.name}”", tuple(f"+   {_shown(one)}" for one in values))
            )
        elif group.pk in self._named[ValueGroup]:
            raise AppError("tree_invalid", f"The group “{given.name}” stands here twice.")
        else:
            before = {value.pk: value for value in group.values.select_related("key")}
            lines = _lines(group, place, description=given.description)
            lines += [f"-   {_shown(value)}" for pk, value in before.items() if pk not in {one.pk for one in values}]
            lines += [f"+   {_shown(value)}" for value in values if value.pk not in before]
            if lines:
                group_update(
                    actor=self._actor,
                    group=group,
                    name=group.name,
                    description=given.description,
                    values=values,
                    directory=place,
                    when=self._when,
                )
                self._differences.append(Difference("~", f"value group “{group.name}”", tuple(lines)))
        self._named[ValueGroup].add(group.pk)
        targets = self._targets.named(given.directories, given.devices)
        self._on[ValueGroup, group.pk] = {(type(target), target.pk) for target in targets}
        for made in templates_assign(actor=self._actor, groups=[group], targets=targets, when=self._when):
            self._differences.append(Difference("+", f"assignment: “{group.name}” → {target_words(made.target)}"))

    def _held(self, keys: dict[str, TemplateKey], name: str, raw: Any) -> TemplateValue:
        if name not in keys:
            raise AppError("tree_invalid", f"There is no template key {name}.")
        wanted = _clean(keys[name], raw)
        rows = keys[name].values.select_related("key")
        if found := next((row for row in rows if row.value == wanted), None):
            return found
        raise AppError("tree_invalid", f"{name} has no value {json.dumps(raw, ensure_ascii=False)}.")

    def _directory(self, path: tuple[str, ...]) -> Directory:
        return directory_made(self._actor, directory_root(kind=DirectoryKind.TEMPLATE), path)

    def _unassign(self, rows: list[TemplateAssignment]) -> None:
        for row in rows:
            what = _shown(row.value) if row.value else f"“{row.group}”"
            self._gone(f"assignment: {what} → {target_words(row.target)}")
        if rows:
            templates_unassign(actor=self._actor, assignments=rows, when=self._when)

    def _others(self, model: type[Any]) -> Iterable[Any]:
        rows = model._default_manager.exclude(pk__in=self._named[model])
        return list(rows if self._actor.user is None else restrict(rows, self._actor.user, Action.WRITE))

    def _gone(self, words: str) -> None:
        self._differences.append(Difference("-", words))

    def _told(self, file: Path, line: int, work: Callable[[], None]) -> None:
        try:
            work()
        except AppError as error:
            if error.code not in _OF_THE_FILE:
                raise
            self._wrong[f"{file}:{line or 1}"].append(error.message)


def _lines(row: TemplateKey | ValueGroup, place: Directory, **given: str) -> list[str]:
    """What changes in the properties of a key or group."""
    lines = [line for name, new in given.items() for line in _sides(name, getattr(row, name), new)]
    if row.directory != place:
        lines.append(f"directory: moved from {path_words(paths_of([row.directory])[row.directory_id])}")
    return lines


def _sides(name: str, old: str, new: str) -> list[str]:
    if old == new:
        return []
    return [
        f"{name}:",
        *(f"{sign}   {json.dumps(text, ensure_ascii=False)}" for sign, text in (("-", old), ("+", new))),
    ]


def _clean(key: TemplateKey, raw: Any) -> Any:
    try:
        return clean_key_value(key.type, raw)  # type: ignore[arg-type]  # the choices of the column
    except ParameterError as error:
        raise AppError(
            "invalid", f"{json.dumps(raw, ensure_ascii=False)} is no value of {key.name}: {error}"
        ) from error


def _shown(value: TemplateValue) -> str:
    return f"{value.key.name} = {json.dumps(value.value, ensure_ascii=False)}"
