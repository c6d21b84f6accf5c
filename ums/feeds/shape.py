"""An event as programs get it: the same in lists, streams and webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

if TYPE_CHECKING:
    from ums.events.models import Event


class AboutOut(serializers.Serializer):
    """What an event is about, as it was called then."""

    type = serializers.CharField(source="object_type", help_text="As in “device”; empty: nothing in particular.")
    id = serializers.CharField(source="object_id")
    name = serializers.CharField(source="object_name")


@extend_schema_field({"type": "object", "additionalProperties": {}})
class DataField(serializers.JSONField):
    """More about an event; what, its kind says."""


class FeedEventOut(serializers.Serializer):
    """Something that happened. `directory`: where, as the id of a directory; null: in the network. `actor`: who did it;
    empty: it happened by itself."""

    cursor = serializers.CharField(source="position")
    time = serializers.DateTimeField()
    kind = serializers.CharField()
    object = AboutOut(source="*")
    directory = serializers.IntegerField(allow_null=True)
    actor = serializers.CharField()
    data: Any = DataField()


def as_json(row: Event) -> str:
    """In one line."""
    return bytes(JSONRenderer().render(FeedEventOut(row).data)).decode()
