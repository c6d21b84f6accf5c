"""Webhooks and their deliveries in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action

from ums.core.access import Action
from ums.core.filters import IdFilter, MomentFilter
from ums.core.rest import ApiViewSet, Input, NetworkPermission, Ref
from ums.feeds import services
from ums.feeds.filters import MAX_KINDS
from ums.feeds.models import Delivery, Webhook
from ums.feeds.selectors import delivery_list, webhook_list

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response

STATES = ("active", "failing", "paused", "off", "ownerless")


class WebhookOut(serializers.ModelSerializer):
    """A webhook. `kinds`: the kinds of events that it gets, none: all. `waiting`: deliveries that wait."""

    owner = serializers.CharField(source="owner.username", default="", help_text="It is told what this user may see.")
    kinds: Any = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=STATES)
    waiting = serializers.IntegerField()

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = (
            "id",
            "name",
            "url",
            "kinds",
            "enabled",
            "owner",
            "state",
            "waiting",
            "failing_since",
            "paused_at",
            "created_at",
        )
        read_only_fields = fields


class WebhookSecretOut(serializers.Serializer):
    """A webhook with the secret that its requests are signed with. It is told this once."""

    webhook = WebhookOut()
    secret = serializers.CharField()


class WebhookInput(Input):
    """A webhook to be made."""

    name = serializers.CharField(max_length=100)
    url = serializers.CharField(max_length=500)
    kinds = serializers.ListField(child=serializers.CharField(max_length=64), max_length=MAX_KINDS, default=list)
    enabled = serializers.BooleanField(default=True)


class WebhookPatch(Input):
    """What of a webhook is to be changed."""

    name = serializers.CharField(max_length=100, required=False)
    url = serializers.CharField(max_length=500, required=False)
    kinds = serializers.ListField(child=serializers.CharField(max_length=64), max_length=MAX_KINDS, required=False)
    enabled = serializers.BooleanField(required=False)


class TryOut(serializers.Serializer):
    """One request and what came of it."""

    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True, help_text="Null: there was no answer.")
    ms = serializers.IntegerField()
    detail = serializers.CharField(allow_blank=True)


@extend_schema_field(TryOut(many=True))
class TriesField(serializers.JSONField):
    """The requests of a delivery."""


class WebhookDeliveryOut(serializers.ModelSerializer):
    """One event on its way to a webhook. `cursor` is that of the event; a test has none."""

    webhook: Any = Ref()
    cursor = serializers.CharField(source="position", allow_null=True)
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    tries: Any = TriesField()

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = (
            "id",
            "webhook",
            "kind",
            "cursor",
            "state",
            "attempts",
            "status",
            "due_at",
            "created_at",
            "finished_at",
            "tries",
            "body",
        )
        read_only_fields = fields


class DeliveryFilter(django_filters.FilterSet):
    """The parameters of the log."""

    webhook = IdFilter(field_name="webhook_id", label="Id of a webhook")
    state = django_filters.ChoiceFilter(choices=Delivery.State.choices)
    kind = django_filters.CharFilter(label="As in “device.online”")
    since = MomentFilter(field_name="created_at", lookup_expr="gte")

    class Meta:
        model = Delivery
        fields: list[str] = []


class WebhookViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Webhooks: addresses that are told of events over HTTPS. They are a matter of the whole network."""

    queryset = Webhook.objects.none()
    serializer_class = WebhookOut
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    ordering_fields: ClassVar = {"name": "name", "id": "pk"}
    volatile: ClassVar = frozenset({"state", "waiting", "failing_since", "paused_at"})

    def get_queryset(self) -> QuerySet[Webhook]:
        """All of them."""
        return webhook_list(user=self.request.user)

    @extend_schema(request=WebhookInput, responses={201: WebhookSecretOut})
    def create(self, request: Request) -> Response:
        """Make a webhook that is told what happens from now on. The answer has its secret, this once."""
        row, secret = services.webhook_create(actor=self.actor, **self.parsed(WebhookInput))
        told = {"webhook": self.get_queryset().get(pk=row.pk), "secret": secret}
        return self.answer(told, WebhookSecretOut, created=True)

    @extend_schema(request=WebhookPatch, responses=WebhookOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given."""
        services.webhook_update(actor=self.actor, webhook=self.get_object(), **self.parsed(WebhookPatch))
        return self.answer(self.get_object())

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a webhook with its log."""
        services.webhook_delete(actor=self.actor, webhook=self.get_object())
        return self.gone()

    @extend_schema(request=None, responses=WebhookSecretOut)
    @action(detail=True, methods=["post"], url_path="renew-secret")
    def renew_secret(self, request: Request, pk: str) -> Response:
        """Another secret. The old one is void at once."""
        row = self.get_object()
        secret = services.webhook_renew_secret(actor=self.actor, webhook=row)
        return self.answer({"webhook": row, "secret": secret}, WebhookSecretOut)

    @extend_schema(request=None, responses=WebhookOut)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on where it was paused."""
        services.webhook_resume(actor=self.actor, webhook=self.get_object())
        return self.answer(self.get_object())

    @extend_schema(request=None, responses={201: WebhookDeliveryOut})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send a test. What comes of it stands in the log."""
        return self.answer(
            services.webhook_test(actor=self.actor, webhook=self.get_object()), WebhookDeliveryOut, created=True
        )


class WebhookDeliveryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """The log of what was sent to webhooks."""

    queryset = Delivery.objects.none()
    serializer_class = WebhookDeliveryOut
    filterset_class = DeliveryFilter
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    ordering_fields: ClassVar = {"id": "pk"}
    tagged: ClassVar[frozenset[str]] = frozenset()

    def get_queryset(self) -> QuerySet[Delivery]:
        """All of them."""
        return delivery_list(user=self.request.user)

    @extend_schema(request=None, responses=WebhookDeliveryOut)
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, pk: str) -> Response:
        """Send it once more."""
        services.delivery_redeliver(actor=self.actor, delivery=self.get_object())
        return self.answer(self.get_object())
