"""Files of the network in the API: which server holds which content."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action

from ums.core.access import Action
from ums.core.rest import ApiViewSet, NetworkPermission
from ums.files.models import ContentCopy, CopyState
from ums.files.selectors import copy_list
from ums.files.services import copy_retry

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response


class ContentCopyFilter(django_filters.FilterSet):
    """The parameters of lists of copies."""

    sha256 = django_filters.CharFilter(field_name="content_id", label="SHA-256 of a content")
    node = django_filters.UUIDFilter(field_name="node_id", label="Id of a node")
    state = django_filters.ChoiceFilter(choices=CopyState.choices)

    class Meta:
        model = ContentCopy
        fields: list[str] = []


class NodeRef(serializers.Serializer):
    """A node of the network."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class ContentCopyOut(serializers.ModelSerializer):
    """A content on the disk of a server. `at`: last change of the state; `checked_at`: when its bytes were right."""

    sha256 = serializers.CharField(source="content_id")
    node = NodeRef()

    class Meta:
        model = ContentCopy
        fields: tuple[str, ...] = ("id", "sha256", "node", "state", "error", "at", "checked_at")
        read_only_fields = fields


class ContentCopyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Which server holds which content. A server by itself has no such rows."""

    queryset = ContentCopy.objects.none()
    serializer_class = ContentCopyOut
    filterset_class = ContentCopyFilter
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    ordering_fields: ClassVar = {"id": "pk"}

    def get_queryset(self) -> QuerySet[ContentCopy]:
        """All of them."""
        return copy_list(user=self.request.user)

    @extend_schema(request=None, responses=ContentCopyOut)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Have a server try again to fetch a content; 409 unless it has failed."""
        copy = self.get_object()
        copy_retry(actor=self.actor, copy=copy)
        return self.answer(self.get_queryset().get(pk=copy.pk))
