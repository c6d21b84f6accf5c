"""Notices."""

from __future__ import annotations

import factory
from django.utils import timezone

from ums.notices.models import Notice


class NoticeFactory(factory.django.DjangoModelFactory):
    """One of a peripheral that is not allowed, open."""

    class Meta:
        model = Notice

    key = factory.Sequence(lambda n: f"notice-{n}")
    kind = "asset.not_allowed"
    title = factory.Sequence(lambda n: f"Notice {n}")
    first_at = factory.LazyFunction(timezone.now)
    last_at = factory.SelfAttribute("first_at")
