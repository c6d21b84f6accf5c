"""The 40 vectors (tests/vectors.py) end to end: each phase is reached through the services, and read from the database
as devices get it and as people see it explained.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from swp import limits
from swp.ldap.directory import connected
from swp.ldap.types import ObjectKind
from swp.links import link_of
from swp.models import DirectoryObject, Login, Session, UserAssignment
from swp.services.assignments import user_assignments_add, user_assignments_remove
from swp.services.objects import objects_seen
from swp.services.sessions import sessions_end
from tests.apps.swp.users import licensed, log_in
from tests.factories import CatalogueFactory, DeviceFactory, DirectoryFactory, ProfileFactory, root
from tests.factories.swp import DirectoryObjectFactory, LinkedDirectoryFactory, LoginFactory, linked
from tests.services.samba import Samba
from tests.vectors import DEFAULTS, DEFINITION, PRINCIPALS, VECTORS, WALLPAPERS, Content, Phase, Profile, named
from ums.core.actor import SYSTEM
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.services import devices_move, local_settings_write
from ums.domain.parameters import Settings, settings_to_json
from ums.domain.principals import principals_of
from ums.domain.protocol import LoginOutcome, decode_body
from ums.effective.selectors import settings_explained, settings_for_devices
from ums.profiles.models import Assignment, Catalogue, ProfileKind, TemplateAssignment, TemplateKey
from ums.profiles.models import Profile as ProfileRow
from ums.profiles.services import (
    key_create,
    profile_delete,
    profile_save,
    profiles_assign,
    profiles_unassign,
    templates_assign,
    value_create,
)

pytestmark = pytest.mark.django_db

KINDS = {
    "S": ProfileKind.STANDARD,
    "M": ProfileKind.PRIORITY,
    "FWC": ProfileKind.CUSTOMIZATION,
    "UFU": ProfileKind.UPDATE,
}


class World:
    """The tree of the vectors, brought from phase to phase."""

    def __init__(self) -> None:
        self.catalogues: dict[str, Catalogue] = {
            os: CatalogueFactory(name=name, os=os, definition=json.dumps({**DEFINITION, "name": name, "os": os}))
            for os, name in (("OS11", "Vector OS"), ("OS12", "Vector OS 12"))
        }
        germany = DirectoryFactory(name="Germany")
        bremen = DirectoryFactory(name="Bremen", parent=germany)
        self.d = DeviceFactory(name="D", directory=bremen, firmware="Vector OS", firmware_version="1.0.0")
        self.places: dict[str, Device | Directory] = {
            "D": self.d,
            "root": root(),
            "Germany": germany,
            "Bremen": bremen,
            "Elsewhere": DirectoryFactory(name="Elsewhere"),
        }
        key_create(actor=SYSTEM, name="SITE", directory=root(DirectoryKind.TEMPLATE))
        self.contents: dict[int, Profile] = {}
        linked = LinkedDirectoryFactory()
        self.of_users: dict[str, DirectoryObject] = {
            place: DirectoryObjectFactory(directory=linked, name=place, kind=_kind(place)) for place in PRINCIPALS
        }

    def bring(self, phase: Phase) -> None:
        """Do what leads from the phase before to this one."""
        for profile, _ in phase.assigned:
            self._hold(profile)
        self._assign([(profile, place) for profile, place in phase.assigned if place not in PRINCIPALS])
        self._assign_users([(profile, place) for profile, place in phase.assigned if place in PRINCIPALS])
        self._log_in(phase)
        self._keys(phase.keys)
        local_settings_write(device_id=self.d.pk, content=_json(phase.local))
        devices_move(actor=SYSTEM, devices=[self.d], directory=self._directory(phase.home))
        for name in phase.binned:
            profile_delete(actor=SYSTEM, profile=ProfileRow.objects.get(name=name))
        self.d = Device.objects.get(pk=self.d.pk)

    def _hold(self, given: Profile) -> None:
        """A profile with this content: made when it is new, saved when it differs."""
        kind, based_on = KINDS[given.prefix], self.catalogues[given.os]
        if given.id not in self.contents:
            use_case = WALLPAPERS if kind is ProfileKind.CUSTOMIZATION else ""
            ProfileFactory(pk=given.id, name=given.name, kind=kind, use_case=use_case, based_on=based_on)
        row = ProfileRow.objects.select_related("head").get(pk=given.id)
        assert row.head is not None
        if self.contents.get(given.id) != given:
            profile_save(
                actor=SYSTEM,
                profile=row,
                settings=_json(given.content),
                overwrite_sessions=given.overwrites,
                base=row.head.number,
            )
        self.contents[given.id] = given

    def _assign(self, wanted: list[tuple[Profile, str]]) -> None:
        keep = set()
        for profile, place in wanted:
            row = ProfileRow.objects.get(pk=profile.id)
            target = self.places[place]
            side = {"device": target} if isinstance(target, Device) else {"directory": target}
            if not Assignment.objects.filter(profile=row, **side).exists():
                profiles_assign(actor=SYSTEM, profiles=[row], targets=[target])
            keep.add(Assignment.objects.get(profile=row, **side).pk)
        profiles_unassign(actor=SYSTEM, assignments=list(Assignment.objects.exclude(pk__in=keep)))

    def _keys(self, wanted: tuple[tuple[str, str, str], ...]) -> None:
        assert not TemplateAssignment.objects.exists(), "no vector takes values of keys away"
        for name, value, place in wanted:
            row = value_create(actor=SYSTEM, key=TemplateKey.objects.get(name=name), value=value)
            templates_assign(actor=SYSTEM, values=[row], targets=[self.places[place]])

    def _directory(self, name: str) -> Directory:
        place = self.places[name]
        assert isinstance(place, Directory)
        return place

    def _assign_users(self, wanted: list[tuple[Profile, str]]) -> None:
        keep = set()
        for profile, place in wanted:
            row, target = ProfileRow.objects.get(pk=profile.id), self.of_users[place]
            user_assignments_add(actor=SYSTEM, profiles=[row], objects=[target])
            keep.add(UserAssignment.objects.get(profile=row, target=target).pk)
        rows = UserAssignment.objects.exclude(pk__in=keep).select_related("profile", "target")
        user_assignments_remove(actor=SYSTEM, assignments=list(rows))

    def _log_in(self, phase: Phase) -> None:
        """The rows of a login at D, with what the fake directory says of the user; none when nobody is logged in."""
        Login.objects.filter(device=self.d).delete()
        if phase.login is None:
            return
        login = LoginFactory(device=self.d, user=self.of_users["U"])
        session = Session.objects.create(
            device=self.d, login=login, user=login.user, since=login.login_at, checked_at=login.login_at
        )
        places = {id: place for place, id in PRINCIPALS.items()}
        for one in principals_of(phase.login):
            known = self.of_users.get(places.get(one.id, ""))
            key = str(known.guid if known else uuid4())
            session.principals.create(kind=one.kind.value, key=key, name=one.name, distance=one.distance)


class RealWorld(World):
    """The same with a real directory: who logs in does so there, and it says of what U is a member."""

    def __init__(self, domain: Samba) -> None:
        super().__init__()
        limits.devices.clear()
        limits.users.clear()
        licensed()
        row = linked(domain)
        self.account = f"u@{domain.domain}"
        with connected(link_of(row)) as directory:
            entries = {entry.dn.casefold(): entry for entry in directory.at(_dns(domain).values())}
        seen = objects_seen(directory=row, entries=entries.values())
        self.of_users = {place: seen[entries[dn.casefold()].guid] for place, dn in _dns(domain).items()}

    def _log_in(self, phase: Phase) -> None:
        sessions_end(actor=SYSTEM, sessions=Session.objects.all(), end=Login.End.LOGOUT)
        if phase.login is not None:
            assert log_in(self.d, self.account).outcome is LoginOutcome.AUTH_OK


def _dns(domain: Samba) -> dict[str, str]:
    groups = {name: domain.dn(name, "OU=Groups") for name in ("Alpha", "Beta", "Zulu")}
    units = {"OU Sales": f"OU=Sales,OU=Staff,{domain.base}", "OU Staff": f"OU=Staff,{domain.base}"}
    return {"U": domain.dn("U", "OU=Sales,OU=Staff"), "Domain Users": domain.dn("Domain Users"), **groups, **units}


@pytest.fixture(scope="module")
def domain(corp_template: Samba) -> Iterator[Samba]:
    """CORP.TEST with U and its groups. Zulu is in Alpha as well: a circle changes no vector."""
    made = corp_template.copy()
    dns = _dns(made)
    made.add([made.user("U", "OU=Sales,OU=Staff")])
    made.add([made.group(name, "OU=Groups", members=[dns["U"]]) for name in ("Alpha", "Beta")])
    made.add([made.group("Zulu", "OU=Groups", members=[dns["Alpha"]])])
    made.join(dns["Alpha"], dns["U"], dns["Zulu"])
    with made:
        yield made


def _kind(place: str) -> str:
    if place == "U":
        return ObjectKind.USER.value
    return (ObjectKind.OU if place.startswith("OU ") else ObjectKind.GROUP).value


def _json(content: Content) -> dict[str, Any]:
    return settings_to_json(Settings(content.values, content.instances))


@pytest.mark.parametrize("phases", VECTORS, ids=named)
def test_vector(phases: tuple[Phase, ...]) -> None:
    _holds(World(), phases)


OF_USERS = [phases for phases in VECTORS if any(phase.login for phase in phases)]


@pytest.mark.parametrize("phases", OF_USERS, ids=named)
def test_vector_with_a_real_directory(phases: tuple[Phase, ...], domain: Samba) -> None:
    _holds(RealWorld(domain), phases)


def _holds(world: World, phases: tuple[Phase, ...]) -> None:
    for phase in phases:
        world.bring(phase)
        result = settings_for_devices(device_ids=[world.d.pk])[world.d.pk].result
        body = decode_body(result.body)
        assert body.values == phase.values, phase.why
        assert " ".join(sorted(body.instances)) == phase.sessions, phase.why
        shown = settings_explained(device=world.d)
        explained = {one.path: one.explanation for one in shown.parameters}
        assert {path: explained[path].value for path in DEFAULTS} == phase.values, "what is told is what counts"
        assert {path for path in DEFAULTS if explained[path].ignored} == phase.ignored
        assert shown.tag == result.tag
