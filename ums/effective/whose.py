"""With whom the settings of a device are looked at: who is logged in there, nobody, or a user who might log in.

Who is logged in has rows. Anybody else's groups and OUs are asked of the directory at once, outside of any transaction:
they are those that a login would find now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404

from swp.browsing import directory_of, entry_at, key_of, opened, require_users
from swp.ldap.types import ObjectKind
from swp.links import link_of
from swp.models import LinkedDirectory, Session, SharedWorkplaceSettings
from swp.principals import principals_for
from swp.reached import reached_by
from ums.domain.principals import Principal, PrincipalKind

if TYPE_CHECKING:
    from swp.ldap.types import Link
    from swp.models import DirectoryObject
    from swp.reached import PrincipalAssignment
    from ums.devices.models import Device

NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Whose:
    """asked: as it stands in addresses: "" for who is logged in, NOBODY, or the key of a user, “3-” and its objectGUID.

    session: of who is logged in at the device, if anybody is. user: name, as the directory has it, of who is looked at.
    principals: by what profiles reach a user who is not logged in. login: what `settings_explained` takes.
    """

    asked: str
    session: Session | None
    user: str = ""
    principals: tuple[Principal, ...] = ()
    login: list[PrincipalAssignment] | None = None

    @property
    def as_if(self) -> bool:
        """Whether this is another state than that of the device now."""
        return self.login is not None

    @property
    def all_principals(self) -> list[Principal]:
        """By what profiles could come, of who is logged in too. One query for the latter."""
        if self.as_if or self.session is None:
            return list(self.principals)
        rows = self.session.principals.all()
        return [Principal(PrincipalKind(row.kind), row.key, row.name, row.distance) for row in rows]

    @property
    def ways(self) -> list[str]:
        """By what profiles come to the user: “group Alpha”, each once."""
        return list(dict.fromkeys(one.principal.place for one in self.login or ()))


def whose(request: Any, device: Device, asked: str) -> Whose:
    """Who is asked for. One query, but for a user who is not logged in there.

    Raises Http404, NotAllowed, and what `swp.browsing.opened` raises when the directory cannot be asked.
    """
    session = Session.objects.select_related("user__directory").filter(device=device).first()
    if not asked:
        return Whose("", session, session.user.name if session else "")
    if asked == NOBODY:
        return Whose(NOBODY, session, login=[] if session else None)
    require_users(request)
    key = key_of(asked)
    if key.guid is None:
        raise Http404("This is the top of a domain, and no user.")
    if session and (session.user.directory_id, session.user.guid) == (key.directory, key.guid):
        return Whose("", session, session.user.name)
    with opened(request, directory_of(key.directory)) as directory:
        entry = entry_at(directory, key.guid)
        if entry.kind is not ObjectKind.USER:
            raise Http404(f"“{entry.name}” is no user.")
        principals = principals_for(directory.link, directory, entry, others=_others(key.directory))
    return Whose(asked, session, entry.name, principals, reached_by(principals))


def key_of_user(user: DirectoryObject) -> str:
    """As addresses name a user."""
    return f"{user.directory_id}-{user.guid}"


def _others(but: int) -> list[Link]:
    """The other linked domains, where the groups of all of them count for each."""
    if not SharedWorkplaceSettings.objects.filter(all_domains=True).exists():
        return []
    return [link_of(row) for row in LinkedDirectory.objects.filter(kind=LinkedDirectory.Kind.AD).exclude(pk=but)]
