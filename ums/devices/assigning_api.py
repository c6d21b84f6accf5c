"""What the resources of assignments share: something on devices and directories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers

from ums.core.access import Action, restrict
from ums.core.rest import ApiViewSet, Ids, Input, Ref, all_of
from ums.devices.api import WhenField, WhenInput
from ums.devices.models import Device, Directory

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request
    from rest_framework.response import Response


class OnTargetOut(serializers.ModelSerializer):
    """One of the two is null."""

    device = Ref(allow_null=True)
    directory = Ref(allow_null=True)


class OnTargetsInput(Input):
    """What is assigned to each of these devices and directories."""

    devices = Ids(default=list)
    directories = Ids(default=list)
    when = WhenField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to assign to."""
        if not attrs["devices"] and not attrs["directories"]:
            raise serializers.ValidationError("Name devices, directories or both.")
        return attrs


class RemovableViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Rows that say that something comes with something else; `remove` is the service that takes them away."""

    ordering_fields: ClassVar = {"id": "pk"}
    dry_runs: ClassVar = frozenset({"create", "destroy"})
    remove: ClassVar[Callable[..., Any]]

    @extend_schema(parameters=[WhenInput])
    def destroy(self, request: Request, pk: str) -> Response:
        """Take an assignment away."""
        type(self).remove(actor=self.actor, assignments=[self.get_object()], when=self.asked(WhenInput)["when"])
        return self.gone()


class OnTargetsViewSet(RemovableViewSet):
    """Which objects are assigned to which devices and directories."""

    def targets(self, given: dict[str, Any]) -> list[Device | Directory]:
        """Those that the body names. Raises Http404."""
        user = self.request.user
        return [
            *all_of(restrict(Device.objects.all(), user, Action.READ), given["devices"], "device"),
            *all_of(restrict(Directory.objects.all(), user, Action.BROWSE), given["directories"], "directory"),
        ]
