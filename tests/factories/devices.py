"""Directories and devices."""

from __future__ import annotations

import factory
from django.utils import timezone

from ums.devices.models import Device, Directory, DirectoryKind, Presence, SettingsState

TITLES = dict(DirectoryKind.choices)


def root(kind: str = DirectoryKind.DEVICE) -> Directory:
    """The root of a tree. A migration makes it, but tests with real transactions empty all tables."""
    return Directory.objects.get_or_create(kind=kind, parent=None, defaults={"name": TITLES[kind]})[0]


class DirectoryFactory(factory.django.DjangoModelFactory):
    """A directory below the root of its kind."""

    class Meta:
        model = Directory

    kind = DirectoryKind.DEVICE
    name = factory.Sequence("Directory {}".format)
    parent = factory.LazyAttribute(lambda made: root(made.kind))


class PresenceFactory(factory.django.DjangoModelFactory):
    """Never seen."""

    class Meta:
        model = Presence


class SettingsStateFactory(factory.django.DjangoModelFactory):
    """Waits for its first settings."""

    class Meta:
        model = SettingsState

    pending_since = factory.LazyFunction(timezone.now)


class DeviceFactory(factory.django.DjangoModelFactory):
    """A device in the root directory, never seen, settings pending."""

    class Meta:
        model = Device
        skip_postgeneration_save = True

    unit_id = factory.Sequence("00e0c5{:06x}".format)
    name = factory.Sequence("TC-{:05d}".format)
    directory = factory.LazyFunction(root)
    presence = factory.RelatedFactory(PresenceFactory, "device")
    state = factory.RelatedFactory(SettingsStateFactory, "device")
