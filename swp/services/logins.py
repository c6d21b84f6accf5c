"""What comes of logins at devices once a directory was asked, and how they end: rows, for many devices at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from ha.clock import shared_now
from swp import replays
from swp.authentication import LoginAnswer, answer_of
from swp.feature import SHARED_WORKPLACE
from swp.models import LinkedDirectory, Login, Session, SessionPrincipal
from swp.services.claims import ENDED, SWITCHED_OFF
from swp.services.objects import objects_seen
from swp.services.sessions import sessions_end, users_events
from ums.core.actor import SYSTEM
from ums.core.among import among
from ums.devices.models import Device
from ums.devices.services import devices_locked, last_users_write, settings_changed, structure_locked
from ums.domain.protocol import LoginOutcome
from ums.features.selectors import is_enabled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from swp.authentication import Heard
    from swp.ldap.types import Entry
    from swp.models import DirectoryObject

OVERTAKEN = "Another login took the place of this one, or it was given up."


# ---------------------------------------------------------------- logins


@transaction.atomic
def logins_settle(*, heard: Sequence[Heard]) -> list[LoginAnswer]:
    """Write what directories said, and who is logged in now; the devices' settings are marked as changed.

    A login that is over already stays over: the device went on to another one, or its server was given up. As many
    queries for one as for hundreds, but for one more for each linked directory.
    """
    structure_locked()
    enabled = is_enabled(SHARED_WORKPLACE)
    existing = devices_locked(ids={one.claim.request.device_id for one in heard})
    rows = Login.objects.select_for_update().in_bulk([one.claim.login_id for one in heard])
    sessions = {session.pk: session for session in Session.objects.filter(pk__in=existing).order_by()}
    users = _users_seen(one for one in heard if one.entry is not None)
    answers: list[LoginAnswer] = []
    opened: dict[int, _Opened] = {}
    for one in heard:
        row = rows.get(one.claim.login_id)
        if row is None or one.claim.request.device_id not in existing:
            answers.append(answer_of(LoginOutcome.TC_UNKNOWN))
            continue
        session = sessions.get(one.claim.request.device_id)
        if one.claim.again:
            answers.append(_confirmed(one, row, session))
            continue
        user = users.get((one.claim.directory_id, one.entry.guid)) if one.entry else None
        answer = _settled(one, row, session, user, enabled=enabled)
        if answer.outcome is LoginOutcome.AUTH_OK and user is not None:
            opened[row.device_id or 0] = _Opened(row, user, one)
        answers.append(answer)
    fields = ["outcome", "detail", "settled", "user", "user_name", "logoff_at", "end"]
    Login.objects.bulk_update([row for row in rows.values() if row.settled], fields)
    _open(opened, sessions)
    return answers


@dataclass(frozen=True, slots=True)
class _Opened:
    """A login that begins a session."""

    login: Login
    user: DirectoryObject
    heard: Heard


def _settled(
    one: Heard, row: Login, session: Session | None, user: DirectoryObject | None, *, enabled: bool
) -> LoginAnswer:
    """What the row becomes, and the answer."""
    overtaken = row.settled or row.logoff_at is not None or (session is not None and session.login_id > row.pk)
    row.settled, row.outcome, row.detail = True, one.outcome, one.detail[:1000]
    if user is not None:
        row.user, row.user_name = user, (user.account or user.name)[:256]
    if one.outcome is not LoginOutcome.AUTH_OK:
        return LoginAnswer(one.outcome, one.text, available=one.available)
    if overtaken or user is None or not enabled:
        words = OVERTAKEN if enabled else SWITCHED_OFF
        row.outcome, row.detail = LoginOutcome.LOGON_FAILED, words
        return LoginAnswer(LoginOutcome.LOGON_FAILED, words)
    return LoginAnswer(LoginOutcome.AUTH_OK, user=row.user_name)


def _confirmed(one: Heard, row: Login, session: Session | None) -> LoginAnswer:
    """A login that went well came again: the row stays as it is, whatever was said this time."""
    if one.outcome is not LoginOutcome.AUTH_OK:
        return LoginAnswer(one.outcome, one.text, available=one.available)
    if session is None or session.login_id != row.pk:
        return LoginAnswer(LoginOutcome.LOGON_FAILED, ENDED)
    replays.remember(one.claim.request)
    return LoginAnswer(LoginOutcome.AUTH_OK, user=row.user_name)


def _users_seen(heard: Iterable[Heard]) -> dict[tuple[int, object], DirectoryObject]:
    """The rows of users by directory and GUID; those of a directory that is not linked any more are missing."""
    entries: dict[int, list[Entry]] = defaultdict(list)
    for one in heard:
        if one.entry is not None:
            entries[one.claim.directory_id].append(one.entry)
    directories = LinkedDirectory.objects.in_bulk(list(entries))
    return {
        (pk, guid): row
        for pk, directory in sorted(directories.items())
        for guid, row in objects_seen(directory=directory, entries=entries[pk]).items()
    }


def _open(opened: Mapping[int, _Opened], before: Mapping[int, Session]) -> None:
    """Begin sessions in the place of those that are there."""
    if not opened:
        return
    now = shared_now()
    replaced = [before[device] for device in opened if device in before]
    for end, same in ((Login.End.LOGOUT, True), (Login.End.CHANGED, False)):
        ended = [one.login_id for one in replaced if (one.user_id == opened[one.pk].user.pk) is same]
        if ended:
            Login.objects.filter(pk__in=ended).update(logoff_at=now, end=end)
    if replaced:
        Session.objects.filter(pk__in=[one.pk for one in replaced]).delete()
    Session.objects.bulk_create(
        Session(device_id=device, login=one.login, user=one.user, since=now, checked_at=now)
        for device, one in sorted(opened.items())
    )
    SessionPrincipal.objects.bulk_create(
        SessionPrincipal(
            session_id=device, kind=one.kind.value, key=one.id, name=one.name[:1000], distance=one.distance
        )
        for device, login in sorted(opened.items())
        for one in {principal.id: principal for principal in reversed(login.heard.principals)}.values()
    )
    settings_changed(actor=SYSTEM, devices=Device.objects.filter(pk__in=among(opened)), answered=True)
    names = {device: one.login.user_name for device, one in opened.items()}
    last_users_write(users=names)
    users_events(kind="user.logged_in", users=names)


# ---------------------------------------------------------------- logouts


@dataclass(frozen=True, slots=True)
class Leaving:
    """A user logs out at a device. request: of the login."""

    device_id: int
    request: str
    shutdown: bool = False


@transaction.atomic
def logouts_write(*, leaving: Sequence[Leaving]) -> list[None]:
    """End logins that devices ended. One that is over, or that nobody knows, is no error; one that is just being tried
    ends before it begins."""
    for end, shutdown in ((Login.End.SHUTDOWN, True), (Login.End.LOGOUT, False)):
        names = {(one.device_id, one.request) for one in leaving if one.shutdown is shutdown}
        rows = Login.objects.filter(device__in={device for device, _ in names}, request__in={name for _, name in names})
        found = [row for row in rows.order_by("pk") if (row.device_id, row.request) in names]
        sessions_end(actor=SYSTEM, sessions=Session.objects.filter(login__in=found), end=end)
        untried = [row.pk for row in found if not row.settled]
        if untried:
            Login.objects.filter(pk__in=untried, settled=False).update(logoff_at=shared_now(), end=end)
    return [None] * len(leaving)


# ---------------------------------------------------------------- devices that come back


@dataclass(frozen=True, slots=True)
class Met:
    """What a device says of its users in its hello: the login that is open there, and one that waits for its answer."""

    login: str = ""
    trying: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """A session as its device has to know it."""

    request: str
    user: str


def sessions_met(*, met: Mapping[int, Met]) -> dict[int, Open]:
    """Who is logged in at devices that come back. Where a device does not know a session any more, it ends: the
    device was switched off, or reset. Two queries while all agree."""
    rows = Session.objects.filter(pk__in=among(met)).order_by()
    known = {
        pk: Open(request, user) for pk, request, user in rows.values_list("pk", "login__request", "login__user_name")
    }
    lost = [pk for pk, one in known.items() if one.request not in (met[pk].login, met[pk].trying)]
    if lost:
        sessions_end(actor=SYSTEM, sessions=Session.objects.filter(pk__in=lost), end=Login.End.LOST)
    unsettled = Login.objects.filter(device__in=among(met), settled=False).order_by()
    given_up = [
        pk
        for pk, device, request in unsettled.values_list("pk", "device_id", "request")
        if request != met[device].trying
    ]
    if given_up:
        Login.objects.filter(pk__in=given_up, settled=False).update(logoff_at=shared_now(), end=Login.End.LOST)
    return {pk: one for pk, one in known.items() if pk not in lost}


# ---------------------------------------------------------------- logins without the server


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody logged in at a device without the server, or ended such a login."""

    device_id: int
    request: str
    user: str
    kind: Login.Kind
    domain: str = ""
    failed: bool = False
    ended: bool = False


