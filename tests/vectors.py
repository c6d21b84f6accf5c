"""The 40 test vectors of the order of effectiveness (domain/profiles.md §8), as rows to be read beside that table.

The world: Devices (root) > Germany > Bremen > device D, and Elsewhere, a directory without profiles, below the root.
User U, primary group Domain Users, direct member of Alpha and Beta; Alpha is in Zulu; CN=U,OU=Sales,OU=Staff,DC=ex.

A cell of assignments is a list of `profile→place: content`. S is a standard profile, M a priority one, FWC a firmware
customization, UFU a universal firmware update; the number is the id. Content: a mere `a` is the value of x; `y=b`;
`session A` (with the serial A); `overwrites sessions` stands before the colon; `OS12` before a profile says that it is
for that OS, D being of OS11. `local …` is what was set at the device itself. Rows with the same number are the phases
of one vector: the second begins where the first ends.

Interpreted twice: by the rules alone (tests/unit/test_vectors.py), and end to end with the database
(tests/apps/effective/test_vectors.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from ums.domain.parameters import Expression, Given, Instance, Value
from ums.domain.principals import Group, Login, normal_dn

SESSION = "sessions.rdp%"
X, Y = "x", "y"
WALLPAPER, SERVER, HOSTNAME = "wallpaper.url", "update.server", "network.dns.hostname"
SHORT = {"wallpaper": WALLPAPER, "server": SERVER, "hostname": HOSTNAME}
DEFAULTS: dict[str, Value] = {X: "d", Y: "d", WALLPAPER: "d", SERVER: "d", HOSTNAME: "d"}
WALLPAPERS = "wallpaper"
"""The use case of the firmware customizations."""

DEFINITION: dict[str, object] = {
    "format": "ums-catalogue/1",
    "name": "Vector OS",
    "version": "1.0.0",
    "os": "OS11",
    "pages": [{"id": "all", "title": "All", "parent": None}],
    "classes": [{"path": SESSION, "kind": "free", "label": "Session", "name_parameter": "name"}],
    "parameters": [
        {"path": f"{SESSION}.name", "page": "all", "type": "string", "default": "", "label": "Name"},
        *(
            {"path": path, "page": "all", "type": "string", "default": default, "label": path}
            | ({"use_case": WALLPAPERS} if path == WALLPAPER else {})
            | ({"system_setting": True} if path in (HOSTNAME, SERVER) else {})
            for path, default in DEFAULTS.items()
        ),
    ],
}
"""The catalogue of D's firmware; that of OS12 differs in name and OS only."""

CHAINS = {"Bremen": ("Bremen", "Germany", "root"), "Elsewhere": ("Elsewhere", "root")}
"""The directories above D, nearest first, by the one that it is in."""

PRINCIPALS = {
    "U": "U",
    "Domain Users": "Domain Users",
    "Alpha": "Alpha",
    "Beta": "Beta",
    "Zulu": "Zulu",
    "OU Sales": normal_dn("OU=Sales,OU=Staff,DC=ex"),
    "OU Staff": normal_dn("OU=Staff,DC=ex"),
}
"""Ids of what profiles of users are assigned to."""


def login_of_u(*, circle: bool = False) -> Login:
    """The fake directory of users. `circle`: Zulu is in Alpha as well."""
    alpha, beta, zulu, users = (Group(name, name) for name in ("Alpha", "Beta", "Zulu", "Domain Users"))
    member_of = {"Alpha": [zulu], **({"Zulu": [alpha]} if circle else {})}
    return Login("U", "U", "CN=U,OU=Sales,OU=Staff,DC=ex", users, [alpha, beta], member_of)


@dataclass(frozen=True)
class Content:
    """What a profile, or the device itself, sets."""

    values: Mapping[str, Given] = field(default_factory=dict)
    instances: Mapping[str, Instance] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    """S10 with its content."""

    prefix: str
    id: int
    content: Content
    overwrites: bool
    os: str

    @property
    def name(self) -> str:
        return f"{self.prefix}{self.id}"


