"""The structure tree: profiles, devices, administration, with counts; only what the administrator may browse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from django.db.models import Count
from django.urls import Resolver404, resolve, reverse

from swp.browsing import ROOT
from swp.feature import SHARED_WORKPLACE
from swp.tree import branches, domains, failure_in_words
from ums.core.access import Action, may_somewhere, restrict
from ums.core.errors import AppError
from ums.devices.models import Device, DirectoryKind
from ums.devices.selectors import directory_device_counts, directory_list, directory_root
from ums.domain.licences import ASSET_INVENTORY
from ums.features.selectors import is_enabled
from ums.files.models import File
from ums.notices.selectors import open_count
from ums.profiles.kinds import PRIORITY_PROFILES, WORDS
from ums.profiles.models import Profile
from ums.profiles.selectors import profile_bin
from ums.profiles.services.profiles import DIRECTORY_KIND

if TYPE_CHECKING:
    from collections.abc import Iterable

PROFILE_KINDS = {directory: kind for kind, directory in DIRECTORY_KIND.items()}
"""Kind of the profiles in a tree of directories of a kind."""

ICONS = {
    DirectoryKind.DEVICE.value: "monitor",
    **{directory: WORDS[kind].icon for directory, kind in PROFILE_KINDS.items()},
    DirectoryKind.FILE.value: "files",
}
MANY = 30
"""Lines of a level that a fresh page shows open."""

KINDS = (
    DirectoryKind.PROFILE,
    DirectoryKind.PRIORITY_PROFILE,
    DirectoryKind.CUSTOMIZATION,
    DirectoryKind.UPDATE,
    DirectoryKind.DEVICE,
    DirectoryKind.FILE,
)
"""Top to bottom, as the original orders them (ui.md)."""


_KIND = {DirectoryKind.DEVICE.value: "directory", DirectoryKind.FILE.value: "file-directory"}
"""What a directory is to drag and drop; those of profiles are not listed."""
_TAKES = {
    DirectoryKind.DEVICE.value: "device profile file directory template_value value_group",
    DirectoryKind.FILE.value: "file file-directory",
}
"""What can be dropped on it."""


@dataclass(slots=True)
class Node:
    """One line of the tree; the fields are described in components/tree.html."""

    id: str
    label: str
    icon: str
    level: int
    url: str = ""
    current: bool = False
    branch: bool = False
    open: bool = False
    children: list[Node] = field(default_factory=list)
    children_url: str = ""
    direct: int | None = None
    total: int | None = None
    count: int | None = None
    kind: str = ""
    pk: int | str | None = None
    drag: bool = False
    drop: str = ""
    drop_count: int | None = None
    drop_deny: str = ""
    menu_url: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    pk: int
    parent_id: int | None
    name: str


class DirectoryTree:
    """One tree of directories with its counts, read in two queries."""

    def __init__(self, user: Any, kind: str) -> None:
        self._kind = kind
        self.root = directory_root(kind=kind)
        rows = directory_list(user=user, kind=kind).order_by("name", "pk").values_list("pk", "parent_id", "name")
        entries = [_Entry(*row) for row in rows]
        seen = {entry.pk for entry in entries}
        self._children: dict[int, list[_Entry]] = {}
        for entry in entries:
            # Below a directory that one may not browse: shown at the root, so that it can be reached.
            parent = entry.parent_id if entry.parent_id in seen else self.root.pk
            if entry.pk != self.root.pk:
                self._children.setdefault(parent, []).append(entry)
        self._parents = {child.pk: pk for pk, children in self._children.items() for child in children}
        self._direct = directory_device_counts(user=user) if kind == DirectoryKind.DEVICE else self._objects(user)
        self._totals: dict[int, int] = {}
        self._total(self.root.pk)

    def node(self, pk: int, current: int | None, level: int, depth: int, opened: frozenset[int] = frozenset()) -> Node:
        """The node of a directory, opened `depth` levels deep, down to the current one, and where `opened` says."""
        trail = self._trail(current) | opened
        name = self.root.name if pk == self.root.pk else self._name(pk)
        return self._node(_Entry(pk, None, name), current, trail, level, depth)

    def depth_of_fresh_page(self) -> int:
        """Two levels, unless that would be a long list."""
        children = self._children.get(self.root.pk, ())
        return 2 if sum(len(self._children.get(child.pk, ())) for child in children) <= MANY else 1

    def nodes(self, pk: int, level: int) -> list[Node]:
        """The children of a directory, closed."""
        return [self._node(child, None, frozenset(), level, 0) for child in self._children.get(pk, ())]

    def _node(self, entry: _Entry, current: int | None, trail: frozenset[int], level: int, depth: int) -> Node:
        children = self._children.get(entry.pk, [])
        opened = bool(children) and (depth > 0 or entry.pk in trail)
        of_devices = self._kind == DirectoryKind.DEVICE
        root = entry.pk == self.root.pk
        total = self._totals.get(entry.pk, 0)
        return Node(
            id=f"directory-{entry.pk}",
            label=entry.name,
            icon=ICONS[self._kind] if root else "folder",
            level=level,
            url=self._url(entry.pk),
            current=entry.pk == current,
            branch=bool(children),
            open=opened,
            children=[self._node(child, current, trail, level + 1, depth - 1) for child in children] if opened else [],
            children_url=f"{reverse('console:tree_children', args=[entry.pk])}?level={level + 1}" if children else "",
            direct=self._direct.get(entry.pk, 0),
            total=total,
            kind=_KIND.get(self._kind, "profile-directory"),
            pk=entry.pk,
            drag=not root,
            drop=_TAKES.get(self._kind, "profile profile-directory"),
            drop_count=total if of_devices else None,
            menu_url=reverse("devices:directory_menu", args=[entry.pk]),
        )

    def _url(self, pk: int) -> str:
        if self._kind == DirectoryKind.DEVICE:
            url = reverse("devices:device_list")
            return url if pk == self.root.pk else f"{url}?directory={pk}"
        if self._kind == DirectoryKind.FILE:
            url = reverse("files:file_list")
            return url if pk == self.root.pk else f"{url}?directory={pk}"
        url = f"{reverse('profiles:profile_list')}?kind={PROFILE_KINDS[self._kind]}"
        return url if pk == self.root.pk else f"{url}&directory={pk}"

    def _objects(self, user: Any) -> dict[int, int]:
        if self._kind == DirectoryKind.FILE:
            files = restrict(File.objects.order_by(), user, Action.BROWSE)
            return dict(files.values_list("directory").annotate(count=Count("pk")))
        rows = restrict(Profile.objects.filter(directory__kind=self._kind, deleted_at=None), user, Action.BROWSE)
        return dict(rows.order_by().values_list("directory").annotate(count=Count("pk")))

    def _total(self, root: int) -> None:
        """Add up from the leaves, without recursion."""
        order, stack = [], [root]
        while stack:
            pk = stack.pop()
            order.append(pk)
            stack.extend(child.pk for child in self._children.get(pk, ()))
        for pk in reversed(order):
            below = sum(self._totals[child.pk] for child in self._children.get(pk, ()))
            self._totals[pk] = self._direct.get(pk, 0) + below

    def _trail(self, pk: int | None) -> frozenset[int]:
        trail = set()
        while pk is not None and (pk := self._parents.get(pk)) is not None:
            trail.add(pk)
        return frozenset(trail)

    def _name(self, pk: int) -> str:
        siblings: Iterable[_Entry] = self._children.get(self._parents.get(pk, -1), ())
        return next((entry.name for entry in siblings if entry.pk == pk), "")


def tree(user: Any, location: str, opened: frozenset[int] | None = None) -> list[Node | None]:
    """The whole tree as a page shows it; `location` (path and query) says which node is the current one.

    `opened`: ids of the directories that are open; without it, those that a fresh page shows open.
    """
    path = urlsplit(location).path
    current_kind, current = _current(location)
    nodes: list[Node | None] = []
    for kind in _shown_kinds() if may_somewhere(user, Action.BROWSE) else ():
        if kind == DirectoryKind.DEVICE:
            nodes.append(_templates(path))
        directories = DirectoryTree(user, kind)
        here = (current or directories.root.pk) if kind == current_kind else None
        depth = 0 if opened is not None else directories.depth_of_fresh_page() if kind == DirectoryKind.DEVICE else 1
        nodes.append(directories.node(directories.root.pk, here, 1, depth, opened or frozenset()))
        if kind == DirectoryKind.DEVICE:
            nodes += [*_users(user, path), _logins(path)]
    if nodes:
        nodes += [*_assets(path), _notices(user, path), _recycle_bin(user, path)]
    else:
        nodes += _users(user, path)
    administration = _administration(user, path)
    return [*nodes, None, administration] if administration else nodes


def _users(user: Any, path: str) -> list[Node]:
    """*Shared Workplace Users*; what lies in a directory is read when its branch is opened."""
    if not may_somewhere(user, Action.USERS) or not is_enabled(SHARED_WORKPLACE):
        return []
    children = [
        Node(
            id=f"swp-{row.pk}",
            label=row.domain_name,
            icon="building-2",
            level=2,
            url=reverse("swp:object", args=[row.pk, ROOT]),
            branch=True,
            children_url=f"{reverse('console:users_children', args=[row.pk, ROOT])}?level=3",
            kind="swp-object",
            pk=f"{row.pk}-{ROOT}",
            drop="profile",
            menu_url=f"{reverse('swp:object_menu', args=[row.pk, ROOT])}?kind=domain",
        )
        for row in domains()
    ]
    url = reverse("swp:users")
    return [
        Node(
            id="swp",
            label="Shared Workplace Users",
            icon="users",
            level=1,
            url=url,
            current=path == url,
            branch=bool(children),
            open=bool(children),
            children=children,
        )
    ]


def _logins(path: str) -> Node:
    url = reverse("logins:login_list")
    return Node(id="logins", label="Logins", icon="log-in", level=1, url=url, current=path.startswith(url))


def user_nodes(request: Any, pk: int, at: str, level: int) -> list[Node]:
    """Containers and groups in a container of a linked directory; a readable line when it cannot be asked."""
    page = reverse("swp:object", args=[pk, at])
    try:
        lines, more = branches(request, pk, at)
    except AppError as failed:
        label, icon = failure_in_words(failed)
        return [Node(id=f"swp-{pk}-{at}-failed", label=label, icon=icon, level=level, url=page, stale=True)]
    nodes = [
        Node(
            id=f"swp-{line.key}",
            label=line.entry.name,
            icon=line.icon,
            level=level,
            url=reverse("swp:object", args=[pk, line.at]),
            branch=line.container,
            children_url=f"{reverse('console:users_children', args=[pk, line.at])}?level={level + 1}"
            if line.container
            else "",
            kind="swp-object",
            pk=str(line.key),
            drop="profile" if line.takes else "",
            drop_deny="" if line.takes else "Profiles are assigned to users, groups and organizational units",
            menu_url=f"{reverse('swp:object_menu', args=[pk, line.at])}?kind={line.entry.kind}",
        )
        for line in lines
    ]
    if more:
        nodes.append(Node(id=f"swp-{pk}-{at}-more", label="Show all", icon="ellipsis", level=level, url=page))
    return nodes


def _shown_kinds() -> list[DirectoryKind]:
    """The trees without that of what is switched off."""
    off = () if is_enabled(PRIORITY_PROFILES) else (DirectoryKind.PRIORITY_PROFILE,)
    return [kind for kind in KINDS if kind not in off]


def _recycle_bin(user: Any, path: str) -> Node:
    url = reverse("profiles:recycle_bin")
    count = profile_bin(user=user).order_by().count()
    current = path.startswith(url)
    return Node(
        id="recycle-bin", label="Recycle Bin", icon="recycle", level=1, url=url, current=current, count=count or None
    )


def _assets(path: str) -> list[Node]:
    if not is_enabled(ASSET_INVENTORY):
        return []
    url = reverse("assets:asset_list")
    return [
        Node(id="assets", label="Asset Inventory Tracker", icon="usb", level=1, url=url, current=path.startswith(url))
    ]


def _notices(user: Any, path: str) -> Node:
    url = reverse("notices:notice_list")
    count = open_count(user=user) or None
    return Node(id="notices", label="Notices", icon="bell", level=1, url=url, current=path.startswith(url), count=count)


def _templates(path: str) -> Node:
    url = reverse("profiles:template_key_list")
    current = _about_templates(path)
    return Node(id="templates", label=DirectoryKind.TEMPLATE.label, icon="braces", level=1, url=url, current=current)


def _about_templates(path: str) -> bool:
    return path.startswith((reverse("profiles:template_key_list"), reverse("profiles:value_group_list")))


def _current(location: str) -> tuple[str, int | None]:
    """Kind and id of the directory that a page is about; None stands for the root, "" for no directory at all."""
    split = urlsplit(location)
    try:
        match = resolve(split.path)
    except Resolver404:
        return "", None
    if _about_templates(split.path):
        return "", None
    pk = match.kwargs.get("pk")
    if pk is not None and (match.url_name or "").startswith("device_"):
        return DirectoryKind.DEVICE, Device.objects.filter(pk=pk).values_list("directory_id", flat=True).first()
    if pk is not None and match.view_name == "files:file_detail":
        return DirectoryKind.FILE, File.objects.filter(pk=pk).values_list("directory_id", flat=True).first()
    if pk is not None and match.app_name == "profiles":
        row = Profile.objects.filter(pk=pk).values_list("directory__kind", "directory_id").first()
        return row or ("", None)
    query = parse_qs(split.query)
    asked = query.get("directory", [""])[0]
    directory = int(asked) if asked.isdecimal() and len(asked) < 19 else None
    if match.view_name == "devices:device_list":
        return DirectoryKind.DEVICE, directory
    if match.view_name in {"files:file_list", "files:transfer_list"}:
        return DirectoryKind.FILE, directory
    if match.view_name == "profiles:profile_list":
        kind = query.get("kind", [""])[0]
        return DIRECTORY_KIND.get(kind, DirectoryKind.PROFILE.value), directory
    return "", None


def _network(path: str) -> Node:
    """What the network is made of, as the original names it (manual p. 29)."""
    leaves = [
        ("servers", "Server", "server", reverse("ha:process_list", args=["servers"])),
        ("balancers", "Load Balancer", "split", reverse("ha:process_list", args=["balancers"])),
        ("network-events", "Events", "history", reverse("ha:event_list")),
    ]
    children = [
        Node(id=name, label=label, icon=icon, level=3, url=url, current=path.startswith(url))
        for name, label, icon, url in leaves
    ]
    return Node(id="network", label="UMS Network", icon="network", level=2, branch=True, open=True, children=children)


def _administration(user: Any, path: str) -> Node | None:
    leaves = [
        ("keys", "First-authentication Keys", "key-round", reverse("connector:key_list"), Action.ENROL),
        ("features", "UMS Features", "toggle-right", reverse("features:feature_list"), Action.ADMINISTER),
        ("licences", "Licences", "badge-check", reverse("licences:licence_list"), Action.ADMINISTER),
        ("catalogues", "Parameter Catalogues", "book-open", reverse("profiles:catalogue_list"), Action.ADMINISTER),
        ("directories", "Active Directory / LDAP", "book-user", reverse("swp:directory_list"), Action.ADMINISTER),
        ("network-settings", "Server Network Settings", "waypoints", reverse("ha:network_settings"), Action.ADMINISTER),
        ("tokens", "API Tokens", "key-square", reverse("console:tokens"), Action.ADMINISTER),
        ("webhooks", "Webhooks", "webhook", reverse("feeds:webhooks"), Action.ADMINISTER),
        ("audit", "Audit Log", "scroll-text", reverse("audit:event_list"), Action.AUDIT),
    ]
    allowed = [leaf for leaf in leaves if may_somewhere(user, leaf[4])]
    if not allowed:
        return None
    children = [
        Node(id=name, label=label, icon=icon, level=3, url=url, current=path.startswith(url))
        for name, label, icon, url, _ in allowed
    ]
    configuration = Node(
        id="configuration",
        label="Global Configuration",
        icon="settings",
        level=2,
        branch=True,
        open=True,
        children=children,
    )
    return Node(
        id="administration",
        label="UMS Administration",
        icon="server-cog",
        level=1,
        branch=True,
        open=True,
        children=[_network(path), configuration] if may_somewhere(user, Action.ADMINISTER) else [configuration],
    )
