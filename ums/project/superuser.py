"""`ums superuser`: name and password of the superuser, for who has lost them. No password is ever an argument."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import TYPE_CHECKING

import django

from ums.project.command import command
from ums.project.node.setup import require_installation, secret_from
from ums.project.prepare import StartError

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 4096
"""Characters that are read as a password."""


@command
def superuser(*, current: str, name: str, password_file: Path | None) -> None:
    """Set what is given."""
    require_installation()
    django.setup()
    from ums.accounts.services import superuser_set
    from ums.core.actor import SYSTEM

    password = _password(password_file)
    if not name and not password:
        raise StartError("Nothing to change: give a new --name, a password, or both.")
    user, ended = superuser_set(actor=SYSTEM, current=current, name=name, password=password)
    how = "with the new password" if password else "with the password that it had"
    print(f"The superuser is “{user.username}”, and signs in {how}. Sessions that have ended: {ended}.")


def _password(file: Path | None) -> str:
    """Raises StartError."""
    if file is not None:
        if not (password := secret_from(file, "")):
            raise StartError(f"{file} is empty.")
        return password
    if not sys.stdin.isatty():
        return sys.stdin.readline(LONGEST).rstrip("\r\n")
    password = getpass("New password (nothing: it stays): ")
    if password and password != getpass("Once more: "):
        raise StartError("The two passwords are not the same. Nothing was changed.")
    return password
