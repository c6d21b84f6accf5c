"""Names that users log in with: DOMAIN\\user, user@upn.suffix, or an account name alone; whatever their case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from swp.models import LinkedDirectory


@dataclass(frozen=True, slots=True)
class LoginName:
    """account: sAMAccountName, or the whole UPN. domain: as it was given, in small letters; "" when it was not."""

    account: str
    domain: str


def parse(text: str, domain: str = "") -> LoginName:
    """What a user typed, and the domain chosen beside it; one that stands in the name comes first."""
    text, chosen = text.strip(), _domain(domain)
    before, slash, after = text.replace("/", "\\", 1).partition("\\")
    if slash and before and after and "@" not in before:
        return LoginName(after.strip(), _domain(before))
    _, at, suffix = text.rpartition("@")
    return LoginName(text, _domain(suffix) or chosen if at else chosen)


def directory_of(name: LoginName, directories: Iterable[LinkedDirectory]) -> LinkedDirectory | None:
    """Where the user is looked for: by domain name, NetBIOS name, UPN suffix; the only one when no domain was given.

    None: the domain is not linked, or there are several and none was given.
    """
    linked = list(directories)
    if not name.domain:
        return linked[0] if len(linked) == 1 else None
    ways = (
        lambda row: [row.domain_name],
        lambda row: [row.netbios_name or row.domain_name.partition(".")[0]],
        lambda row: row.upn_suffixes,
    )
    for way in ways:
        for row in linked:
            if name.domain in map(_domain, way(row)):
                return row
    return None


def _domain(text: str) -> str:
    return text.strip().removesuffix(".").removeprefix("@").casefold()
