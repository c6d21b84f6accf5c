"""The four (and anonymous) whom each route and service is tried with, and the small world they live in.

| who       | may                                                                                       |
|-----------|-------------------------------------------------------------------------------------------|
| root      | everything: a superuser                                                                   |
| admin     | browse, read, write, assign, command on the subtrees `own`, nothing elsewhere             |
| reader    | browse and read on the subtrees `own`                                                     |
| stranger  | sign in, nothing more                                                                     |
| anonymous | not signed in                                                                             |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone

from ha.models import Process
from tests.factories import (
    AssignmentFactory,
    BatchFactory,
    CommandFactory,
    DeviceFactory,
    DirectoryFactory,
    EnrolmentKeyFactory,
    FileAssignmentFactory,
    FileFactory,
    GrantFactory,
    ProcessFactory,
    ProfileFactory,
    TemplateAssignmentFactory,
    TemplateKeyFactory,
    TemplateValueFactory,
    UserFactory,
    ValueGroupFactory,
)
from tests.factories.assets import AssetEventFactory, AssetFactory, AssetRuleFactory
from tests.factories.feeds import DeliveryFactory, WebhookFactory
from tests.factories.licences import LicenceFactory
from tests.factories.notices import NoticeFactory
from tests.factories.swp import DirectoryAdministratorFactory, SessionFactory, UserAssignmentFactory
from ums.accounts.models import ApiToken, User
from ums.audit.services import record
from ums.core.access import Action
from ums.core.actor import Actor
from ums.devices.models import Directory, DirectoryKind, SavedView
from ums.domain.processes import ProcessType
from ums.files.models import ContentCopy, CopyState
from ums.profiles.models import ProfileFile, ProfileKind

ROLES = ("root", "admin", "reader", "stranger", "anonymous")


@dataclass(frozen=True)
class Cast:
    """The four administrators, and what they are tried on."""

    root: User
    admin: User
    reader: User
    stranger: User
    own: dict[str, Directory]
    """The directory of each kind that admin and reader have grants on."""
    other: dict[str, Directory]
    """Beside it: nobody's but root's."""
    things: dict[str, Any]
    """One of each in `own`: device, directory, profile, priority_profile, assignment, enrolment_key …"""

    def actor(self, role: str) -> Actor:
        """One of the four as services take it."""
        return Actor.of(getattr(self, role), address="192.0.2.1")

    def client(self, role: str) -> Client:
        """A signed-in browser of one of the five, over TLS as everything is."""
        client = Client(headers={"host": "localhost"})
        client.defaults["wsgi.url_scheme"] = "https"
        if role != "anonymous":
            client.force_login(getattr(self, role), backend="django.contrib.auth.backends.ModelBackend")
        return client


def watchdog_beside(process: Process) -> Process:
    """The process, on a node that has a watchdog."""
    ProcessFactory(node=process.node, type=ProcessType.WATCHDOG.value)
    return process


def make_cast() -> Cast:
    """The cast and its world, in the database."""
    own = {kind: DirectoryFactory(kind=kind, name="Own") for kind in DirectoryKind.values}
    other = {kind: DirectoryFactory(kind=kind, name="Other") for kind in DirectoryKind.values}
    admin, reader = UserFactory(username="admin"), UserFactory(username="reader")
    for directory in own.values():
        for action in (Action.WRITE, Action.ASSIGN, Action.COMMAND):
            GrantFactory(user=admin, action=action, directory=directory)
        GrantFactory(user=reader, action=Action.READ, directory=directory)
    device = DeviceFactory(directory=own[DirectoryKind.DEVICE], name="Own device")
    profile = ProfileFactory(directory=own[DirectoryKind.PROFILE], name="Own profile")
    file = FileFactory(directory=own[DirectoryKind.FILE], name="Own file")
    batch = BatchFactory(author=admin)
    key = TemplateKeyFactory(name="OWN_KEY", directory=own[DirectoryKind.TEMPLATE])
    directory_administrator = DirectoryAdministratorFactory()
    value = TemplateValueFactory(key=key, value="own value")
    asset = AssetFactory(device=device, name="Own mouse")
    elsewhere = DeviceFactory(directory=other[DirectoryKind.DEVICE], name="Another's device")
    things = {
        "own_directory": own[DirectoryKind.DEVICE],
        "own_profile_directory": own[DirectoryKind.PROFILE],
        "own_template_directory": own[DirectoryKind.TEMPLATE],
        "other_directory": other[DirectoryKind.DEVICE],
        "directory": DirectoryFactory(parent=own[DirectoryKind.DEVICE], name="Below own"),
        "device": device,
        "saved_view": SavedView.objects.create(name="Offline", owner=admin, filter="status:offline", shared=True),
        "profile": profile,
        "revision": profile.head,
        "priority_profile": ProfileFactory(
            kind=ProfileKind.PRIORITY, directory=own[DirectoryKind.PRIORITY_PROFILE], name="Own priority profile"
        ),
        "deleted_profile": ProfileFactory(
            directory=own[DirectoryKind.PROFILE], name="Deleted profile", deleted_at=timezone.now(), deleted_by="admin"
        ),
        "assignment": AssignmentFactory(profile=profile, device=device),
        "template_key": value.key,
        "template_value": value,
        "value_group": ValueGroupFactory(directory=own[DirectoryKind.TEMPLATE], name="Own group", values=[value]),
        "template_assignment": TemplateAssignmentFactory(value=value, device=device),
        "file": file,
        "failed_copy": ContentCopy.objects.create(
            content=file.content, node=ProcessFactory().node, state=CopyState.FAILED, error="The disk is full."
        ),
        "file_assignment": FileAssignmentFactory(file=file, device=device),
        "profile_file": ProfileFile.objects.create(profile=profile, file=file, author_name="tests"),
        "own_file_directory": own[DirectoryKind.FILE],
        "enrolment_key": EnrolmentKeyFactory(name="A key"),
        "user": UserFactory(username="somebody"),
        "elsewhere": elsewhere,
        "catalogue": profile.based_on,
        "process": ProcessFactory(),
        "watched_process": watchdog_beside(ProcessFactory()),
        "lost_process": ProcessFactory(status="SERVICE_LOST", life=""),
        "linked_directory": directory_administrator.directory,
        "directory_administrator": directory_administrator,
        "user_assignment": UserAssignmentFactory(profile=profile, target__directory=directory_administrator.directory),
        "orphan": UserAssignmentFactory(target__gone_at=timezone.now()).target,
        "batch": batch,
        "session": SessionFactory(device=device),
        "licence": LicenceFactory(number="EMP-1"),
        "asset": asset,
        "asset_event": AssetEventFactory(asset=asset),
        "elsewhere_asset": AssetFactory(device=elsewhere),
        "asset_rule": AssetRuleFactory(directory=own[DirectoryKind.DEVICE]),
        "network_asset_rule": AssetRuleFactory(),
        "api_token": ApiToken.objects.create(user=reader, name="Reader's token", key="0a1b2c", digest="0" * 64),
        "webhook": WebhookFactory(name="A webhook"),
        "delivery": DeliveryFactory(webhook__name="Another webhook", state="failed"),
        "notice": NoticeFactory(device=device),
        "settled_notice": NoticeFactory(device=device, settled_at=timezone.now(), settled_by="admin"),
        "command": CommandFactory(batch=batch, device=device),
        "event": record(actor=Actor.of(admin), action="device.moved", target=device),
    }
    return Cast(
        root=UserFactory(username="root", is_superuser=True),
        admin=admin,
        reader=reader,
        stranger=UserFactory(username="stranger"),
        own=own,
        other=other,
        things=things,
    )
