"""What the rest of Shared Workplace says to a directory service, and what it gets back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


class Service(StrEnum):
    """Kind of a directory service (domain/swp.md §2)."""

    AD = "ad"
    LDAP = "ldap"


class ObjectKind(StrEnum):
    """What an object of a directory is to us."""

    USER = "user"
    GROUP = "group"
    OU = "ou"
    CONTAINER = "container"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks. user: a UPN, DOMAIN\\name or a DN. The password shows in no text."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Controller:
    """Where a domain controller listens. port None: 636 with LDAPS, else 389."""

    host: str
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """All that is needed to speak with a linked directory; made from a row by `swp.links.link_of`.

    id: of the row. domain: "corp.test", small letters. base_dn: where searches begin. certificates: PEM, trusted
    instead of those of the system; "" trusts the latter. browse: the browse account, if one is stored.
    """

    id: int
    service: Service
    domain: str
    base_dn: str
    controllers: tuple[Controller, ...]
    ldaps: bool = True
    certificates: str = field(default="", repr=False)
    page_size: int = 1000
    browse: Credentials | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of a directory.

    guid: objectGUID (an LDAP service's entryUUID). sid: "S-1-5-…", "" without one. account: sAMAccountName (uid).
    primary_group: SID of a user's primary group. member_of: DNs of the groups it is a direct member of.
    expires_password: must change it, or it has expired.
    """

    guid: UUID
    dn: str
    kind: ObjectKind
    name: str
    account: str = ""
    upn: str = ""
    mail: str = ""
    sid: str = ""
    primary_group: str = ""
    member_of: tuple[str, ...] = ()
    disabled: bool = False
    locked: bool = False
    expired: bool = False
    expires_password: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list. cookie: what the next part is asked for with; b"" at the end."""

    entries: tuple[Entry, ...]
    cookie: bytes = b""


class Step(StrEnum):
    """How far an attempt to reach a controller came, in order."""

    NAME = "name"
    TCP = "tcp"
    TLS = "tls"
    BIND = "bind"
    BASE = "base"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of asking one controller. step: the one that failed, or DONE. seconds: how long it all took.

    words: what is wrong and what to do, for people. certificate: the subject of the one it showed, "" without.
    """

    controller: str
    step: Step
    words: str
    seconds: float
    certificate: str = ""

    @property
    def good(self) -> bool:
        """Whether everything worked."""
        return self.step is Step.DONE


class DirectoryUnavailable(Exception):
    """No controller answered; `attempts` tells of each."""

    def __init__(self, domain: str, attempts: tuple[Attempt, ...]) -> None:
        told = "; ".join(f"{one.controller}: {one.words}" for one in attempts) or "no controller is configured"
        super().__init__(f"No controller of {domain} answers ({told}).")
        self.domain, self.attempts = domain, attempts


class Refusal(StrEnum):
    """Why a directory refused somebody (data codes of AD: recipes/README.md §1)."""

    UNKNOWN_USER = "unknown_user"
    WRONG_PASSWORD = "wrong_password"
    HOURS = "hours"
    WORKSTATION = "workstation"
    PASSWORD_EXPIRED = "password_expired"
    DISABLED = "disabled"
    ACCOUNT_EXPIRED = "account_expired"
    LOCKED = "locked"
    OTHER = "other"


class BindRefused(Exception):
    """The directory does not accept who asks. code: AD's data code, "" without one."""

    def __init__(self, refusal: Refusal, words: str, code: str = "") -> None:
        super().__init__(words)
        self.refusal, self.code = refusal, code
