"""Webhooks."""

from __future__ import annotations

import factory
from django.utils import timezone

from tests.factories.accounts import UserFactory
from ums.core.crypto import seal
from ums.feeds.models import Delivery, Webhook


class WebhookFactory(factory.django.DjangoModelFactory):
    """One that gets all that its owner may see."""

    class Meta:
        model = Webhook

    name = factory.Sequence(lambda n: f"Webhook {n}")
    url = "https://receiver.test/hook"
    secret = factory.LazyFunction(lambda: seal("whsec_of_the_tests"))
    owner = factory.SubFactory(UserFactory)


class DeliveryFactory(factory.django.DjangoModelFactory):
    """One that waits."""

    class Meta:
        model = Delivery

    webhook = factory.SubFactory(WebhookFactory)
    kind = "device.online"
    body = "{}"
    due_at = factory.LazyFunction(timezone.now)
    created_at = factory.SelfAttribute("due_at")
