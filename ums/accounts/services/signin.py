"""The record of who came in, who left and who was refused. The name that was tried is kept, the password never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ums.audit.services import record

if TYPE_CHECKING:
    from ums.core.actor import Actor


def signed_in(*, actor: Actor) -> None:
    """An administrator signed in."""
    record(actor=actor, action="user.signed_in", target=actor.user)


def signed_out(*, actor: Actor) -> None:
    """An administrator signed out."""
    record(actor=actor, action="user.signed_out", target=actor.user)


def sign_in_failed(*, actor: Actor, username: str) -> None:
    """Somebody gave a wrong name or password; `actor` is nobody yet, but has an address."""
    record(actor=actor, action="user.sign_in_failed", name=username)


def sign_in_locked_out(*, actor: Actor, username: str) -> None:
    """The name is locked for this address after too many wrong sign-ins."""
    record(actor=actor, action="user.locked_out", name=username)
