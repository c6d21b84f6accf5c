"""The three trees that IMI knows: of devices, of profiles and of priority profiles.

A root has a number of its own, the same on every server, and is the parent of what lies at the top; it is in no list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ums.devices.models import DirectoryKind
from ums.devices.selectors import directory_list, directory_root

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ums.devices.models import Directory


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree. `root`: the number of its root. `type`, `member`: of an ApiObject that is a directory, or lies in one.
    `path`, `members`: where these are asked for.
    """

    kind: str
    root: int
    type: str
    path: str
    member: str
    members: str

    def directories(self, user: Any) -> QuerySet[Directory]:
        """Those that `user` may browse, the root included."""
        return directory_list(user=user, kind=self.kind)

    def directory(self, user: Any, number: int) -> Directory | None:
        """The directory that a client means by a number, also the root; None when there is none, or none to be seen."""
        rows = self.directories(user)
        top = rows.filter(parent=None) if number == self.root else rows.filter(pk=number, parent__isnull=False)
        return top.first() if number > 0 or number == self.root else None

    def root_key(self) -> int:
        """The key of the row of the root."""
        return directory_root(kind=self.kind).pk

    def numbered(self, directory: Directory) -> str:
        """A directory as clients know it."""
        return str(self.root if directory.parent_id is None else directory.pk)

    def href(self, base: str, number: str | int) -> str:
        """The link to a directory; that to a root is the word root."""
        return "root" if str(number) == str(self.root) else f"{base}/directories/{self.path}/{number}"


DEVICES = Tree(DirectoryKind.DEVICE.value, -1, "tcdirectory", "tcdirectories", "tc", "thinclients")
PROFILES = Tree(DirectoryKind.PROFILE.value, -2, "profiledirectory", "profiledirectories", "profile", "profiles")
PRIORITY_PROFILES = Tree(
    DirectoryKind.PRIORITY_PROFILE.value,
    -14,
    "masterprofiledirectory",
    "masterprofiledirectories",
    "masterprofile",
    "masterprofiles",
)
TREES = (DEVICES, PROFILES, PRIORITY_PROFILES)


def link(rel: str, href: str) -> dict[str, str]:
    """One of the `links` of an object."""
    return {"rel": rel, "href": href}
