"""What comes of a login at a device before a directory is asked, as rows and for many devices at once.

What needs no directory is answered: switched off, no licence, a request that came before. Each of the others gets its
row now, and the row says what is true if this server ends before it has an answer: so no password is tried twice.
`swp.authentication.asked` asks, `swp.services.logins.logins_settle` writes what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F

from ha.clock import shared_now
from swp import limits, replays
from swp.authentication import Claim, LoginAnswer, answer_of
from swp.feature import SHARED_WORKPLACE
from swp.ldap.types import Service
from swp.links import link_of
from swp.models import LinkedDirectory, Login, SharedWorkplaceSettings
from swp.names import directory_of, parse
from ums.devices.models import Device
from ums.domain.protocol import LoginOutcome
from ums.features.selectors import is_enabled
from ums.licences.selectors import licences_of_users

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from swp.authentication import LoginRequest
    from swp.ldap.types import Link
    from ums.domain.licences import LicenceState

STALE = timedelta(minutes=2)
"""A login that is unsettled for so long never will be: its server is gone."""

INTERRUPTED = "The server ended while it asked the directory."
ENDED = "This login has ended. Log in again."
OTHER_PASSWORD = "This request was answered already. Log in again."
SWITCHED_OFF = "Shared Workplace is switched off."
SWITCHED_OFF_HERE = "Shared Workplace is switched off at this device."
NOT_FOR_USERS = "Users of this directory cannot log in at devices."
UNKNOWN_DOMAIN = "This domain is not known. Check the name and the domain."
TOO_MANY = "Too many logins at this device. Try again in {} seconds."
NOT_ASKED = "The password was empty, or held a character that no password has; the directory was not asked."

Claimed = Claim | LoginAnswer | None
"""None: another server asks about the same request just now. To be claimed again a little later."""


def logins_claim(*, requests: Sequence[LoginRequest]) -> list[Claimed]:
    """What each request comes to without a directory: as many queries for one as for hundreds. A device comes once."""
    try:
        return _claimed(requests)
    except IntegrityError:
        # Another server wrote a row of the same request in this moment: it is found now.
        return _claimed(requests)


@transaction.atomic
def _claimed(requests: Sequence[LoginRequest]) -> list[Claimed]:
    ids = {one.device_id for one in requests}
    found = Login.objects.filter(device__in=ids, request__in={one.request for one in requests}).order_by()
    before = {(row.device_id, row.request): row for row in found.select_related("session")}
    desk = _Desk.opened(ids)
    answers: list[Claimed] = []
    written: list[tuple[int, Login]] = []
    for place, request in enumerate(requests):
        row = before.get((request.device_id, request.request))
        if row is not None:
            answers.append(desk.of_repeated(request, row))
            continue
        answer, row = desk.of_new(request)
        answers.append(answer)
        if row is not None:
            written.append((place, row))
    Login.objects.bulk_create(row for _, row in written)
    for place, row in written:
        answer = answers[place]
        if isinstance(answer, Claim):
            replays.remember(answer.request)
            answers[place] = replace(answer, login_id=row.pk)
    return answers


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the requests of a batch are held against."""

    enabled: bool
    devices: Mapping[int, Device]
    off: Collection[int]
    licences: Mapping[int, LicenceState]
    directories: Sequence[LinkedDirectory]
    all_domains: bool

    @classmethod
    def opened(cls, device_ids: Collection[int]) -> _Desk:
        """Read all of it."""
        rows = Device.objects.filter(pk__in=device_ids).annotate(off=F("shared_workplace_off")).order_by()
        devices = {one.pk: one for one in rows.only("name", "unit_id", "firmware", "firmware_version")}
        directories = list(LinkedDirectory.objects.prefetch_related("certificates"))
        return cls(
            is_enabled(SHARED_WORKPLACE),
            devices,
            {one.pk for one in devices.values() if one.off is not None},
            licences_of_users(devices.values()),
            directories,
            len(directories) > 1 and SharedWorkplaceSettings.objects.filter(all_domains=True).exists(),
        )

    def of_new(self, request: LoginRequest) -> tuple[Claimed, Login | None]:
        """What a request that is new comes to, and its row; None where it is worth none."""
        if request.device_id not in self.devices:
            return answer_of(LoginOutcome.TC_UNKNOWN), None
        device = str(request.device_id)
        if seconds := limits.devices.wait(device):
            return LoginAnswer(LoginOutcome.LOGON_FAILED, TOO_MANY.format(seconds)), None
        limits.devices.failed(device)
        row = Login(
            device_id=request.device_id,
            device_name=self.devices[request.device_id].name,
            request=request.request,
            user_name=request.user[:256],
            domain=request.domain[:253],
            login_at=shared_now(),
        )
        answer, detail = self._held_against(request, row)
        if isinstance(answer, Claim):
            row.outcome, row.detail, row.settled = LoginOutcome.LOGON_FAILED, INTERRUPTED, False
        else:
            row.outcome, row.detail = answer.outcome, detail[:1000]
        return answer, row

    def _held_against(self, request: LoginRequest, row: Login) -> tuple[Claim | LoginAnswer, str]:
        """A claim, or an answer with what administrators read; the row learns whose user it is."""
        licence = self.licences[request.device_id]
        if not self.enabled:
            return LoginAnswer(LoginOutcome.LOGON_FAILED, SWITCHED_OFF), SWITCHED_OFF
        if request.device_id in self.off:
            return LoginAnswer(LoginOutcome.LOGON_FAILED, SWITCHED_OFF_HERE), SWITCHED_OFF_HERE
        if not licence.valid:
            return answer_of(LoginOutcome.NO_USER_LICENSE), licence.words
        name = parse(request.user, request.domain)
        users = [one for one in self.directories if one.kind == Service.AD.value]
        directory = directory_of(name, users) or directory_of(name, self.directories)
        if directory is None:
            return LoginAnswer(LoginOutcome.USER_NOT_FOUND, UNKNOWN_DOMAIN), UNKNOWN_DOMAIN
        row.directory, row.domain = directory, directory.domain_name
        if directory.kind != Service.AD.value:
            return LoginAnswer(LoginOutcome.LOGON_FAILED, NOT_FOR_USERS), NOT_FOR_USERS
        passwords = (request.password, request.secret)
        if not all(passwords) or any("\0" in password for password in passwords):
            # A bind without a password would be an anonymous one, which directories let in.
            return answer_of(LoginOutcome.INVALID_PASSWORD), NOT_ASKED
        return Claim(0, request, directory.pk, name, link_of(directory), self._others(directory)), ""

    def of_repeated(self, request: LoginRequest, row: Login) -> Claimed:
        """What a request that came before comes to: what its row says, and the directory is not asked again.

        That it went well counts for the same password only, and while the user is still logged in by it.
        """
        if not row.settled:
            return None if row.login_at > shared_now() - STALE else _settled_late(row)
        if row.outcome != LoginOutcome.AUTH_OK:
            return answer_of(LoginOutcome(row.outcome))
        same = replays.same(request)
        if not hasattr(row, "session") or row.directory_id is None:
            return LoginAnswer(LoginOutcome.LOGON_FAILED, ENDED)
        if same is False:
            return LoginAnswer(LoginOutcome.LOGON_FAILED, OTHER_PASSWORD)
        if same:
            return LoginAnswer(LoginOutcome.AUTH_OK, user=row.user_name)
        directory = next(one for one in self.directories if one.pk == row.directory_id)
        name = parse(request.user, request.domain)
        return Claim(row.pk, request, directory.pk, name, link_of(directory), again=True)

    def _others(self, directory: LinkedDirectory) -> tuple[Link, ...]:
        """Whose groups count as well."""
        if not self.all_domains:
            return ()
        return tuple(link_of(one) for one in self.directories if one.kind == Service.AD.value and one != directory)


def _settled_late(row: Login) -> LoginAnswer:
    row.settled = True
    row.save(update_fields=["settled"])
    return answer_of(LoginOutcome(row.outcome))
