"""Importing and exporting profiles (docs/exchange.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from ums.audit.services import record_each
from ums.core.access import Action, require
from ums.core.errors import AppError
from ums.core.trial import trying
from ums.devices.models import Directory
from ums.devices.services import When, directory_create, structure_locked
from ums.domain.formats.exchange import Exchange, ExchangedProfile, ExchangeError
from ums.domain.formats.files import Format, write_file
from ums.domain.parameters import settings_to_json
from ums.profiles.exchanging import exchanged, exchanged_catalogue, origin_of, paths_of
from ums.profiles.models import Profile
from ums.profiles.services.planning import Decision, ImportPlan, Planned, plan_of, root_for
from ums.profiles.services.profiles import (
    profile_create,
    profile_roll_back,
    profile_save,
    profile_update,
)
from ums.profiles.services.recycle import profile_delete

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ums.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Imported:
    """A profile that an import wrote; `before`: number of the revision that it had, 0 for a new one."""

    profile: Profile
    before: int


def import_plan(*, actor: Actor, data: bytes, target: Directory | None = None, rebuild: bool = True) -> ImportPlan:
    """What importing a file would do; nothing is stored.

    target: the directory that all profiles go to, whose tree turns standard profiles into priority profiles and back;
    None: each stays what it is and goes to the root of its own tree. rebuild: the directories of the file are made
    below that. Raises AppError `exchange_invalid`, NotAllowed.
    """
    with trying(), transaction.atomic():
        plan = plan_of(actor, data, target, rebuild)
        transaction.set_rollback(True)
    return plan


@transaction.atomic
def profiles_import(
    *,
    actor: Actor,
    data: bytes,
    decisions: Mapping[int, Decision] | None = None,
    duplicates: Decision | None = None,
    target: Directory | None = None,
    rebuild: bool = True,
    leave_out: bool = False,
    name: str = "",
    when: When = When.NOW,
) -> tuple[ImportPlan, list[Imported]]:
    """Import a file: all of it, or nothing when something is refused.

    decisions: by number of the profile in the file; where none is given new profiles are made, identical ones skipped,
    and for those that exist `duplicates` counts. leave_out: values that are refused are left out, else they refuse
    the import. name: of the file, for comments. Raises AppError `exchange_invalid`, `decision_missing`,
    `settings_invalid`, and what making, saving and describing profiles raises.
    """
    structure_locked()
    plan = plan_of(actor, data, target, rebuild)
    chosen = _chosen(plan, decisions or {}, duplicates)
    if not leave_out:
        _refuse(plan, chosen)
    made = []
    comment = f"Imported from {name}"[:200] if name else "Imported"
    for planned in plan.profiles:
        if chosen[planned.number] is Decision.SKIP:
            continue
        if chosen[planned.number] is Decision.REPLACE and planned.existing is not None:
            made.append(profile_replaced(actor, planned, comment, when))
        else:
            made.append(profile_made(actor, planned, root_for(planned.kind, target), comment))
    return plan, made


@transaction.atomic
def profiles_import_undo(
    *, actor: Actor, profiles: Collection[tuple[Profile, int]], when: When = When.NOW
) -> tuple[int, int]:
    """Take an import back: delete what was new, give others their revision from before. (Profile, number before).

    Raises AppError and NotAllowed as deleting and rolling back do. Returns how many were deleted and rolled back.
    """
    structure_locked()
    deleted = 0
    for profile, before in profiles:
        if before:
            revision = profile.revisions.filter(number=before).first()
            if revision is None:
                raise AppError("revision_gone", f"“{profile.name}” has no revision {before}.", status=404)
            profile_roll_back(actor=actor, profile=profile, revision=revision, when=when)
        else:
            profile_delete(actor=actor, profile=profile, when=when)
            deleted += 1
    return deleted, len(profiles) - deleted


@transaction.atomic
def profiles_export(
    *, actor: Actor, profiles: Collection[Profile], kind: Format, secrets: bool = False
) -> tuple[bytes, str]:
    """The profiles as a file, and the name of the file. Secrets are dots unless `secrets`, which needs “Write”.

    An export with secrets is recorded. Raises AppError `exchange_impossible` for what the format cannot carry,
    NotAllowed.
    """
    action = Action.WRITE if secrets else Action.READ
    for profile in profiles:
        require(actor.user, action, profile)
    rows = Profile.objects.filter(pk__in=[profile.pk for profile in profiles]).select_related("head", "based_on")
    found = list(rows.select_related("directory").order_by("kind", "name", "pk"))
    paths = paths_of(profile.directory for profile in found)
    catalogues = {profile.based_on_id: profile.based_on for profile in found} if kind is Format.IPM else {}
    exchange = Exchange(
        tuple(exchanged(profile, paths[profile.directory_id], secrets=secrets) for profile in found),
        tuple(exchanged_catalogue(row) for row in catalogues.values()),
    )
    try:
        data, suffix = write_file(kind, exchange)
    except ExchangeError as error:
        raise AppError("exchange_impossible", str(error)) from error
    if secrets:
        told = {"format": kind.value, "secrets": True}
        record_each(actor=actor, action="profile.exported", changes=[(profile, None, told) for profile in found])
    return data, (found[0].name if len(found) == 1 else "profiles") + suffix


def profile_made(actor: Actor, planned: Planned, root: Directory, comment: str) -> Imported:
    """A new profile as it was planned."""
    given, content = planned.given, planned.as_new
    profile = profile_create(
        actor=actor,
        name=given.name,
        directory=directory_made(actor, root, planned.path),
        based_on=content.based_on,
        description=given.description,
        settings=settings_to_json(content.settings),
        overwrite_sessions=given.overwrite_sessions,
        comment=comment,
        use_case=given.use_case,
        keep_unknown=True,
    )
    _keep_origin(profile, given)
    return Imported(profile, 0)


def profile_replaced(actor: Actor, planned: Planned, comment: str, when: When) -> Imported:
    """The existing profile with what was planned as its new revision."""
    profile, given, content = planned.existing, planned.given, planned.as_replacement
    assert profile is not None and profile.head is not None and content is not None, "only what exists is replaced"
    before = profile.head.number
    if profile.description != given.description:
        profile_update(actor=actor, profile=profile, name=profile.name, description=given.description)
    profile_save(
        actor=actor,
        profile=profile,
        settings=settings_to_json(content.settings),
        overwrite_sessions=given.overwrite_sessions,
        base=before,
        comment=comment,
        when=when,
        keep_unknown=True,
    )
    _keep_origin(profile, given)
    return Imported(profile, before)


def directory_made(actor: Actor, root: Directory, path: tuple[str, ...]) -> Directory:
    """The directory with this path below `root`; what is missing of it is made."""
    found = root
    for name in path:
        below = Directory.objects.filter(parent=found, name=name).first()
        found = below or directory_create(actor=actor, parent=found, name=name)
    return found


def _chosen(plan: ImportPlan, decisions: Mapping[int, Decision], duplicates: Decision | None) -> dict[int, Decision]:
    chosen: dict[int, Decision] = {}
    missing: dict[str, list[str]] = {}
    for planned in plan.profiles:
        proposed = planned.proposed or duplicates
        decision = decisions.get(planned.number, proposed)
        if decision is None:
            missing[str(planned.number)] = [f"“{planned.given.name}” exists: choose new, replace or skip."]
        elif planned.why and decision is not Decision.SKIP:
            raise AppError("directory_other_kind", f"“{planned.given.name}”: {planned.why}")
        elif decision is Decision.REPLACE and planned.existing is None:
            raise AppError("nothing_to_replace", f"There is no “{planned.given.name}” that could be replaced.")
        chosen[planned.number] = decision or Decision.SKIP
    if missing:
        names = [one.given.name for one in plan.profiles if str(one.number) in missing]
        words = f"“{names[0]}”: it exists" if len(names) == 1 else f"{len(names):,} profiles: they exist"
        message = f"Decide what to do with {words} already."
        raise AppError("decision_missing", message, fields=missing)
    return chosen


def _refuse(plan: ImportPlan, chosen: Mapping[int, Decision]) -> None:
    taken = [one for one in plan.profiles if chosen[one.number] is not Decision.SKIP]
    wrong = [(one, found) for one in taken if (found := one.chosen(chosen[one.number]).refused)]
    if wrong:
        fields = {f"{one.number}: {key}": [why] for one, found in wrong for key, why in list(found.items())[:50]}
        raise AppError(
            "settings_invalid",
            f"Values of “{wrong[0][0].given.name}”"
            + (f" and {len(wrong) - 1} more" if len(wrong) > 1 else "")
            + " are refused. Leave them out, or skip the profile; nothing was imported.",
            fields=fields,
        )


def _keep_origin(profile: Profile, given: ExchangedProfile) -> None:
    profile.origin = origin_of(given)
    profile.save(update_fields=["origin"])
