"""Devices and directories in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from ums.core.access import Action, restrict
from ums.core.filters import IdFilter
from ums.core.rest import ApiViewSet, Id, Ids, Input, Ref, all_of, one_of
from ums.devices.filters import STATUSES, DeviceFilter
from ums.devices.models import Delivery, Device, Directory, DirectoryKind, NetworkAdapter
from ums.devices.selectors import device_list
from ums.devices.services import (
    When,
    device_allow_reenrolment,
    device_delete,
    device_update,
    devices_move,
    directory_create,
    directory_delete,
    directory_move,
    directory_update,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

WHEN = [(When.NOW.value, "At once"), (When.NEXT_BOOT.value, "When the device boots next")]


class WhenField(serializers.ChoiceField):
    """When a change of settings reaches the devices."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=WHEN, default=When.NOW.value, **options)

    def to_internal_value(self, data: Any) -> When:
        """As services take it."""
        return When(super().to_internal_value(data))

    def get_default(self) -> When:
        """As services take it."""
        return When.NOW


class WhenInput(Input):
    """Query of deletions that change settings."""

    when = WhenField()


class AdapterOut(serializers.ModelSerializer):
    """A network adapter."""

    addresses = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = NetworkAdapter
        fields = ("name", "mac", "addresses")


class DeviceOut(serializers.ModelSerializer):
    """A device in a list."""

    directory = Ref()
    status = serializers.ChoiceField(choices=STATUSES)
    last_contact = serializers.DateTimeField(source="presence.last_contact", allow_null=True)
    pending = serializers.BooleanField(source="state.pending", help_text="Its settings are not transferred yet.")
    deferred = serializers.BooleanField(source="state.deferred", help_text="They wait for its next boot.")

    class Meta:
        model = Device
        fields: tuple[str, ...] = (
            "id",
            "unit_id",
            "name",
            "directory",
            "status",
            "last_contact",
            "pending",
            "deferred",
            "site",
            "department",
            "cost_centre",
            "asset_id",
            "in_service_date",
            "serial_number",
            "comment",
            "structure_tag",
            "network_name",
            "ip_address",
            "vendor",
            "product",
            "firmware",
            "firmware_version",
            "last_user",
            "registered_at",
        )
        read_only_fields = fields


class DeviceDetailOut(DeviceOut):
    """A device with all that it reports."""

    adapters = AdapterOut(many=True)
    extra = serializers.DictField(child=serializers.JSONField(), help_text="Facts that this server has no field for.")
    settings_applied_at = serializers.DateTimeField(source="state.applied_at", allow_null=True)
    settings_tag = serializers.CharField(source="state.applied_tag", help_text="Tag of what it has applied.")
    settings_error = serializers.CharField(source="state.error", help_text="Why it could not apply its settings.")

    class Meta(DeviceOut.Meta):
        fields = (
            *DeviceOut.Meta.fields,
            "agent_version",
            "bios",
            "cpu",
            "cores",
            "memory_mb",
            "storage_mb",
            "os_name",
            "os_version",
            "kernel",
            "adapters",
            "extra",
            "inventory_at",
            "reenrol_until",
            "settings_applied_at",
            "settings_tag",
            "settings_error",
        )
        read_only_fields = fields


class DeviceInput(Input):
    """Custom properties of a device; what is not given stays."""

    name = serializers.CharField(max_length=255, required=False)
    site = serializers.CharField(max_length=255, allow_blank=True, required=False)
    department = serializers.CharField(max_length=255, allow_blank=True, required=False)
    cost_centre = serializers.CharField(max_length=255, allow_blank=True, required=False)
    asset_id = serializers.CharField(max_length=255, allow_blank=True, required=False)
    in_service_date = serializers.DateField(allow_null=True, required=False)
    serial_number = serializers.CharField(max_length=255, allow_blank=True, required=False)
    comment = serializers.CharField(max_length=4000, allow_blank=True, required=False)


class DevicesMoveInput(Input):
    """Which devices go where."""

    devices = Ids(allow_empty=False)
    directory = Id()
    when = WhenField()


class MovedOut(serializers.Serializer):
    """Those that were somewhere else before."""

    moved = serializers.ListField(child=serializers.IntegerField())


class DeviceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Managed devices. They come into being by enrolment, not here."""

    queryset = Device.objects.none()
    filterset_class = DeviceFilter
    ordering_fields: ClassVar = {
        "name": "name",
        "id": "pk",
        "last_contact": "presence__last_contact",
        "registered_at": "registered_at",
        "unit_id": "unit_id",
        "site": "site",
        "product": "product",
        "firmware_version": "firmware_version",
        "ip_address": "ip_address",
    }
    dry_runs: ClassVar = frozenset({"move", "destroy", "partial_update"})
    volatile: ClassVar = (
        frozenset(DeviceDetailOut.Meta.fields) - DeviceInput._declared_fields.keys() - {"id", "directory"}
    )

    def get_queryset(self) -> QuerySet[Device]:
        """Devices that the user may read."""
        devices = device_list(user=self.request.user)
        return devices if self.action == "list" else devices.prefetch_related("adapters")

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Short in lists."""
        return DeviceOut if self.action == "list" else DeviceDetailOut

    @extend_schema(request=DeviceInput, responses=DeviceDetailOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change custom properties."""
        device = self.get_object()
        device_update(actor=self.actor, device=device, **self.parsed(DeviceInput))
        return self.answer(self.get_object())

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the device with its certificates and assignments; it is cut off at once."""
        device_delete(actor=self.actor, device=self.get_object())
        return self.gone()

    @extend_schema(request=DevicesMoveInput, responses=MovedOut, filters=False)
    @action(detail=False, methods=["post"])
    def move(self, request: Request) -> Response:
        """Move devices into a directory."""
        given = self.parsed(DevicesMoveInput)
        directories = restrict(Directory.objects.all(), request.user, Action.BROWSE)
        moved = devices_move(
            actor=self.actor,
            devices=all_of(self.get_queryset(), given["devices"], "device"),
            directory=one_of(directories, given["directory"], "directory"),
            when=given["when"],
        )
        return Response({"moved": [device.pk for device in moved]})

    @extend_schema(request=None, responses=DeviceDetailOut)
    @action(detail=True, methods=["post"], url_path="allow-reenrolment")
    def allow_reenrolment(self, request: Request, pk: str) -> Response:
        """Let the device enrol once more within a day, after a reset or with a new disk."""
        device_allow_reenrolment(actor=self.actor, device=self.get_object())
        return self.answer(self.get_object())


class DirectoryOut(serializers.ModelSerializer):
    """A node of one of the trees."""

    kind = serializers.ChoiceField(choices=DirectoryKind.choices)
    parent = serializers.IntegerField(source="parent_id", allow_null=True, help_text="null: the root of its kind.")  # type: ignore[assignment]

    class Meta:
        model = Directory
        fields = ("id", "kind", "parent", "name", "comment")
        read_only_fields = fields


class DirectoryFilter(django_filters.FilterSet):
    """The parameters of directory lists."""

    kind = django_filters.ChoiceFilter(choices=DirectoryKind.choices)
    parent = IdFilter(field_name="parent_id", label="Directories directly in this one")
    name = django_filters.CharFilter(lookup_expr="iexact")
    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label="Part of the name")

    class Meta:
        model = Directory
        fields: list[str] = []


class DirectoryCreateInput(Input):
    """A new directory; its kind is that of its parent."""

    parent = Id()  # type: ignore[assignment]
    name = serializers.CharField(max_length=100)
    comment = serializers.CharField(max_length=1000, allow_blank=True, default="")


class DirectoryUpdateInput(Input):
    """What is not given stays."""

    name = serializers.CharField(max_length=100, required=False)
    comment = serializers.CharField(max_length=1000, allow_blank=True, required=False)


class DirectoryMoveInput(Input):
    """The new parent."""

    parent = Id()  # type: ignore[assignment]
    when = WhenField()


class DirectoryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Directories of devices, profiles and priority profiles: three trees, each with one root."""

    queryset = Directory.objects.none()
    serializer_class = DirectoryOut
    filterset_class = DirectoryFilter
    ordering_fields: ClassVar = {"name": "name", "id": "pk"}
    dry_runs: ClassVar = frozenset({"move", "destroy"})

    def get_queryset(self) -> QuerySet[Directory]:
        """Directories that the user may browse."""
        return restrict(Directory.objects.all(), self.request.user, Action.BROWSE)

    @extend_schema(request=DirectoryCreateInput, responses=DirectoryOut)
    def create(self, request: Request) -> Response:
        """Make a directory below another one."""
        given = self.parsed(DirectoryCreateInput)
        parent = one_of(self.get_queryset(), given.pop("parent"), "directory")
        return self.answer(directory_create(actor=self.actor, parent=parent, **given), created=True)

    @extend_schema(request=DirectoryUpdateInput, responses=DirectoryOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename a directory or comment on it."""
        directory = self.get_object()
        given = {"name": directory.name, **self.parsed(DirectoryUpdateInput)}
        return self.answer(directory_update(actor=self.actor, directory=directory, **given))

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an empty directory."""
        directory_delete(actor=self.actor, directory=self.get_object())
        return self.gone()

    @extend_schema(request=DirectoryMoveInput, responses=DirectoryOut)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Move a directory with all that is in it."""
        given = self.parsed(DirectoryMoveInput)
        moved = directory_move(
            actor=self.actor,
            directory=self.get_object(),
            parent=one_of(self.get_queryset(), given["parent"], "directory"),
            when=given["when"],
        )
        return self.answer(moved)


class DeliveryOut(serializers.ModelSerializer):
    """Settings that a device was given."""

    seq = serializers.IntegerField(help_text="The change that they answer.")
    applied_at = serializers.DateTimeField(allow_null=True, help_text="When the device reported; null: not yet.")
    seconds = serializers.FloatField(allow_null=True, help_text="From sending to the report.")

    class Meta:
        model = Delivery
        fields = ("id", "tag", "seq", "sent_at", "applied_at", "seconds", "error")
        read_only_fields = fields


@extend_schema(parameters=[OpenApiParameter("device_id", int, OpenApiParameter.PATH)])
class DeliveryViewSet(mixins.ListModelMixin, ApiViewSet):
    """The settings that a device was given: when, under which tag, and what became of them. The last hundred."""

    queryset = Delivery.objects.none()
    serializer_class = DeliveryOut
    ordering_fields: ClassVar = {"sent_at": "sent_at"}

    def get_queryset(self) -> QuerySet[Delivery]:
        """Those of a device that the user may read."""
        device = one_of(device_list(user=self.request.user), int(self.kwargs["device_id"]), "device")
        return Delivery.objects.filter(device=device)
