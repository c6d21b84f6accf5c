"""Users who log in at devices of the tests, without a connection in between."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from swp.authentication import LoginAnswer, LoginRequest, asked
from swp.models import DirectoryCertificate, LinkedDirectory
from swp.services.claims import logins_claim
from swp.services.logins import logins_settle
from tests.factories.licences import LicenceFactory
from tests.factories.swp import LinkedDirectoryFactory
from tests.services.ldif import PASSWORD
from ums.core.crypto import seal
from ums.domain.licences import LicenceKind

if TYPE_CHECKING:
    from tests.services.samba import Samba
    from ums.devices.models import Device


def linked(*controllers: Samba, browse: bool = True, **fields: Any) -> LinkedDirectory:
    """A row for the domain of these controllers."""
    first = controllers[0]
    given = {"browse_user": f"browse@{first.domain}", "sealed_browse_password": seal(PASSWORD)} if browse else {}
    row: LinkedDirectory = LinkedDirectoryFactory(
        domain_name=first.domain,
        netbios_name=first.netbios,
        controllers=[one.address for one in controllers],
        **{**given, **fields},
    )
    end = timezone.now() + timedelta(days=365)
    DirectoryCertificate.objects.create(directory=row, pem=first.ca, subject="CN=ca", fingerprint="0", not_after=end)
    return row


def licensed() -> None:
    """Users may log in at all devices."""
    LicenceFactory(kind=LicenceKind.TRIAL.value, quantity=None, test=True)


def request_of(device: Device, user: str, password: str = PASSWORD, **more: Any) -> LoginRequest:
    """With an id of its own."""
    return LoginRequest(device.pk, more.pop("request", secrets.token_hex(8)), user, password, **more)


def carried_out(request: LoginRequest) -> LoginAnswer:
    """All steps of a login. Raises AssertionError when another server works on it."""
    [claimed] = logins_claim(requests=[request])
    assert claimed is not None
    if isinstance(claimed, LoginAnswer):
        return claimed
    [answer] = logins_settle(heard=[asked(claimed)])
    return answer


def log_in(device: Device, user: str, password: str = PASSWORD, **more: Any) -> LoginAnswer:
    """A user logs in."""
    return carried_out(request_of(device, user, password, **more))
