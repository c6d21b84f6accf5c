"""Linked directories, their objects, what is assigned to them, and who is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import factory
from django.utils import timezone

from swp.ldap.types import Entry, ObjectKind
from swp.models import (
    DirectoryAdministrator,
    DirectoryCertificate,
    DirectoryObject,
    LinkedDirectory,
    Login,
    Session,
    SessionPrincipal,
    UserAssignment,
)
from tests.factories.accounts import GroupFactory
from tests.factories.devices import DeviceFactory
from tests.factories.profiles import ProfileFactory
from tests.services.ldif import PASSWORD
from ums.core.crypto import seal
from ums.domain.principals import PrincipalKind
from ums.domain.protocol import LoginOutcome

if TYPE_CHECKING:
    from tests.services.samba import Samba


class LinkedDirectoryFactory(factory.django.DjangoModelFactory):
    """An Active Directory that nobody answers for; `tests/services/samba.py` has real ones."""

    class Meta:
        model = LinkedDirectory

    domain_name = factory.Sequence(lambda n: f"corp{n}.test")
    netbios_name = factory.LazyAttribute(lambda made: made.domain_name.partition(".")[0].upper())
    controllers = factory.LazyFunction(lambda: ["127.0.0.1:9"])


class DirectoryAdministratorFactory(factory.django.DjangoModelFactory):
    """A group of a linked directory whose members may sign in."""

    class Meta:
        model = DirectoryAdministrator

    directory = factory.SubFactory(LinkedDirectoryFactory)
    guid = factory.LazyFunction(uuid4)
    group = factory.SubFactory(GroupFactory)
    name = factory.Sequence(lambda n: f"Administrators {n}")
    dn = factory.LazyAttribute(lambda made: f"CN={made.name},CN=Users,DC=corp,DC=test")
    seen_at = factory.LazyFunction(timezone.now)


def linked(domain: Samba, *, browse: str = "browse", **given: Any) -> LinkedDirectory:
    """A running domain of `tests/services/domains.py`, linked by LDAPS; `browse=""` stores no browse account."""
    account = {"browse_user": f"{browse}@{domain.domain}", "sealed_browse_password": seal(PASSWORD)} if browse else {}
    row: LinkedDirectory = LinkedDirectoryFactory(
        domain_name=domain.domain,
        netbios_name=domain.netbios,
        **{"controllers": [domain.address], **account, **given},
    )
    DirectoryCertificate.objects.create(
        directory=row, pem=domain.ca, subject="CN=Authority", fingerprint="0" * 64, not_after=timezone.now()
    )
    return row


class DirectoryObjectFactory(factory.django.DjangoModelFactory):
    """A user, or what `kind` says."""

    class Meta:
        model = DirectoryObject

    directory = factory.SubFactory(LinkedDirectoryFactory)
    guid = factory.LazyFunction(uuid4)
    kind = ObjectKind.USER.value
    name = factory.Sequence(lambda n: f"User {n}")
    account = factory.LazyAttribute(lambda made: made.name.lower().replace(" ", ""))
    dn = factory.LazyAttribute(lambda made: f"CN={made.name},CN=Users,DC=corp,DC=test")
    seen_at = factory.LazyFunction(timezone.now)


class UserAssignmentFactory(factory.django.DjangoModelFactory):
    """A profile on a user."""

    class Meta:
        model = UserAssignment

    profile = factory.SubFactory(ProfileFactory)
    target = factory.SubFactory(DirectoryObjectFactory)
    author_name = "tests"


class LoginFactory(factory.django.DjangoModelFactory):
    """A login that went well and has not ended."""

    class Meta:
        model = Login

    device = factory.SubFactory(DeviceFactory)
    device_name = factory.LazyAttribute(lambda made: made.device.name)
    request = factory.LazyFunction(lambda: uuid4().hex)
    user = factory.SubFactory(DirectoryObjectFactory)
    user_name = factory.LazyAttribute(lambda made: made.user.account)
    directory = factory.LazyAttribute(lambda made: made.user.directory)
    domain = factory.LazyAttribute(lambda made: made.user.directory.domain_name)
    outcome = LoginOutcome.AUTH_OK.value
    login_at = factory.LazyFunction(timezone.now)


class SessionFactory(factory.django.DjangoModelFactory):
    """A user who is logged in; `groups` and `ous` are objects whose profiles reach it, the closest first."""

    class Meta:
        model = Session
        skip_postgeneration_save = True

    device = factory.SubFactory(DeviceFactory)
    user = factory.SubFactory(DirectoryObjectFactory)
    login = factory.LazyAttribute(lambda made: LoginFactory(device=made.device, user=made.user))
    since = factory.LazyFunction(timezone.now)
    checked_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def groups(obj: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        """Rows of what the directory would have said at the login."""
        _principal(obj, PrincipalKind.USER, obj.user, 0)
        for distance, group in enumerate(extracted or (), start=1):
            _principal(obj, PrincipalKind.GROUP, group, distance)

    @factory.post_generation
    def ous(obj: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        """The same for OUs."""
        for distance, ou in enumerate(extracted or (), start=1):
            _principal(obj, PrincipalKind.OU, ou, distance)


def _principal(session: Session, kind: PrincipalKind, one: DirectoryObject, distance: int) -> None:
    SessionPrincipal.objects.create(
        session=session, kind=kind.value, key=str(one.guid), name=one.name, distance=distance
    )


def entry(name: str = "Ada", **given: Any) -> Entry:
    """What a directory shows of an object."""
    given = {"guid": uuid4(), "kind": ObjectKind.USER, "account": name.lower(), **given}
    return Entry(name=name, dn=given.pop("dn", f"CN={name},CN=Users,DC=corp,DC=test"), **given)
