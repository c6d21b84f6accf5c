"""Saved views of the device list in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers

from ums.core.access import Action, restrict
from ums.core.rest import ApiViewSet, Id, Input, Ref, one_of
from ums.devices.models import Directory, SavedView
from ums.devices.selectors import saved_view_list
from ums.devices.services import saved_view_create, saved_view_delete

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response


class SavedViewOut(serializers.ModelSerializer):
    """A saved view."""

    owner = serializers.CharField(source="owner.username")
    directory = Ref(allow_null=True)

    class Meta:
        model = SavedView
        fields = ("id", "name", "owner", "directory", "filter", "shared", "created_at")
        read_only_fields = fields


class SavedViewInput(Input):
    """A view to save."""

    name = serializers.CharField(max_length=100)
    directory = Id(required=False, allow_null=True, help_text="Only devices in it and below.")
    filter = serializers.CharField(
        max_length=1000, allow_blank=True, default="", help_text="As in the filter bar of the console."
    )
    shared = serializers.BooleanField(default=False, help_text="Other administrators may use it.")


class SavedViewViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Filters of the device list under a name: one's own, and those that others share."""

    queryset = SavedView.objects.none()
    serializer_class = SavedViewOut
    ordering_fields: ClassVar = {"name": "name", "id": "pk"}

    def get_queryset(self) -> QuerySet[SavedView]:
        """Those that the user may use."""
        return saved_view_list(user=self.request.user)

    @extend_schema(request=SavedViewInput, responses=SavedViewOut)
    def create(self, request: Request) -> Response:
        """Save a filter of the device list under a name."""
        given = self.parsed(SavedViewInput)
        number = given.pop("directory", None)
        directories = restrict(Directory.objects.filter(kind="device"), request.user, Action.BROWSE)
        directory = one_of(directories, number, "directory") if number is not None else None
        return self.answer(saved_view_create(actor=self.actor, directory=directory, **given), created=True)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a view: one's own."""
        saved_view_delete(actor=self.actor, view=self.get_object())
        return self.gone()
