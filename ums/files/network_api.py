"""Files of the network in the API: the transfer directory, and which server holds which content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action

from ums.core.access import Action
from ums.core.filters import IdFilter
from ums.core.rest import ApiViewSet, NetworkPermission
from ums.files.listed import entry_list, lines
from ums.files.models import ContentCopy, CopyState, TransferEntry
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


class TransferEntryFilter(django_filters.FilterSet):
    """The parameters of lists of the transfer directory."""

    directory = IdFilter(field_name="parent_id", label="Id of a directory")
    name = django_filters.CharFilter(label="Name")
    sha256 = django_filters.CharFilter(field_name="content_id", label="SHA-256 of the content")

    class Meta:
        model = TransferEntry
        fields: list[str] = []


class TransferEntryOut(serializers.ModelSerializer):
    """A file or a directory of the transfer directory. `servers`: how many hold the content."""

    path = serializers.CharField(help_text="From the transfer directory on, with a slash in front.")
    directory = serializers.IntegerField(source="parent_id", help_text="Id of the directory that it lies in.")
    is_directory = serializers.SerializerMethodField()
    sha256 = serializers.CharField(source="content_id", allow_null=True)
    size = serializers.IntegerField(source="content.size", default=None, allow_null=True, help_text="In bytes.")
    servers = serializers.IntegerField(source="held")

    class Meta:
        model = TransferEntry
        fields: tuple[str, ...] = (
            "id",
            "path",
            "name",
            "directory",
            "is_directory",
            "sha256",
            "size",
            "servers",
            "author_name",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_is_directory(self, row: TransferEntry) -> bool:
        """Otherwise it is a file."""
        return row.content_id is None


class TransferEntryViewSet(mixins.ListModelMixin, ApiViewSet):
    """What lies in the transfer directory. It is written by WebDAV."""

    queryset = TransferEntry.objects.none()
    serializer_class = TransferEntryOut
    filterset_class = TransferEntryFilter
    permission_classes = (NetworkPermission,)
    network_action = Action.TRANSFER
    ordering_fields: ClassVar = {"id": "pk", "name": "name", "updated_at": "updated_at"}

    def get_queryset(self) -> QuerySet[TransferEntry]:
        """All of it."""
        return entry_list(user=self.request.user)

    def paginate_queryset(self, queryset: Any) -> Any:
        """The rows of a page, with their paths, which are found together."""
        rows = super().paginate_queryset(queryset)
        for line in lines(rows or []):
            line.entry.path = line.path
        return rows
