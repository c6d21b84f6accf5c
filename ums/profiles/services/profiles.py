"""Profiles: each save is a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from ums.audit.services import changed, record
from ums.core.access import Action, require
from ums.core.errors import AppError, Conflict
from ums.core.trial import current_trial
from ums.core.validation import clean
from ums.devices.models import Directory, DirectoryKind
from ums.devices.services import When, settings_changed, structure_locked
from ums.domain.parameters import (
    Settings,
    SettingsError,
    clean_settings,
    keys_used,
    move_settings,
    settings_from_json,
    settings_to_json,
    unknown_to,
)
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit
from ums.profiles.comparison import Side, compared, differences, side_of
from ums.profiles.content import (
    catalogue_of,
    given_secrets,
    masked,
    sealed,
    unsealed,
    with_kept_secrets,
    with_other_secrets,
)
from ums.profiles.keys import refuse_unknown_keys
from ums.profiles.models import Catalogue, Profile, ProfileKind, Revision
from ums.profiles.selectors import catalogue_default, devices_of_profile
from ums.profiles.services.kinds import check_new, check_options, refuse_others

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from ums.core.actor import Actor

DIRECTORY_KIND = {
    ProfileKind.STANDARD.value: DirectoryKind.PROFILE.value,
    ProfileKind.PRIORITY.value: DirectoryKind.PRIORITY_PROFILE.value,
    ProfileKind.CUSTOMIZATION.value: DirectoryKind.CUSTOMIZATION.value,
    ProfileKind.UPDATE.value: DirectoryKind.UPDATE.value,
}


@transaction.atomic
def profile_create(
    *,
    actor: Actor,
    name: str,
    directory: Directory,
    based_on: Catalogue | None = None,
    description: str = "",
    settings: dict[str, Any] | None = None,
    overwrite_sessions: bool = False,
    comment: str = "",
    use_case: str = "",
    keep_unknown: bool = False,
) -> Profile:
    """A new profile with its first revision; its kind is that of the directory.

    use_case: of a firmware customization.
    keep_unknown: values that the catalogue does not know stay as they are, as an import wants it.
    based_on: the newest catalogue unless given. Raises AppError `invalid`, `settings_invalid`, `directory_other_kind`,
    `catalogue_missing`, Conflict `feature_off`, NotAllowed.
    """
    require(actor.user, Action.WRITE, directory)
    kind = next((kind for kind, of in DIRECTORY_KIND.items() if of == directory.kind), None)
    if kind is None:
        raise AppError("directory_other_kind", "A profile belongs under Profiles, or under another tree of its kind.")
    based_on = based_on or catalogue_default()
    if based_on is None:
        raise AppError("catalogue_missing", "There is no catalogue to base a profile on. Import one first.")
    profile = Profile(kind=kind, name=name.strip(), description=description, directory=directory, based_on=based_on)
    profile.use_case = use_case
    clean(profile)
    check_new(profile)
    check_options(profile, overwrite_sessions)
    content = _cleaned(profile, settings or {"values": {}, "instances": {}}, keep_unknown=keep_unknown)
    profile.save()
    revise(actor, profile, content, overwrite_sessions, comment or "Created")
    record(
        actor=actor,
        action="profile.created",
        target=profile,
        after={
            "kind": kind,
            **({"use_case": use_case} if use_case else {}),
            "directory": directory.name,
            "based_on": str(based_on),
            "overwrite_sessions": overwrite_sessions,
            **settings_to_json(_masked(profile, content)),
        },
    )
    publish_on_commit(TreeChanged())
    return profile


@transaction.atomic
def profile_update(*, actor: Actor, profile: Profile, name: str, description: str) -> Profile:
    """Rename a profile or describe it. Raises AppError `invalid`, Conflict `profile_gone`, NotAllowed."""
    require(actor.user, Action.WRITE, profile)
    profile = locked(profile)
    before = {"name": profile.name, "description": profile.description}
    profile.name, profile.description = name.strip(), description
    clean(profile)
    profile.save(update_fields=["name", "description", "updated_at"])
    after = {"name": profile.name, "description": profile.description}
    before, after = changed(before, after)
    record(actor=actor, action="profile.updated", target=profile, before=before, after=after)
    publish_on_commit(TreeChanged())
    return profile


@transaction.atomic
def profile_move(*, actor: Actor, profile: Profile, directory: Directory) -> Profile:
    """Move a profile to another directory of its kind. What it is assigned to stays.

    Raises AppError `directory_other_kind`, Conflict `profile_gone`, NotAllowed.
    """
    require(actor.user, Action.WRITE, profile)
    require(actor.user, Action.WRITE, directory)
    profile = locked(profile)
    if directory.kind != DIRECTORY_KIND[profile.kind]:
        raise AppError("directory_other_kind", "Each kind of profile stays in its own tree.")
    before = {"directory": profile.directory.name}
    profile.directory = directory
    profile.save(update_fields=["directory", "updated_at"])
    record(actor=actor, action="profile.moved", target=profile, before=before, after={"directory": directory.name})
    publish_on_commit(TreeChanged())
    return profile


@transaction.atomic
def profile_save(
    *,
    actor: Actor,
    profile: Profile,
    settings: dict[str, Any],
    overwrite_sessions: bool,
    base: int,
    comment: str = "",
    when: When = When.NOW,
    keep_unknown: bool = False,
    typed: bool = True,
) -> Revision:
    """Save the settings (JSON form; MASK keeps a secret) as a new revision and mark the devices that have it.

    What the catalogue does not know may stay when the profile has it already, or with `keep_unknown`.
    typed: the secrets in it come from outside. In a trial each of them counts as another one, so that nobody learns
    whether a guess is right.
    `base` is the number of the revision that the editor started from. Nothing changed: the head is returned.
    Raises Conflict `profile_changed` when another revision came in between and `profile_gone` when the profile was
    deleted, AppError `settings_invalid` with the message for each value, NotAllowed.
    """
    require(actor.user, Action.WRITE, profile)
    structure_locked()
    profile = locked(profile)
    head = head_of(profile)
    if head.number != base:
        raise Conflict(
            "profile_changed",
            f"{head.author_name} saved revision {head.number} of “{profile.name}” in the meantime. "
            "Load it, and make your changes again.",
        )
    catalogue = catalogue_of(profile.based_on)
    previous = unsealed(catalogue, head.content)
    check_options(profile, overwrite_sessions)
    content = _cleaned(profile, settings, previous, keep_unknown=keep_unknown)
    if typed and current_trial():
        content = with_other_secrets(content, given_secrets(catalogue, settings_from_json(settings)))
    if content == previous and overwrite_sessions == head.overwrite_sessions:
        return head
    revision = revise(actor, profile, content, overwrite_sessions, comment)
    before, after = difference(profile, previous, content)
    record(
        actor=actor,
        action="profile.saved",
        target=profile,
        before={"revision": head.number, "overwrite_sessions": head.overwrite_sessions, **before},
        after={"revision": revision.number, "overwrite_sessions": overwrite_sessions, **after},
        comment=comment,
    )
    settings_changed(actor=actor, devices=devices_of_profile(profile=profile), when=when)
    return revision


def profile_roll_back(*, actor: Actor, profile: Profile, revision: Revision, when: When = When.NOW) -> Revision:
    """The content of an older revision as a new one. Raises as `profile_save`."""
    profile = _current(Profile.objects.all(), profile)
    made_with = catalogue_of(revision.based_on or profile.based_on)
    moved = move_settings(made_with, catalogue_of(profile.based_on), unsealed(made_with, revision.content))
    if moved.refused:
        raise _refusal(moved.refused)
    return profile_save(
        actor=actor,
        profile=profile,
        settings=settings_to_json(moved.settings),
        overwrite_sessions=revision.overwrite_sessions,
        base=head_of(profile).number,
        comment=f"Rolled back to revision {revision.number}",
        when=when,
        keep_unknown=True,
        typed=False,
    )


def locked(profile: Profile) -> Profile:
    """The row as it is now, which nobody else changes until the end of the transaction. Raises Conflict."""
    return _current(Profile.objects.select_for_update(of=("self",)), profile)


def _current(rows: QuerySet[Profile], profile: Profile) -> Profile:
    found = rows.select_related("based_on", "head", "directory").filter(pk=profile.pk).first()
    if found is None:
        raise Conflict("profile_gone", f"“{profile.name}” was deleted in the meantime; nothing was changed.")
    if found.deleted_at is not None:
        raise Conflict("in_recycle_bin", f"“{profile.name}” lies in the recycle bin. Restore it first.")
    return found


def head_of(profile: Profile) -> Revision:
    """The revision in force."""
    if profile.head is None:
        raise AppError("profile_without_revision", f"“{profile.name}” has no revision.", status=500)
    return profile.head


def _cleaned(
    profile: Profile, settings: dict[str, Any], previous: Settings | None = None, *, keep_unknown: bool = False
) -> Settings:
    catalogue = catalogue_of(profile.based_on)
    try:
        given = settings_from_json(settings)
        if previous is not None:
            given = with_kept_secrets(given, previous)
        kept = given if keep_unknown else previous or Settings()
        cleaned = clean_settings(catalogue, given, keep=unknown_to(catalogue, kept))
        refuse_unknown_keys(cleaned)
        refuse_others(profile, catalogue, cleaned, unknown_to(catalogue, kept))
        return cleaned
    except SettingsError as error:
        raise _refusal(error.errors) from error


def _refusal(errors: Mapping[str, str]) -> AppError:
    fields = {key: [message] for key, message in errors.items()}
    count = len(fields)
    message = f"{count} {'value needs' if count == 1 else 'values need'} your attention; nothing was saved."
    return AppError("settings_invalid", message, fields=fields)


def revise(actor: Actor, profile: Profile, content: Settings, overwrite_sessions: bool, comment: str) -> Revision:
    """A new revision of this content, made with the catalogue of the profile; it is in force from now on."""
    revision = Revision(
        profile=profile,
        number=(profile.head.number if profile.head else 0) + 1,
        based_on=profile.based_on,
        content=sealed(catalogue_of(profile.based_on), content),
        overwrite_sessions=overwrite_sessions,
        template_keys=keys_used(content),
        change_count=_change_count(profile, content, overwrite_sessions),
        author=actor.user,
        author_name=actor.name,
        comment=comment.strip(),
    )
    clean(revision)
    revision.save(force_insert=True)
    profile.head = revision
    profile.save(update_fields=["head", "updated_at"])
    return revision


def _change_count(profile: Profile, content: Settings, overwrite_sessions: bool) -> int:
    """As the comparison with the revision before counts."""
    catalogue = catalogue_of(profile.based_on)
    before = side_of(profile.head) if profile.head else Side(catalogue)
    return differences(compared(before, Side(catalogue, content, overwrite_sessions)))


def _masked(profile: Profile, settings: Settings) -> Settings:
    return masked(catalogue_of(profile.based_on), settings_to_json(settings))


def difference(profile: Profile, old: Settings, new: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    """What changed, both sides in JSON form; a changed secret shows as changed, not what it is."""
    before, after = (settings_to_json(_masked(profile, settings)) for settings in (old, new))
    plain = (settings_to_json(old), settings_to_json(new))
    sides: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for part in ("values", "instances"):
        keys = {
            key
            for key in plain[0][part].keys() | plain[1][part].keys()
            if plain[0][part].get(key) != plain[1][part].get(key)
        }
        for side, whole in zip(sides, (before, after), strict=True):
            side[part] = {key: whole[part][key] for key in sorted(keys & whole[part].keys())}
    return sides