@dataclass(frozen=True)
class Phase:
    """One row. `sessions`: serials on the device. `ignored`: paths that a profile sets to no effect, with a warning."""

    number: int
    why: str
    assigned: tuple[tuple[Profile, str], ...]
    local: Content
    keys: tuple[tuple[str, str, str], ...]
    """(key, value, place)."""
    login: Login | None
    home: str
    binned: frozenset[str]
    values: dict[str, Value]
    sessions: str
    ignored: frozenset[str]


_ASSIGNMENT = re.compile(r"(?:(OS\d+) )?([A-Z]+)(\d+)→([^:]*?)( overwrites sessions)?(?:: (.*))?")


def _content(text: str) -> Content:
    values: dict[str, Given] = {}
    instances = {}
    for item in filter(None, text.split(", ")):
        if item.startswith("session "):
            serial = item.removeprefix("session ")
            instances[serial] = Instance(SESSION, {"name": f"Session {serial}"})
        else:
            path, equals, value = item.partition("=")
            name, value = (path, value) if equals else (X, path)
            values[SHORT.get(name, name)] = Expression(value) if "${" in value else value
    return Content(values, instances)


def _profile(match: re.Match[str]) -> Profile:
    os, prefix, id, _, overwrites, content = match.groups()
    return Profile(prefix, int(id), _content(content or ""), bool(overwrites), os or "OS11")


def row(
    number: int,
    assignments: str,
    login: str = "–",
    *,
    why: str,
    keys: str = "",
    home: str = "Bremen",
    binned: str = "",
    circle: bool = False,
    sessions: str = "",
    ignored: str = "",
    **expected: Value,
) -> Phase:
    parts = [part for part in assignments.split("; ") if part]
    found = [_ASSIGNMENT.fullmatch(part) for part in parts if not part.startswith("local ")]
    assert all(found), f"cannot read “{assignments}”"
    local = ", ".join(part.removeprefix("local ") for part in parts if part.startswith("local "))
    values = [re.split("[=→]", part) for part in keys.split("; ") if part]
    return Phase(
        number=number,
        why=why,
        assigned=tuple((_profile(match), match[4]) for match in found if match),
        local=_content(local),
        keys=tuple((name, value, place) for name, value, place in values),
        login=login_of_u(circle=circle) if login == "U" else None,
        home=home,
        binned=frozenset(binned.split()),
        values=DEFAULTS | {SHORT.get(name, name): value for name, value in expected.items()},
        sessions=sessions,
        ignored=frozenset(SHORT.get(name, name) for name in ignored.split()),
    )


