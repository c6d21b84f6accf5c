"""First-authentication keys (domain/device-protocol.md §3): made, changed, shown, deleted by administrators."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from ums.audit.services import changed, record, record_each
from ums.connector.models import EnrolmentKey
from ums.connector.unit_ids import check_unit_id
from ums.core.access import Action, require
from ums.core.crypto import digest, seal, unseal
from ums.core.errors import AppError, Conflict
from ums.core.validation import clean
from ums.devices.models import DirectoryKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ums.core.actor import Actor
    from ums.devices.models import Directory

Kind = EnrolmentKey.Kind

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No letter that looks like another one: keys are read from paper and typed in at the device."""

GROUPS, GROUP = 4, 5
"""20 characters out of 31: 99 bits."""

MAX_COUNT = 1000
MIN_TEXT, MAX_TEXT = 16, 200


class MadeKey(NamedTuple):
    """A new key with its text."""

    key: EnrolmentKey
    secret: str


@transaction.atomic
def enrolment_keys_create(
    *,
    actor: Actor,
    kind: str,
    name: str,
    count: int = 1,
    text: str = "",
    unit_ids: Sequence[str] = (),
    directory: Directory | None = None,
    expires_at: datetime | None = None,
) -> list[MadeKey]:
    """Make keys: `count` one-time keys, one bound key for each of `unit_ids`, or one mass key (`text`: its own text).

    Several keys of one name are numbered. Raises AppError `invalid`, Conflict `key_exists`, NotAllowed: needs the
    permission to manage keys, and to write to the directory that devices shall go to.
    """
    require(actor.user, Action.ENROL)
    if kind not in Kind.values:
        raise _invalid("kind", "Choose one of the kinds of keys.")
    _check_directory(actor, directory)
    _check_expiry(expires_at)
    bound = _bound_to(kind, unit_ids)
    if kind == Kind.ONE_TIME and not 1 <= count <= MAX_COUNT:
        raise _invalid("count", f"Enter a number of keys from 1 to {MAX_COUNT:,}.")
    number = count if kind == Kind.ONE_TIME else len(bound)
    texts = [_own_text(kind, text)] if text else [_generated() for _ in range(number)]
    made = []
    for index, (unit_id, secret) in enumerate(zip(bound * (number // len(bound)), texts, strict=True), start=1):
        key = EnrolmentKey(
            name=f"{name.strip()} {index}" if number > 1 else name.strip(),
            kind=kind,
            digest=digest("enrolment", secret),
            sealed_secret=seal(secret),
            unit_id=unit_id,
            directory=directory,
            expires_at=expires_at,
            author_name=actor.name[:150],
        )
        if text and EnrolmentKey.objects.filter(digest=key.digest).exists():
            raise Conflict("key_exists", "Another key has the same text. Enter a different one.")
        clean(key)
        made.append(MadeKey(key, secret))
    EnrolmentKey.objects.bulk_create([entry.key for entry in made])
    record_each(
        actor=actor,
        action="enrolment_key.created",
        changes=[
            (entry.key, None, {**_shown(entry.key), "kind": kind, "unit_id": entry.key.unit_id}) for entry in made
        ],
    )
    return made


@transaction.atomic
def enrolment_key_update(*, actor: Actor, key: EnrolmentKey, **changes: Any) -> EnrolmentKey:
    """Change what a key is called (`name`), where its devices go (`directory`), until when it holds (`expires_at`).

    Its text never changes. Raises AppError `invalid`, NotAllowed, TypeError for anything else.
    """
    require(actor.user, Action.ENROL)
    if unknown := changes.keys() - {"name", "directory", "expires_at"}:
        raise TypeError(f"cannot be changed: {sorted(unknown)}")
    old = _shown(key)
    if "name" in changes:
        key.name = changes["name"].strip()
    if "directory" in changes and changes["directory"] != key.directory:
        _check_directory(actor, changes["directory"])
        key.directory = changes["directory"]
    if "expires_at" in changes and changes["expires_at"] != key.expires_at:
        _check_expiry(changes["expires_at"])
        key.expires_at = changes["expires_at"]
    clean(key)
    key.save(update_fields=["name", "directory", "expires_at"])
    before, after = changed(old, _shown(key))
    record(actor=actor, action="enrolment_key.updated", target=key, before=before, after=after)
    return key


def enrolment_key_enable(*, actor: Actor, key: EnrolmentKey) -> EnrolmentKey:
    """Let devices use the key again. Raises NotAllowed."""
    return _switch(actor, key, True)


def enrolment_key_disable(*, actor: Actor, key: EnrolmentKey) -> EnrolmentKey:
    """No device gets in with the key any more; those that did stay. Raises NotAllowed."""
    return _switch(actor, key, False)


@transaction.atomic
def enrolment_key_delete(*, actor: Actor, key: EnrolmentKey) -> None:
    """Delete a key; the devices that came with it stay. Raises NotAllowed."""
    require(actor.user, Action.ENROL)
    record(actor=actor, action="enrolment_key.deleted", target=key, before=_shown(key))
    key.delete()


@transaction.atomic
def enrolment_key_reveal(*, actor: Actor, key: EnrolmentKey) -> str:
    """The text of a key; who saw it is recorded. Raises NotAllowed, AppError `wrong_master_key`."""
    require(actor.user, Action.ENROL)
    secret = unseal(key.sealed_secret)
    record(actor=actor, action="enrolment_key.revealed", target=key)
    return secret


def digests_of(secret: str) -> list[str]:
    """The digests under which a shown text may be stored: as typed, and in the form of generated keys.

    Always two, so that the look-up costs the same whatever was typed.
    """
    typed = secret.strip()
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    grouped = "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))
    return [digest("enrolment", typed), digest("enrolment", grouped)]


@transaction.atomic
def _switch(actor: Actor, key: EnrolmentKey, enabled: bool) -> EnrolmentKey:
    require(actor.user, Action.ENROL)
    if EnrolmentKey.objects.filter(pk=key.pk, enabled=not enabled).update(enabled=enabled):
        record(actor=actor, action=f"enrolment_key.{'enabled' if enabled else 'disabled'}", target=key)
    key.enabled = enabled
    return key


def _generated() -> str:
    letters = [secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP)]
    return "-".join("".join(letters[start : start + GROUP]) for start in range(0, len(letters), GROUP))


def _own_text(kind: str, text: str) -> str:
    text = text.strip()
    if kind != Kind.MASS:
        raise _invalid("text", "Only keys for mass deployment can have a text of your own.")
    if not MIN_TEXT <= len(text) <= MAX_TEXT or not text.isprintable():
        raise _invalid("text", f"Enter {MIN_TEXT} to {MAX_TEXT} printable characters.")
    return text


def _bound_to(kind: str, unit_ids: Sequence[str]) -> list[str]:
    """The unit ids that keys are bound to; [""] for keys that any device may use."""
    if kind != Kind.BOUND:
        if unit_ids:
            raise _invalid("unit_ids", "Only keys bound to a unit ID take unit IDs.")
        return [""]
    cleaned = list(dict.fromkeys(unit_id.strip() for unit_id in unit_ids if unit_id.strip()))
    if not 1 <= len(cleaned) <= MAX_COUNT:
        raise _invalid("unit_ids", f"Enter 1 to {MAX_COUNT:,} unit IDs.")
    for unit_id in cleaned:
        check_unit_id(unit_id)
    return cleaned


def _check_directory(actor: Actor, directory: Directory | None) -> None:
    if directory is None:
        return
    require(actor.user, Action.WRITE, directory)
    if directory.kind != DirectoryKind.DEVICE:
        raise _invalid("directory", "Choose a directory of devices.")


def _check_expiry(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= timezone.now():
        raise _invalid("expires_at", "Enter a moment in the future.")


def _shown(key: EnrolmentKey) -> dict[str, Any]:
    """What the audit log keeps of a key: never its text."""
    return {
        "name": key.name,
        "directory": key.directory.name if key.directory else "",
        "expires_at": key.expires_at.isoformat() if key.expires_at else "",
    }


def _invalid(field: str, message: str) -> AppError:
    return AppError("invalid", message, fields={field: [message]})
