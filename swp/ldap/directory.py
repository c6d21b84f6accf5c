"""A linked directory, asked. Everything that comes back is an `Entry`; lists come in pages.

Each search carries the control of paged results: Windows cuts what comes without it at 1,000 objects.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import ldap3

from swp.ldap import facts, filters
from swp.ldap.entries import GROUPED, SID, described, entry_of, is_ours, listed, sid_text
from swp.ldap.pool import leased
from swp.ldap.types import BindRefused, Credentials, Entry, Link, ObjectKind, Page, Refusal, Service

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from uuid import UUID

    from swp.ldap.talk import Raw, Talk

AT_ONCE = 200
"""Objects that are asked for by name in one search."""
MOST_FOUND = 20_000
"""Objects that are read page by page where a list must be whole."""

SHOWN = frozenset(ObjectKind) - {ObjectKind.DOMAIN}
"""Kinds that lie in a container."""
FOUND = frozenset({ObjectKind.USER, ObjectKind.GROUP, ObjectKind.OU})
"""Kinds that a search is for."""

MOST_EMPTY = 50
"""Parts of a list in which nothing is to be shown, until one is shown empty."""

_HIDDEN = "(!(showInAdvancedViewOnly=TRUE))"
_NO_COMPUTER = "(!(objectClass=computer))"
_EVERYTHING = filters.both("(objectClass=*)", _NO_COMPUTER, "(!(objectClass=contact))", _HIDDEN)


@contextmanager
def connected(link: Link, credentials: Credentials | None = None) -> Iterator[Directory]:
    """The directory as `credentials` see it, the browse account when None.

    Raises BindRefused, also when neither is known; DirectoryUnavailable, also while it is used.
    """
    whom = credentials or link.browse
    if whom is None:
        raise BindRefused(Refusal.OTHER, "No browse account is stored for this directory.")
    with leased(link, whom) as talk:
        yield Directory(link, talk)


class Directory:
    """Questions to a directory on a connection that is bound already. Each may raise DirectoryUnavailable there."""

    def __init__(self, link: Link, talk: Talk) -> None:
        self.link, self._talk = link, talk

    @property
    def controller(self) -> str:
        """Who answers."""
        return self._talk.controller.host

    # -- Lists ----------------------------------------------------------------------------------------------------

    def children(self, dn: str, *, size: int, cookie: bytes = b"", kinds: Collection[ObjectKind] = SHOWN) -> Page:
        """What lies in a container, unordered: `size` objects, then with `cookie` the next ones on this connection.

        Entries of lists say nothing of `member_of`. A part may be smaller, where things lie that are none of ours.
        """
        if self.link.service is not Service.AD or frozenset(kinds) != SHOWN:
            return self._page(dn, self._listed(kinds), size=size, cookie=cookie, scope=ldap3.LEVEL)
        # What is asked for by kind a controller looks up in its index, which for thousands of objects takes longer than
        # to go through the container.
        for _ in range(MOST_EMPTY):
            page = self._page(dn, _EVERYTHING, size=size, cookie=cookie, scope=ldap3.LEVEL)
            if page.entries or not page.cookie:
                break
            cookie = page.cookie
        return page

    def search(
        self,
        text: str,
        *,
        base: str = "",
        subtree: bool = True,
        kinds: Collection[ObjectKind] = FOUND,
        size: int,
        cookie: bytes = b"",
    ) -> Page:
        """Objects with the text in their name, account or mail; below `base`, or right in it. As `children`."""
        if "\0" in text:
            return Page(())
        if self.link.service is Service.AD:
            names: tuple[str, ...] = ("name", "displayName", "sAMAccountName", "userPrincipalName", "mail")
        else:
            names = ("cn", "uid", "mail", "ou")
        condition = filters.both(self._listed(kinds), filters.either(filters.contains(name, text) for name in names))
        scope = ldap3.SUBTREE if subtree else ldap3.LEVEL
        return self._page(base or self.link.base_dn, condition, size=size, cookie=cookie, scope=scope)

    # -- Objects that are known by something ----------------------------------------------------------------------

    def entry(self, guid: UUID) -> Entry | None:
        """The object, wherever it is now."""
        return next(iter(self.entries([guid])), None)

    def entries(self, guids: Iterable[UUID]) -> list[Entry]:
        """Those of these objects that are there, unordered."""
        return self._any(filters.of_guid(self.link.service, guid) for guid in guids)

    def at(self, dns: Iterable[str]) -> list[Entry]:
        """The objects with these DNs, unordered."""
        return self._any(filters.of_dn(self.link.service, dn) for dn in dns)

    def by_sids(self, sids: Iterable[str], dns: Iterable[str] = ()) -> list[Entry]:
        """The objects of this domain with these SIDs, and those with these DNs; unordered.

        For groups and OUs, at every login: the entries say nothing of accounts.
        """
        conditions = [filters.equal("objectSid", sid) for sid in sids if SID.fullmatch(sid)]
        conditions += [filters.of_dn(self.link.service, dn) for dn in dns]
        return self._any(conditions, GROUPED)

    def known(self, sids: Iterable[str], dns: Iterable[str], *, anew: bool = False) -> list[Entry]:
        """As `by_sids`, without asking for what was told some seconds before, unless anew (`swp.ldap.facts`)."""
        return facts.known(self._talk, sids, dns, self.by_sids, anew=anew)

    def user(self, name: str) -> Entry | None:
        """The user with this account name, UPN or DN, in any case."""
        if "\0" in name:  # some servers read no further than that
            return None
        if self.link.service is not Service.AD:
            known = filters.either(filters.equal(by, name) for by in ("uid", "mail", "entryDN"))
            return self._one(filters.both(filters.of_kinds(self.link.service, {ObjectKind.USER}), known))
        if "=" in name:
            return self._user(filters.of_dn(self.link.service, name))
        account, _, suffix = name.partition("@")
        found = self._user(filters.equal("userPrincipalName" if suffix else "sAMAccountName", name))
        if found is None and suffix.casefold() == self.link.domain:
            # Everybody has this UPN besides the one that is written down.
            return self._user(filters.equal("sAMAccountName", account))
        return found

    def token_groups(self, dn: str) -> list[str]:
        """The SIDs of all security groups that a user is in, by nesting too: as AD computes them at a login."""
        found, _ = self._talk.page(dn, "(objectClass=*)", ["tokenGroups"], size=1, scope=ldap3.BASE)
        return [sid_text(sid) for one in found for sid in one["raw_attributes"].get("tokenGroups", ())]

    def groups_of(self, entry: Entry) -> list[Entry]:
        """All groups that a user is in, by nesting too; unordered."""
        if self.link.service is Service.AD:
            return self.by_sids(self.token_groups(entry.dn))
        found: dict[UUID, Entry] = {}
        inner = [entry]
        while inner:
            members = [filters.equal(by, one.dn) for one in inner for by in ("member", "uniqueMember")]
            members += [filters.equal("memberUid", one.account) for one in inner if one.account]
            fresh = [one for one in self._any(members) if one.guid not in found]
            found.update({one.guid: one for one in fresh})
            inner = fresh
        return list(found.values())

    def foreign_groups(self, sids: Collection[str], dns: Collection[str]) -> list[tuple[str, Entry]]:
        """Groups of this domain that have members of other domains: (SID or DN of the member, group).

        A member by its SID is a foreign security principal here; one by its DN is of a domain of the same forest.
        """
        # Only administrators may read `memberOf` of such a principal; the members of a group anybody may ask for.
        placeholders = [(sid, f"CN={sid},CN=ForeignSecurityPrincipals,{self.link.base_dn}") for sid in sids]
        return self._around([*placeholders, *((dn, dn) for dn in dns)])

    def netbios(self) -> str:
        """The short name of the domain, as in DOMAIN\\user; "" when it is not told."""
        condition = filters.both("(objectClass=crossRef)", filters.equal("nCName", self.link.base_dn))
        base = f"CN=Partitions,CN=Configuration,{self.link.base_dn}"
        found, _ = self._talk.page(base, condition, ["nETBIOSName"], size=1)
        names = [name for one in found for name in one["raw_attributes"].get("nETBIOSName", ())]
        return names[0].decode(errors="replace") if names else ""

    # -- How it is asked ------------------------------------------------------------------------------------------

    def _listed(self, kinds: Collection[ObjectKind]) -> str:
        condition = filters.of_kinds(self.link.service, kinds)
        return filters.both(condition, _NO_COMPUTER, _HIDDEN) if self.link.service is Service.AD else condition

    def _user(self, condition: str) -> Entry | None:
        return self._one(filters.both("(objectClass=user)", _NO_COMPUTER, condition))

    def _one(self, condition: str) -> Entry | None:
        return next(iter(self._any([condition])), None)

    def _any(self, conditions: Iterable[str], attributes: Sequence[str] = ()) -> list[Entry]:
        """All objects of the domain for which one of these holds."""
        found = self._raw(conditions, attributes or described(self.link.service))
        return [entry for entry in (entry_of(self.link, one) for one in found) if entry]

    def _around(self, members: list[tuple[str, str]]) -> list[tuple[str, Entry]]:
        """The groups around each of these (key, DN). Halves in which nobody is a member cost one search."""
        groups = self._any(filters.equal("member", dn) for _, dn in members)
        if not groups or len(members) == 1:
            return [(members[0][0], group) for group in groups]
        half = len(members) // 2
        return [*self._around(members[:half]), *self._around(members[half:])]

    def _raw(self, conditions: Iterable[str], attributes: Sequence[str]) -> list[Raw]:
        given = list(dict.fromkeys(conditions))
        found: list[Raw] = []
        for first in range(0, len(given), AT_ONCE):
            condition, cookie = filters.either(given[first : first + AT_ONCE]), b""
            while True:
                part, cookie = self._talk.page(
                    self.link.base_dn, condition, attributes, size=self.link.page_size, cookie=cookie
                )
                found += part
                if not cookie or len(found) > MOST_FOUND:
                    break
        return found

    def _page(self, base: str, condition: str, *, size: int, cookie: bytes, scope: str) -> Page:
        size = min(max(size, 1), self.link.page_size)
        raw, cookie = self._talk.page(base, condition, listed(self.link.service), size=size, cookie=cookie, scope=scope)
        seen = (entry_of(self.link, one) for one in raw if is_ours(self.link.service, one))
        return Page(tuple(entry for entry in seen if entry), cookie)
