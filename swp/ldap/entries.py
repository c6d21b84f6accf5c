"""Objects as directories describe them, read from what they send."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

from swp.ldap.types import Entry, Link, ObjectKind, Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swp.ldap.talk import Raw

_AD_LISTED = (
    "objectGUID",
    "objectClass",
    "objectSid",
    "name",
    "sAMAccountName",
    "userPrincipalName",
    "mail",
    "primaryGroupID",
    "userAccountControl",
    "accountExpires",
    "msDS-User-Account-Control-Computed",
    "pwdLastSet",
)
GROUPED = ("objectGUID", "objectClass", "objectSid", "name", "sAMAccountName", "memberOf")
"""Attributes of groups and OUs that are looked at for who is in them."""
_LDAP_LISTED = ("entryUUID", "objectClass", "cn", "ou", "dc", "o", "uid", "mail", "gidNumber")

SID = re.compile(r"S-1(-\d{1,15}){1,16}", re.ASCII)

_DISABLED, _NEVER_EXPIRES = 0x2, 0x10000
_LOCKED, _PASSWORD_EXPIRED = 0x10, 0x800000
_NEVER = (0, 0x7FFFFFFFFFFFFFFF)
_EPOCH = 11_644_473_600
"""Seconds from 1601, where AD's times begin, to 1970."""

_KINDS = (
    ("domaindns", ObjectKind.DOMAIN),
    ("organizationalunit", ObjectKind.OU),
    ("group", ObjectKind.GROUP),
    ("groupofnames", ObjectKind.GROUP),
    ("groupofuniquenames", ObjectKind.GROUP),
    ("posixgroup", ObjectKind.GROUP),
    ("user", ObjectKind.USER),
    ("person", ObjectKind.USER),
    ("inetorgperson", ObjectKind.USER),
    ("dcobject", ObjectKind.DOMAIN),
)

_AD_SHOWN = frozenset({"user", "group", "organizationalunit", "container", "builtindomain", "domaindns"})


def listed(service: Service) -> Sequence[str]:
    """Attributes that lists need: what is of any size, as the groups of a user, is not among them."""
    return _AD_LISTED if service is Service.AD else _LDAP_LISTED


def described(service: Service) -> Sequence[str]:
    """Attributes of an object that is looked at by itself."""
    return (*listed(service), "memberOf")


def is_ours(service: Service, raw: Raw) -> bool:
    """Whether it is of a kind that lists show: in AD also printers, shares and the like lie in containers."""
    return service is not Service.AD or not _AD_SHOWN.isdisjoint(_classes(raw))


def _classes(raw: Raw) -> set[str]:
    return {one.decode(errors="replace").lower() for one in raw["raw_attributes"].get("objectClass", ())}


def entry_of(link: Link, raw: Raw) -> Entry | None:
    """The object; None for one that shows nothing by which it could be known."""
    values: Mapping[str, list[bytes]] = raw["raw_attributes"]
    guid = _guid(link.service, values)
    if guid is None:
        return None
    classes = _classes(raw)
    kind = next((kind for name, kind in _KINDS if name in classes), ObjectKind.CONTAINER)
    sid = sid_text(values["objectSid"][0]) if values.get("objectSid") else ""
    control, computed = _number(values, "userAccountControl"), _number(values, "msDS-User-Account-Control-Computed")
    expires = _number(values, "accountExpires")
    user = kind is ObjectKind.USER
    return Entry(
        guid=guid,
        dn=raw["dn"],
        kind=kind,
        name=link.domain if kind is ObjectKind.DOMAIN else _name(link.service, values, raw["dn"]),
        account=_text(values, "sAMAccountName" if link.service is Service.AD else "uid"),
        upn=_text(values, "userPrincipalName"),
        mail=_text(values, "mail"),
        sid=sid,
        primary_group=_primary(sid, values) if user else "",
        member_of=tuple(one.decode(errors="replace") for one in values.get("memberOf", ())),
        disabled=user and bool(control & _DISABLED),
        locked=user and bool(computed & _LOCKED),
        expired=user and expires not in _NEVER and expires / 10_000_000 - _EPOCH < time.time(),
        expires_password=user and _password_over(control, computed, values),
    )


def sid_text(sid: bytes) -> str:
    """ "S-1-5-21-…" of a binary SID; "" of what is none."""
    if len(sid) < 8 or len(sid) != 8 + 4 * sid[1]:
        return ""
    parts = [int.from_bytes(sid[at : at + 4], "little") for at in range(8, len(sid), 4)]
    return "-".join(["S", str(sid[0]), str(int.from_bytes(sid[2:8], "big")), *map(str, parts)])


def _guid(service: Service, values: Mapping[str, list[bytes]]) -> uuid.UUID | None:
    try:
        if service is Service.AD:
            return uuid.UUID(bytes_le=values["objectGUID"][0])
        return uuid.UUID(values["entryUUID"][0].decode())
    except (KeyError, IndexError, ValueError):
        return None


def _name(service: Service, values: Mapping[str, list[bytes]], dn: str) -> str:
    names = ("name",) if service is Service.AD else ("cn", "ou", "o", "dc", "uid")
    return next((found for one in names if (found := _text(values, one))), dn)


def _primary(sid: str, values: Mapping[str, list[bytes]]) -> str:
    number = _text(values, "primaryGroupID")
    return f"{sid.rpartition('-')[0]}-{number}" if sid and number else ""


def _password_over(control: int, computed: int, values: Mapping[str, list[bytes]]) -> bool:
    must_change = _text(values, "pwdLastSet") == "0" and not control & _NEVER_EXPIRES
    return must_change or bool(computed & _PASSWORD_EXPIRED)


def _text(values: Mapping[str, list[bytes]], name: str) -> str:
    found = values.get(name)
    return found[0].decode(errors="replace") if found else ""


def _number(values: Mapping[str, list[bytes]], name: str) -> int:
    try:
        return int(values[name][0])
    except (KeyError, IndexError, ValueError):
        return 0
