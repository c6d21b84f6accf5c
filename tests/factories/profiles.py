"""Catalogues, profiles, revisions, template keys and assignments."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import factory

from tests.factories.devices import DeviceFactory, root
from ums.devices.models import DirectoryKind
from ums.profiles.models import (
    Assignment,
    Catalogue,
    Profile,
    ProfileKind,
    Revision,
    TemplateAssignment,
    TemplateKey,
    TemplateValue,
    ValueGroup,
)
from ums.profiles.services.profiles import DIRECTORY_KIND

DEFINITION: dict[str, Any] = {
    "format": "ums-catalogue/1",
    "name": "Test Linux",
    "version": "1.0.0",
    "os": "test-linux",
    "pages": [
        {"id": "sessions", "title": "Sessions", "parent": None},
        {"id": "system", "title": "System", "parent": None},
    ],
    "classes": [
        {"path": "sessions.rdp%", "kind": "free", "label": "RDP session", "name_parameter": "name"},
        {"path": "display%", "kind": "fixed", "label": "Display", "indices": [0, 1]},
    ],
    "parameters": [
        {"path": "sessions.rdp%.name", "page": "sessions", "type": "string", "default": "", "label": "Name"},
        {"path": "sessions.rdp%.server", "page": "sessions", "type": "string", "default": "", "label": "Server"},
        {"path": "display%.resolution", "page": "system", "type": "string", "default": "auto", "label": "Resolution"},
        {"path": "system.timezone", "page": "system", "type": "string", "default": "UTC", "label": "Time zone"},
        {"path": "system.volume", "page": "system", "type": "integer", "default": 50, "label": "Volume",
         "minimum": 0, "maximum": 100},
        {"path": "system.password", "page": "system", "type": "string", "default": "", "label": "Password",
         "secret": True},
        {"path": "system.kernel", "page": "system", "type": "string", "default": "", "label": "Kernel options",
         "runtime": False},
    ],
}  # fmt: skip
"""A catalogue with one of each kind of thing, small enough to know by heart."""


class CatalogueFactory(factory.django.DjangoModelFactory):
    """DEFINITION as a row; the same row each time."""

    class Meta:
        model = Catalogue
        django_get_or_create = ("name", "version")

    name = DEFINITION["name"]
    version = DEFINITION["version"]
    os = DEFINITION["os"]
    definition = json.dumps(DEFINITION)
    checksum = factory.LazyAttribute(lambda made: hashlib.sha256(made.definition.encode()).hexdigest())


class RevisionFactory(factory.django.DjangoModelFactory):
    """One more revision of a profile; does not make it the head."""

    class Meta:
        model = Revision

    profile = factory.SubFactory("tests.factories.profiles.ProfileFactory", head=None)
    number = factory.LazyAttribute(lambda made: made.profile.revisions.count() + 1)
    content = factory.LazyFunction(lambda: {"values": {}, "instances": {}})
    author_name = "tests"


class ProfileFactory(factory.django.DjangoModelFactory):
    """A profile in the root of its kind. `values={path: value}` are those of its first revision, its head."""

    class Meta:
        model = Profile
        skip_postgeneration_save = True

    kind = ProfileKind.STANDARD
    name = factory.Sequence("Profile {}".format)
    based_on = factory.SubFactory(CatalogueFactory)

    @factory.lazy_attribute
    def directory(self) -> Any:
        return root(DIRECTORY_KIND[self.kind])

    @factory.post_generation
    def values(self, create: bool, values: dict[str, Any] | None, **kwargs: Any) -> None:
        """The head revision, with these values."""
        if not create:
            return
        profile: Any = self
        profile.head = RevisionFactory(profile=profile, content={"values": values or {}, "instances": {}})
        profile.save(update_fields=["head"])


class AssignmentFactory(factory.django.DjangoModelFactory):
    """A profile on a device; give `device=None, directory=…` for one on a directory."""

    class Meta:
        model = Assignment

    profile = factory.SubFactory(ProfileFactory)
    device = factory.SubFactory(DeviceFactory)
    author_name = "tests"


class TemplateKeyFactory(factory.django.DjangoModelFactory):
    """A key in the root of its kind; the same row for the same name."""

    class Meta:
        model = TemplateKey
        django_get_or_create = ("name",)

    name = factory.Sequence("KEY_{}".format)
    directory = factory.LazyFunction(lambda: root(DirectoryKind.TEMPLATE))


class TemplateValueFactory(factory.django.DjangoModelFactory):
    """A value of a key, of SITE unless another is named."""

    class Meta:
        model = TemplateValue

    key = factory.SubFactory(TemplateKeyFactory, name="SITE")
    value = factory.Sequence("value {}".format)


class ValueGroupFactory(factory.django.DjangoModelFactory):
    """A group of `values=[…]`."""

    class Meta:
        model = ValueGroup
        skip_postgeneration_save = True

    name = factory.Sequence("Group {}".format)
    directory = factory.LazyFunction(lambda: root(DirectoryKind.TEMPLATE))

    @factory.post_generation
    def values(self, create: bool, values: list[TemplateValue] | None, **kwargs: Any) -> None:
        """Those that it has."""
        if create:
            group: Any = self
            group.values.set(values or [])


class TemplateAssignmentFactory(factory.django.DjangoModelFactory):
    """A value on a device; `device=None, directory=…` is one on a directory, `value=None, group=…` a group."""

    class Meta:
        model = TemplateAssignment

    value = factory.SubFactory(TemplateValueFactory)
    device = factory.SubFactory(DeviceFactory)
    author_name = "tests"
