"""Making profiles, assignments and template keys as files say them: for pipelines (docs/exchange.md)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from ums.audit.services import record_each
from ums.core.access import Action, require, restrict
from ums.core.errors import AppError
from ums.core.trial import trying
from ums.devices.models import Device, Directory
from ums.devices.services import When, structure_locked
from ums.domain.formats.text import ExchangedAssignments
from ums.domain.parameters import Expression, Settings, flat
from ums.profiles.changes import changed_keys
from ums.profiles.content import MASK, catalogue_of, is_secret, unsealed
from ums.profiles.exchanging import exchanged, paths_of
from ums.profiles.models import Assignment, Profile
from ums.profiles.selectors import profile_list
from ums.profiles.services.apply_templates import TemplateWork, templates_of
from ums.profiles.services.applying import Difference, Targets, path_words, target_words
from ums.profiles.services.assignments import profiles_assign, profiles_unassign
from ums.profiles.services.bases import Bases
from ums.profiles.services.planning import Planned, Planner, State, directory_at, root_for
from ums.profiles.services.profiles import profile_move
from ums.profiles.services.rebase import profile_rebase
from ums.profiles.services.recycle import profile_delete
from ums.profiles.services.transfer import directory_made, profile_made, profile_replaced

if TYPE_CHECKING:
    from collections.abc import Collection

    from ums.core.actor import Actor
    from ums.domain.formats.exchange import ExchangedProfile
    from ums.domain.formats.templates import ExchangedTemplates
    from ums.domain.formats.tree import Filed, Tree
    from ums.domain.parameters import Catalogue, Given

COMMENT = "Applied from files"


@transaction.atomic
def profiles_apply(
    *,
    actor: Actor,
    tree: Tree,
    prune: bool = False,
    create_directories: bool = False,
    when: When = When.NOW,
) -> list[Difference]:
    """Make profiles, assignments and template keys as the files say, in one transaction; returns what was different.

    Profiles are found by kind, directory and name, keys and groups by name. What the files do not name stays, unless
    `prune`: then other profiles go to the recycle bin, other keys, values and groups are deleted, and other assignments
    of what is named are removed. Directories of profiles and keys are made; those of devices only with
    `create_directories`. Raises AppError `tree_invalid`, whose fields name files and lines, and what the services raise
    that do the parts.
    """
    structure_locked()
    work = _Work(actor, when, create=create_directories)
    work.all(tree, prune)
    if prune:
        work.prune()
        if tree.templates is not None:
            work.templates.prune()
    return work.differences


def profiles_difference(
    *, actor: Actor, tree: Tree, prune: bool = False, create_directories: bool = False
) -> list[Difference]:
    """What `profiles_apply` would change; nothing is stored. Raises the same."""
    with trying(), transaction.atomic():
        found = profiles_apply(actor=actor, tree=tree, prune=prune, create_directories=create_directories)
        transaction.set_rollback(True)
    return found


@transaction.atomic
def profiles_tree(
    *, actor: Actor, names: Collection[str] = (), secrets: bool = False
) -> tuple[list[ExchangedProfile], list[ExchangedAssignments], ExchangedTemplates | None]:
    """The profiles that the actor may read, what they are assigned to, and the template keys.

    names: only profiles with these names, and the keys that they use; None when they use none.
    secrets: readable instead of dots, which needs “Write” and is recorded. Raises AppError `profile_missing` for a name
    that no profile has, NotAllowed.
    """
    rows = profile_list(user=actor.user).defer(None).order_by("kind", "name", "pk")
    if names:
        rows = rows.filter(name__in=names)
    profiles = list(rows.select_related("head", "based_on", "directory").defer("based_on__definition"))
    if missing := sorted(set(names) - {profile.name for profile in profiles}):
        raise AppError("profile_missing", f"There is no profile “{'”, “'.join(missing)}”.")
    if secrets:
        for profile in profiles:
            require(actor.user, Action.WRITE, profile)
        told = {"format": "toml", "secrets": True}
        record_each(actor=actor, action="profile.exported", changes=[(profile, None, told) for profile in profiles])
    paths = paths_of(profile.directory for profile in profiles)
    assigned: dict[int, list[Assignment]] = {}
    sides = Q(device__in=restrict(Device.objects.order_by(), actor.user, Action.READ).values("pk")) | Q(
        directory__in=restrict(Directory.objects.order_by(), actor.user, Action.READ).values("pk")
    )
    rows_assigned = Assignment.objects.filter(sides, profile__in=profiles).select_related("device", "directory")
    for assignment in rows_assigned.order_by("pk"):
        assigned.setdefault(assignment.profile_id, []).append(assignment)
    places = paths_of({one.directory for many in assigned.values() for one in many if one.directory})
    files = [exchanged(profile, paths[profile.directory_id], secrets=secrets) for profile in profiles]
    assignments = [
        ExchangedAssignments(
            profile.name,
            profile.kind,
            paths[profile.directory_id],
            tuple(sorted(places[one.directory_id] for one in assigned.get(profile.pk, ()) if one.directory_id)),
            tuple(sorted(one.device.unit_id for one in assigned.get(profile.pk, ()) if one.device)),
        )
        for profile in profiles
    ]
    used = {key for profile in profiles if profile.head for key in profile.head.template_keys or ()}
    templates = templates_of(actor=actor, names=used if names else None)
    return files, assignments, templates if templates.keys or not names else None


class _Work:
    """One application of a tree: does it, and notes what was different."""

    def __init__(self, actor: Actor, when: When, *, create: bool) -> None:
        self._actor = actor
        self._when = when
        self._named: dict[int, Profile] = {}
        self.differences: list[Difference] = []
        self._targets = Targets(actor, self.differences, create=create)
        self.templates = TemplateWork(actor, when, self._targets, self.differences)

    def all(self, tree: Tree, prune: bool) -> None:
        """What the files name. Raises AppError `tree_invalid` with what is wrong in any of them, as far as one sees."""
        wrong = self.templates.apply(tree.templates, tree.templates_file) if tree.templates is not None else {}
        try:
            self.profiles(tree)
            if tree.assignments is not None:
                self.assignments(tree, prune)
        except AppError as error:
            if error.code != "tree_invalid":
                raise
            wrong.update(error.fields)
        if wrong:
            raise AppError("tree_invalid", "The files cannot be applied.", fields=wrong)

    def profiles(self, tree: Tree) -> None:
        """Make, change and move profiles."""
        bases = Bases(self._actor)
        bases.take(tree.catalogues)
        planner = Planner(self._actor, bases)
        planned = [(planner.planned(n, filed.profile, None, True), filed) for n, filed in enumerate(tree.profiles)]
        _check(planned)
        for one, filed in planned:
            self._profile(one, filed, planner, bases)

    def _profile(self, one: Planned, filed: Filed, planner: Planner, bases: Bases) -> None:
        if one.existing is None:
            made = profile_made(self._actor, one, root_for(one.kind, None), COMMENT).profile
            self._named[made.pk] = made
            count = one.content.count
            words = f"new, {count:,} {'value' if count == 1 else 'values'}"
            sets = _lines(catalogue_of(made.based_on), Settings(), one.content.settings)
            self.differences.append(Difference("+", f"{_title(one)}: {words}", tuple(sets)))
            return
        profile, lines = one.existing, list[str]()
        self._named[profile.pk] = profile
        target = directory_at(root_for(one.kind, None), one.path)
        if target is None or target.pk != profile.directory_id:
            lines.append(f"directory: moved from {profile.directory.name}")
            profile_move(
                actor=self._actor,
                profile=profile,
                directory=directory_made(self._actor, root_for(one.kind, None), one.path),
            )
        basis = one.given.based_on
        wanted = [row for row in bases.rows if (row.name, row.version) == (basis.name, basis.version)]
        if wanted and wanted[0].pk != profile.based_on_id and profile.head is not None:
            lines += ["based on:", f"-   {profile.based_on}", f"+   {wanted[0]}"]
            profile_rebase(
                actor=self._actor, profile=profile, catalogue=wanted[0], base=profile.head.number, when=self._when
            )
            one = planner.planned(one.number, filed.profile, None, True)
            _check([(one, filed)])
        if one.state is State.EXISTS:
            lines += _changes(one)
            profile_replaced(self._actor, one, COMMENT, self._when)
        if lines:
            self.differences.append(Difference("~", _title(one), tuple(lines)))

    def assignments(self, tree: Tree, prune: bool) -> None:
        """Assign what the file names, and with `prune` remove the rest of the named profiles."""
        wrong: dict[str, list[str]] = {}
        for one in tree.assignments or ():
            place = f"{tree.assignments_file}:{one.line or 1}"
            try:
                self._assign(one, prune)
            except AppError as error:
                if error.code != "tree_invalid":
                    raise
                wrong.setdefault(place, []).append(error.message)
        if wrong:
            raise AppError("tree_invalid", "The assignments cannot be made.", fields=wrong)

    def _assign(self, one: ExchangedAssignments, prune: bool) -> None:
        profile = self._find(one)
        targets = self._targets.named(one.directories, one.devices)
        for made in profiles_assign(actor=self._actor, profiles=[profile], targets=targets, when=self._when):
            self.differences.append(Difference("+", f"assignment: {profile.name} → {target_words(made.target)}"))
        if prune:
            named = {(type(target), target.pk) for target in targets}
            rows = profile.assignments.select_related("profile", "device", "directory")
            gone = [row for row in rows if (type(row.target), row.target.pk) not in named]
            for row in gone:
                self.differences.append(Difference("-", f"assignment: {profile.name} → {target_words(row.target)}"))
            profiles_unassign(actor=self._actor, assignments=gone, when=self._when)

    def prune(self) -> None:
        """Move all profiles to the recycle bin that no file names."""
        others = Profile.objects.filter(deleted_at=None).exclude(pk__in=self._named)
        rows = restrict(others, self._actor.user, Action.WRITE) if self._actor.user is not None else others
        for profile in rows.select_related("directory", "head").order_by("kind", "name", "pk"):
            self.differences.append(Difference("-", f"{profile.get_kind_display()} “{profile.name}”: not in the files"))
            profile_delete(actor=self._actor, profile=profile, when=self._when)

    def _find(self, one: ExchangedAssignments) -> Profile:
        directory = directory_at(root_for(one.kind, None), one.path) if one.kind else None
        rows = Profile.objects.filter(kind=one.kind, name=one.name, directory=directory, deleted_at=None)
        profile = rows.filter(pk__in=self._named).first() or rows.order_by("pk").first()
        if directory is None or profile is None:
            raise AppError("tree_invalid", f"There is no profile “{one.name}” in {path_words(one.path)}.")
        return profile


def _check(planned: list[tuple[Planned, Filed]]) -> None:
    """Raises AppError with the file and line of each value that is refused, and of profiles that are there twice."""
    wrong: dict[str, list[str]] = {}
    seen: dict[tuple[str, tuple[str, ...], str], Filed] = {}
    for one, filed in planned:
        for key, why in one.content.refused.items():
            wrong.setdefault(filed.place(key), []).append(f"{key}: {why}")
        name = (one.kind, one.path, one.given.name)
        if name in seen:
            wrong.setdefault(filed.place(), []).append(f"{_title(one)} stands in {seen[name].file} as well.")
        seen[name] = filed
    if wrong:
        raise AppError("tree_invalid", "The files cannot be applied.", fields=wrong)


def _changes(one: Planned) -> list[str]:
    profile, given, content = one.existing, one.given, one.content
    assert profile is not None and profile.head is not None, "only what exists can change"
    lines = []
    if profile.description != given.description:
        lines += ["description:", f"-   {json.dumps(profile.description, ensure_ascii=False)}"]
        lines.append(f"+   {json.dumps(given.description, ensure_ascii=False)}")
    if profile.head.overwrite_sessions != given.overwrite_sessions:
        lines.append(f"overwrite sessions: {'on' if given.overwrite_sessions else 'off'}")
    catalogue = catalogue_of(content.based_on)
    old = unsealed(catalogue, profile.head.content)
    return [*lines, *_lines(catalogue, old, content.settings)]


def _lines(catalogue: Catalogue, old: Settings, new: Settings) -> list[str]:
    """For each value that differs its path and label, and both sides."""
    lines = []
    for serial in sorted(old.instances.keys() | new.instances.keys()):
        if serial not in new.instances or serial not in old.instances:
            there = new.instances.get(serial) or old.instances[serial]
            lines.append(f"{'+' if serial in new.instances else '-'}   instance {serial} of {there.cls}")
    before, after = flat(old), flat(new)
    for key in sorted(changed_keys(old, new)):
        serial, _, name = key.rpartition(":")
        instance = new.instances.get(serial) or old.instances.get(serial)
        path = f"{instance.cls}.{name}" if instance else key
        parameter = catalogue.find(path)
        secret = any(is_secret(catalogue, path, side[key]) for side in (before, after) if key in side)
        lines.append(f"{key} ({parameter.label})" if parameter else f"{key} (not in the catalogue)")
        lines += [
            f"{sign}   {_shown(side[key], secret)}" for sign, side in (("-", before), ("+", after)) if key in side
        ]
    return lines


def _shown(given: Given, secret: bool) -> str:
    if secret:
        return MASK
    if isinstance(given, Expression):
        return f"expression {json.dumps(given.text, ensure_ascii=False)}"
    return json.dumps(given, ensure_ascii=False)


def _title(one: Planned) -> str:
    return f"{one.kind} profile “{' › '.join([*one.path, one.given.name])}”"