ROWS = [
    row(1, "S10→Germany: a; S5→Bremen: b", x="b", why="closer wins, id irrelevant"),
    row(2, "S10→D: a; S99→Bremen: b", x="a", why="device beats directory though id lower"),
    row(3, "S10→Bremen: a; S11→Bremen: b", x="b", why="tie, higher id"),
    row(4, "S10→root: x=a; S11→D: y=b", x="a", y="b", why="no conflict, both apply"),
    row(5, "", x="d", why="default"),
    row(5, "local x=l", x="l", why="local"),
    row(6, "S10→D: a; local x=l", x="a", why="profile beats local"),
    row(6, "local x=l", x="l", why="unassigned: local restored"),
    row(7, "M20→D: m; S10→D: a", x="m", why="priority beats standard"),
    row(8, "M20→Germany: g; M21→D: d", x="g", why="priority: further wins"),
    row(9, "M20→root: r; M50→Germany: g", x="r", why="further wins over higher id"),
    row(10, "M20→Bremen: a; M30→Bremen: b", x="b", why="tie by id"),
    row(11, "S10→D: a; S5→U: u", "U", x="u", why="user beats device"),
    row(12, "S10→D: a; S5→U: u", x="a", why="nobody logged in: user profiles do not count"),
    row(13, "S5→U: u; S90→Domain Users: g; S91→Alpha: h; S92→OU Sales: o", "U", x="u", why="user closest"),
    row(14, "S90→Domain Users: g; S95→Alpha: h", "U", x="g", why="primary group beats other groups"),
    row(15, "S95→Alpha: h; S96→OU Sales: o", "U", x="h", why="other group beats OU"),
    row(16, "S90→OU Sales: o; S95→OU Staff: p", "U", x="o", why="nearer OU"),
    row(17, "S90→Alpha: h; S99→Beta: i", "U", x="h", why="alphabetical, not id"),
    row(18, "S99→Zulu: z; S90→Beta: i", "U", x="i", why="direct membership beats nested"),
    row(19, "S90→Alpha: h; S91→Alpha: i", "U", x="i", why="same object: higher id"),
    row(20, "M20→D: m; S5→U: u", "U", x="m", why="priority beats user standard"),
    row(21, "M20→root: r; M21→U: u", "U", x="u", why="user-specific priority beats device priority"),
    row(22, "M20→U: u; M21→Alpha: h; M22→Domain Users: g; M23→OU Sales: o", "U", x="o", why="reverse"),
    row(23, "M22→Domain Users: g; M21→Alpha: h", "U", x="h", why="other groups > primary"),
    row(24, "M23→OU Sales: o; M24→OU Staff: p", "U", x="p", why="further away wins"),
    row(25, "S10→Bremen: session A; S11→D: session B", sessions="A B", why="free instances add"),
    row(26, "S10→Bremen: session A; S10→D: session A", sessions="A", why="same serial"),
    row(27, "S10→Bremen: session A; S11→D: session B; local session L", sessions="A B L", why="all add"),
    row(27, "S10→Bremen: session A; S11→D overwrites sessions: session B; local session L", sessions="B", why="own"),
    row(28, "S10→D overwrites sessions; local session L", sessions="", why="full lockdown"),
    row(29, "S10→U: session C; S11→D: session B", "U", sessions="B C", why="additive with user"),
    row(29, "S10→U: session C; S11→D: session B", sessions="B", why="gone after logout"),
    row(30, "FWC5→Bremen: wallpaper=w1; S10→D: wallpaper=w2", wallpaper="w1", why="customization beats standard"),
    row(31, "FWC5→Bremen: wallpaper=w1; S10→D: wallpaper=w2; M20→D: wallpaper=w3", wallpaper="w3", why="priority"),
    row(32, "FWC5→D: wallpaper=w1; FWC9→Bremen: wallpaper=w2", wallpaper="w1", ignored="wallpaper", why="closer"),
    row(33, "UFU7→Germany: server=s1; M20→root: server=s2", server="s1", why="UFU beats priority"),
    row(34, "OS12 S10→Bremen: a", x="d", why="wrong OS ignored"),
    row(35, "S10→Bremen: Br ${SITE}", keys="SITE=HB→Bremen; SITE=X→Germany", x="Br HB", why="nearest value"),
    row(36, "S10→Bremen: Br ${SITE}", x="d", ignored="x", why="no value at all: not set"),
    row(37, "S10→U: hostname=kiosk", "U", hostname="d", ignored="hostname", why="unchanged, with a warning"),
    row(38, "S10→Bremen: a", x="a", why="before it is deleted"),
    row(38, "S10→Bremen: a", binned="S10", x="d", why="in the recycle bin, still assigned: ignored"),
    row(39, "S10→Bremen: a; local x=l", x="a", why="before the move"),
    row(39, "S10→Bremen: a; local x=l", home="Elsewhere", x="l", why="moved: values of Bremen gone, local restored"),
    row(40, "S1→Zulu: z", "U", circle=True, x="z", why="Alpha in Zulu in Alpha: terminates"),
]  # fmt: skip


def vectors() -> Iterator[tuple[Phase, ...]]:
    """Each vector as its phases."""
    for _, phases in groupby(ROWS, key=lambda phase: phase.number):
        yield tuple(phases)


VECTORS = list(vectors())


def named(phases: tuple[Phase, ...]) -> str:
    """Its name in the list of tests: what it ends with is what it shows."""
    return f"{phases[-1].number} {phases[-1].why}"