@transaction.atomic
def login_events_write(*, events: Sequence[Event]) -> list[None]:
    """Write down logins of other kinds, for the history. The same one again changes nothing."""
    now = shared_now()
    names = dict(Device.objects.filter(pk__in={one.device_id for one in events}).order_by().values_list("pk", "name"))
    # One after the other: a login and its end may come together.
    for one in events:
        if one.device_id not in names:
            continue
        if one.ended:
            _ended(one, now)
            continue
        row = {
            "device_name": names[one.device_id],
            "user_name": one.user[:256],
            "domain": one.domain[:253],
            "kind": one.kind,
            "outcome": LoginOutcome.LOGON_FAILED if one.failed else LoginOutcome.AUTH_OK,
            "login_at": now,
        }
        Login.objects.get_or_create(row, device_id=one.device_id, request=one.request)
    came = {one.device_id: one.user for one in events if one.device_id in names and not one.ended and not one.failed}
    if came:
        last_users_write(users=came)
    return [None] * len(events)


def _ended(one: Event, now: datetime) -> None:
    """The latest login of that user and kind that is open at the device."""
    rows = Login.objects.filter(
        device=one.device_id, kind=one.kind, user_name=one.user[:256], outcome=LoginOutcome.AUTH_OK, logoff_at=None
    )
    latest = rows.order_by("-login_at", "-pk").values("pk")[:1]
    Login.objects.filter(pk__in=list(latest.values_list("pk", flat=True))).update(logoff_at=now, end=Login.End.LOGOUT)
