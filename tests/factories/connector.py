"""First-authentication keys."""

from __future__ import annotations

import factory

from ums.connector.models import EnrolmentKey
from ums.core.crypto import digest, seal


class EnrolmentKeyFactory(factory.django.DjangoModelFactory):
    """A one-time key. `secret="…"` is what the device shows."""

    class Meta:
        model = EnrolmentKey

    class Params:
        secret = factory.Sequence("secret-{}".format)

    name = factory.Sequence("Key {}".format)
    digest = factory.LazyAttribute(lambda made: digest("enrolment", made.secret))
    sealed_secret = factory.LazyAttribute(lambda made: seal(made.secret))
    author_name = "tests"
