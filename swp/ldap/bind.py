"""Users who prove who they are. A password is sent once: another controller is asked only before it was sent."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from swp.ldap.directory import Directory
from swp.ldap.pool import leased
from swp.ldap.talk import FOR_BINDS
from swp.ldap.types import BindRefused, Credentials, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from swp.ldap.types import Link


@contextmanager
def authenticated(link: Link, name: str, password: str) -> Iterator[Directory]:
    """The directory as this user sees it, after exactly one bind. name: a DN, a UPN or DOMAIN\\name.

    Raises BindRefused, DirectoryUnavailable; the latter too when no answer to the bind came, and then nobody knows
    whether the password was right.
    """
    refused = None
    with leased(link, None) as talk:
        try:
            talk.bind(Credentials(name, password))
        except BindRefused as error:
            refused = error
        else:
            yield Directory(link, talk)
        talk.bound = FOR_BINDS
    if refused:
        raise refused


def change_password(link: Link, dn: str, old: str, new: str) -> None:
    """Change the password of a user who knows the old one; it may have expired. The browse account speaks for it.

    Raises BindRefused: WRONG_PASSWORD when the old one is not right, OTHER with words when the new one is not taken or
    no browse account is stored. DirectoryUnavailable.
    """
    if link.browse is None:
        words = "Expired passwords cannot be changed here: no browse account is stored for this directory."
        raise BindRefused(Refusal.OTHER, words)
    refused = None
    with leased(link, link.browse) as talk:
        try:
            talk.change_password(dn, old, new)
        except BindRefused as error:
            refused = error
    if refused:
        raise refused
