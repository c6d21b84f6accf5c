"""Commands."""

from __future__ import annotations

from datetime import timedelta

import factory
from django.utils import timezone

from tests.factories.devices import DeviceFactory
from ums.jobs.models import Batch, Command


class BatchFactory(factory.django.DjangoModelFactory):
    """A batch of reboots; its commands are made apart."""

    class Meta:
        model = Batch

    kind = "reboot"
    target = "a device"
    total = 1
    author_name = "tests"


class CommandFactory(factory.django.DjangoModelFactory):
    """A reboot that waits for its device."""

    class Meta:
        model = Command

    batch = factory.SubFactory(BatchFactory)
    device = factory.SubFactory(DeviceFactory)
    kind = "reboot"
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))
