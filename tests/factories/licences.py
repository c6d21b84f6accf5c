"""Licences, and devices that have them."""

from __future__ import annotations

from datetime import timedelta

import factory
from django.utils import timezone

from ums.domain.licences import LicenceKind
from ums.licences.models import GivenLicence, Licence


class LicenceFactory(factory.django.DjangoModelFactory):
    """An Enterprise Management Pack for 100 devices and a year."""

    class Meta:
        model = Licence

    number = factory.Sequence(lambda n: f"EMP-{n:06}")
    kind = LicenceKind.EMP.value
    quantity = 100
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=365))
    added_by = "tests"


class GivenLicenceFactory(factory.django.DjangoModelFactory):
    """A device that has one: `unit_id`."""

    class Meta:
        model = GivenLicence

    licence = factory.SubFactory(LicenceFactory)
    unit_id = factory.Sequence(lambda n: f"UNIT{n}")
    given_by = "tests"
