"""Commands to devices in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from ums.core.access import Action, restrict
from ums.core.filters import as_query, filtered
from ums.core.rest import ApiViewSet, Ids, Input, Ref, all_of
from ums.devices.filters import DeviceFilter
from ums.devices.models import Device
from ums.devices.selectors import device_list
from ums.domain.protocol import CommandKind
from ums.jobs.filters import CommandFilter
from ums.jobs.models import KINDS, Batch, Command, CommandState
from ums.jobs.selectors import batch_list, command_list
from ums.jobs.services import batch_cancel, commands_give

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class CommandOut(serializers.ModelSerializer):
    """A command to one device, and what became of it."""

    batch = serializers.IntegerField(source="batch_id")
    device = Ref()
    kind = serializers.ChoiceField(choices=KINDS)
    state = serializers.ChoiceField(choices=CommandState.choices)
    text = serializers.CharField(help_text="What the device said.")

    class Meta:
        model = Command
        fields = (
            "id",
            "batch",
            "device",
            "kind",
            "state",
            "created_at",
            "sent_at",
            "finished_at",
            "expires_at",
            "text",
        )
        read_only_fields = fields


class BatchOut(serializers.ModelSerializer):
    """The commands of one request, and how far they are."""

    kind = serializers.ChoiceField(choices=KINDS)
    arguments = serializers.DictField(child=serializers.CharField())
    open = serializers.IntegerField(help_text="Waiting for the device, or sent to it.")
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Failed, expired or cancelled.")

    class Meta:
        model = Batch
        fields = (
            "id",
            "kind",
            "arguments",
            "target",
            "total",
            "open",
            "succeeded",
            "failed",
            "author_name",
            "created_at",
        )
        read_only_fields = fields


class CommandInput(Input):
    """What to do, and which devices: either their ids, or a filter with the number that you expect it to find."""

    kind = serializers.ChoiceField(choices=KINDS)
    arguments = serializers.DictField(
        child=serializers.CharField(max_length=4000), default=dict, help_text='Of “message”: {"text": "…"}.'
    )
    devices = Ids(required=False, allow_empty=False)
    filter = serializers.DictField(
        child=serializers.JSONField(), required=False, help_text="Parameters as of the list of devices."
    )
    expect = serializers.IntegerField(
        required=False, min_value=0, max_value=10_000_000, help_text="With `filter`: how many devices it finds."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One way to name devices, and no filter without its number."""
        if ("devices" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Name either devices or a filter.")
        if "filter" in attrs and "expect" not in attrs:
            raise serializers.ValidationError({"expect": ["Say how many devices you expect the filter to find."]})
        return attrs


class CancelledOut(serializers.Serializer):
    """How many had not been sent yet."""

    cancelled = serializers.IntegerField()


class CommandViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Commands: reboot, shut down, message, reset, settings."""

    queryset = Command.objects.none()
    serializer_class = CommandOut
    filterset_class = CommandFilter
    ordering_fields: ClassVar = {"id": "pk"}

    def get_queryset(self) -> QuerySet[Command]:
        """To devices that the user may read."""
        return command_list(user=self.request.user)

    @extend_schema(request=CommandInput, responses=BatchOut)
    def create(self, request: Request) -> Response:
        """Give a command to devices. 409 when a filter does not find the number that you expect."""
        given = self.parsed(CommandInput)
        devices, target = self._devices(given)
        batch = commands_give(
            actor=self.actor,
            devices=devices,
            kind=CommandKind(given["kind"]),
            target=target,
            arguments=given["arguments"],
            expect=given.get("expect"),
        )
        return self.answer(batch_list(user=request.user).get(pk=batch.pk), BatchOut, created=True)

    def _devices(self, given: dict[str, Any]) -> tuple[QuerySet[Device], str]:
        """The devices that the user means, and how to call them."""
        user = self.request.user
        if "filter" in given:
            query = as_query(given["filter"])
            words = " ".join(f"{name}={value}" for name, values in query.lists() for value in values)
            return filtered(DeviceFilter, query, device_list(user=user)), words or "all devices"
        readable = restrict(Device.objects.all(), user, Action.READ)
        rows = all_of(readable, given["devices"], "device")
        more = f" and {len(rows) - 1:,} more" if len(rows) > 1 else ""
        return readable.filter(pk__in=given["devices"]), f"{rows[0]}{more}"


class BatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Your own batches of commands with their progress."""

    queryset = Batch.objects.none()
    serializer_class = BatchOut
    ordering_fields: ClassVar = {"id": "pk"}

    def get_queryset(self) -> QuerySet[Batch]:
        """Those that the user gave."""
        return batch_list(user=self.request.user)

    @extend_schema(request=None, responses=CancelledOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel what has not been sent to its device yet."""
        return Response({"cancelled": batch_cancel(actor=self.actor, batch=self.get_object())})
