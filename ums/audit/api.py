"""The audit log in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers

from ums.audit.filters import EventFilter
from ums.audit.models import Event
from ums.audit.selectors import event_list
from ums.core.access import Action
from ums.core.rest import ApiViewSet, NetworkPermission

if TYPE_CHECKING:
    from django.db.models import QuerySet


@extend_schema_field({"type": "object", "additionalProperties": {}, "nullable": True})
class ChangesField(serializers.JSONField):
    """What an object was or became, by property."""


class EventOut(serializers.ModelSerializer):
    """One change: who, from where, what, and how it was before."""

    actor = serializers.CharField(source="actor_name")
    before: Any = ChangesField()
    after: Any = ChangesField()

    class Meta:
        model = Event
        fields = (
            "id",
            "time",
            "actor",
            "address",
            "request_id",
            "action",
            "object_type",
            "object_id",
            "object_name",
            "before",
            "after",
            "comment",
        )
        read_only_fields = fields


class EventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """The audit log. It is read only, and needs the permission to read it."""

    queryset = Event.objects.none()
    serializer_class = EventOut
    filterset_class = EventFilter
    permission_classes = (NetworkPermission,)
    network_action = Action.AUDIT
    ordering_fields: ClassVar = {"id": "pk"}

    def get_queryset(self) -> QuerySet[Event]:
        """All events."""
        return event_list(user=self.request.user)
