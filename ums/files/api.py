"""Files and their assignments in the API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from ums.core.access import Action, restrict
from ums.core.errors import NotAllowed
from ums.core.filters import IdFilter
from ums.core.rest import ApiViewSet, BoundedJSONParser, Id, Ids, Input, Ref, all_of, one_of
from ums.devices.api import WhenField, WhenInput
from ums.devices.assigning_api import OnTargetOut, OnTargetsInput, OnTargetsViewSet
from ums.devices.models import Directory
from ums.domain.protocol import MAX_DEVICE_PATH
from ums.files.answers import content_answer
from ums.files.models import Classification, File, FileAssignment, Owner
from ums.files.selectors import file_assignment_list, file_list
from ums.files.services import (
    file_create,
    file_move,
    file_replace,
    file_update,
    files_assign,
    files_delete,
    files_unassign,
)
from ums.files.views.asked import with_words

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request


class FileFilter(django_filters.FilterSet):
    """The parameters of file lists."""

    q = django_filters.CharFilter(method="filter_q", label="Words that are part of name, description or path")
    directory = IdFilter(field_name="directory_id", label="Id of a directory")
    classification = django_filters.ChoiceFilter(choices=Classification.choices)
    sha256 = django_filters.CharFilter(field_name="content_id", label="SHA-256 of the content")

    class Meta:
        model = File
        fields: list[str] = []

    def filter_q(self, queryset: QuerySet[File], name: str, value: str) -> QuerySet[File]:
        """Each word."""
        return with_words(queryset, value)


class FileOut(serializers.ModelSerializer):
    """A file without its content."""

    directory = Ref()
    sha256 = serializers.CharField(source="content_id", help_text="Of the content.")
    permissions = serializers.CharField(help_text="Octal, as chmod takes them.")
    secret = serializers.BooleanField(help_text="Nobody but devices can fetch the content.")
    assignment_count = serializers.IntegerField(help_text="Devices and directories that it is assigned to.")

    class Meta:
        model = File
        fields = (
            "id",
            "name",
            "description",
            "directory",
            "classification",
            "device_path",
            "permissions",
            "owner",
            "sha256",
            "size",
            "secret",
            "assignment_count",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class PermissionsField(serializers.CharField):
    """Permission bits as `chmod` takes them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(help_text="Octal, as chmod takes them: “644”.", **options)

    def to_internal_value(self, data: Any) -> Any:
        """The bits. Raises ValidationError."""
        text = super().to_internal_value(data)
        if not re.fullmatch(r"0?[0-7]{3}", text):
            raise serializers.ValidationError("Three octal digits, please.")
        return int(text, 8)


class FileUpdateInput(Input):
    """What is not given stays."""

    name = serializers.CharField(max_length=255, required=False)
    description = serializers.CharField(max_length=4000, allow_blank=True, required=False)
    classification = serializers.ChoiceField(choices=Classification.choices, required=False)
    device_path = serializers.CharField(max_length=MAX_DEVICE_PATH, required=False)
    permissions = PermissionsField(required=False)
    owner = serializers.ChoiceField(choices=Owner.choices, required=False)
    when = WhenField()


class FileCreateInput(Input):
    """A new file, as multipart/form-data."""

    content = serializers.FileField(allow_empty_file=True)
    name = serializers.CharField(max_length=255)
    directory = Id()
    device_path = serializers.CharField(max_length=MAX_DEVICE_PATH, help_text="Absolute, with the file's name.")
    description = serializers.CharField(max_length=4000, allow_blank=True, default="")
    classification = serializers.ChoiceField(choices=Classification.choices, default=Classification.UNDEFINED.value)
    permissions = PermissionsField(default=0o644)
    owner = serializers.ChoiceField(choices=Owner.choices, default=Owner.ROOT.value)


class FileReplaceInput(Input):
    """Another content, as multipart/form-data."""

    content = serializers.FileField(allow_empty_file=True)
    when = WhenField()


class FileMoveInput(Input):
    """The new directory, in the tree of files."""

    directory = Id()


class FileDeleteInput(WhenInput):
    """Whether files that are in use may be deleted."""

    assigned = serializers.BooleanField(default=False, help_text="Delete it although it is assigned.")


class FileViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Files that are put onto devices."""

    queryset = File.objects.none()
    serializer_class = FileOut
    filterset_class = FileFilter
    parser_classes: Any = (BoundedJSONParser, MultiPartParser)
    ordering_fields: ClassVar = {"name": "name", "id": "pk", "size": "size", "updated_at": "updated_at"}
    dry_runs: ClassVar = frozenset({"content_replace", "destroy", "partial_update"})

    def get_queryset(self) -> QuerySet[File]:
        """Files that the user may read."""
        return file_list(user=self.request.user)

    @extend_schema(request={"multipart/form-data": FileCreateInput}, responses=FileOut)
    def create(self, request: Request) -> Response:
        """Upload a file."""
        given = self.parsed(FileCreateInput)
        directories = restrict(Directory.objects.all(), request.user, Action.BROWSE)
        directory = one_of(directories, given.pop("directory"), "directory")
        mode = given.pop("permissions")
        file = file_create(actor=self.actor, directory=directory, mode=mode, **given)
        return self._read(file.pk, created=True)

    @extend_schema(request=FileUpdateInput, responses=FileOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what a file is called, what it is, and where and how it lies on devices."""
        file, given = self.get_object(), self.parsed(FileUpdateInput)
        if "permissions" in given:
            given["mode"] = given.pop("permissions")
        names = ("name", "description", "classification", "device_path", "mode", "owner")
        file_update(actor=self.actor, file=file, **{**{name: getattr(file, name) for name in names}, **given})
        return self._read(file.pk)

    @extend_schema(parameters=[FileDeleteInput])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a file; devices that have it remove it. 409 while it is assigned, unless `assigned` is true."""
        asked = self.asked(FileDeleteInput)
        files_delete(actor=self.actor, files=[self.get_object()], assigned=asked["assigned"], when=asked["when"])
        return self.gone()

    @extend_schema(request=FileMoveInput, responses=FileOut)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Move a file to another directory; its assignments stay."""
        directories = restrict(Directory.objects.all(), request.user, Action.BROWSE)
        directory = one_of(directories, self.parsed(FileMoveInput)["directory"], "directory")
        return self._read(file_move(actor=self.actor, file=self.get_object(), directory=directory).pk)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def content(self, request: Request, pk: str) -> HttpResponseBase:
        """The content. 403 for a private key: that is given to devices only."""
        file = self.get_object()
        if file.secret:
            raise NotAllowed("The content of a private key is given to devices only.")
        return content_answer(request._request, file.content, file.device_path.rpartition("/")[2])

    @extend_schema(request={"multipart/form-data": FileReplaceInput}, responses=FileOut)
    @content.mapping.put
    def content_replace(self, request: Request, pk: str) -> Response:
        """Upload another content; devices that have the file fetch it."""
        file = file_replace(actor=self.actor, file=self.get_object(), **self.parsed(FileReplaceInput))
        return self._read(file.pk)

    def _read(self, pk: int, *, created: bool = False) -> Response:
        return self.answer(self.get_queryset().get(pk=pk), created=created)


class FileAssignmentFilter(django_filters.FilterSet):
    """The parameters of lists of file assignments."""

    file = IdFilter(field_name="file_id", label="Id of a file")
    device = IdFilter(field_name="device_id", label="Id of a device that a file is assigned to directly")
    directory = IdFilter(field_name="directory_id", label="Id of a directory that a file is assigned to directly")

    class Meta:
        model = FileAssignment
        fields: list[str] = []


class FileAssignmentOut(OnTargetOut):
    """A file on a device or on a directory."""

    file = Ref()

    class Meta:
        model = FileAssignment
        fields = ("id", "file", "device", "directory", "author_name", "created_at")
        read_only_fields = fields


class FilesAssignInput(OnTargetsInput):
    """Each file on each device and directory."""

    files = Ids(allow_empty=False)


class FilesAssignedOut(serializers.Serializer):
    """The new assignments; what was assigned before is not among them."""

    items = FileAssignmentOut(many=True)


class FileAssignmentViewSet(OnTargetsViewSet):
    """Which files are assigned to which devices and directories."""

    queryset = FileAssignment.objects.none()
    serializer_class = FileAssignmentOut
    filterset_class = FileAssignmentFilter
    remove = staticmethod(files_unassign)

    def get_queryset(self) -> QuerySet[FileAssignment]:
        """Those both sides of which the user may read."""
        return file_assignment_list(user=self.request.user)

    @extend_schema(request=FilesAssignInput, responses=FilesAssignedOut)
    def create(self, request: Request) -> Response:
        """Assign files; what is assigned already stays as it is."""
        given = self.parsed(FilesAssignInput)
        files = all_of(restrict(File.objects.all(), request.user, Action.READ), given["files"], "file")
        made = files_assign(actor=self.actor, files=files, targets=self.targets(given), when=given["when"])
        return self.answer({"items": made}, FilesAssignedOut, created=True)
