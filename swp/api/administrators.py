"""Administrators from linked directories in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.response import Response

from swp import services
from swp.browsing import opened
from swp.linked import administrator_list, linked_directory_list
from swp.models import DirectoryAdministrator
from swp.services.administrators import MAX_IMPORTED
from ums.core.access import Action
from ums.core.rest import ApiViewSet, Id, Input, NetworkPermission, Ref, one_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class DirectoryAdministratorOut(serializers.ModelSerializer):
    """A user or a group of a linked directory that may sign in. One of `user` and `group` stands for it here."""

    directory = Ref()
    user = Ref(allow_null=True)
    group = Ref(allow_null=True)
    permissions = serializers.ListField(source="actions", child=serializers.CharField(), help_text="Held everywhere.")

    class Meta:
        model = DirectoryAdministrator
        fields: tuple[str, ...] = (
            "id",
            "directory",
            "guid",
            "name",
            "account",
            "dn",
            "user",
            "group",
            "permissions",
            "seen_at",
            "created_at",
        )
        read_only_fields = fields


class AdministratorsOut(serializers.Serializer):
    """Those that may sign in now."""

    items = DirectoryAdministratorOut(many=True)


class PermissionsInput(Input):
    permissions = serializers.ListField(child=serializers.ChoiceField(choices=Action.choices), max_length=50)


class AdministratorsImportInput(PermissionsInput):
    """Which users and groups of a directory, by objectGUID, and what they may do everywhere."""

    directory = Id()
    guids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MAX_IMPORTED)
    permissions = serializers.ListField(
        child=serializers.ChoiceField(choices=Action.choices), max_length=50, default=list
    )


class DirectoryAdministratorViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Administrators who come from linked directories. Grants on directories go to their user or group."""

    queryset = DirectoryAdministrator.objects.none()
    serializer_class = DirectoryAdministratorOut
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    ordering_fields: ClassVar = {"name": "name", "id": "pk"}
    asks: ClassVar = frozenset({"create"})

    def get_queryset(self) -> QuerySet[DirectoryAdministrator]:
        """The imported ones."""
        return administrator_list(user=self.request.user)

    @extend_schema(request=AdministratorsImportInput, responses=AdministratorsOut)
    def create(self, request: Request) -> Response:
        """Let users and groups in. The directory is asked as its browse account."""
        given: dict[str, Any] = self.parsed(AdministratorsImportInput)
        directory = one_of(linked_directory_list(user=request.user), given["directory"], "linked directory")
        with opened(request, directory) as asked:
            entries = list(asked.entries(given["guids"]))
        made = services.administrators_import(
            actor=self.actor, directory=directory, entries=entries, actions=given["permissions"]
        )
        return self.answer({"items": made}, AdministratorsOut, created=True)

    @extend_schema(request=PermissionsInput, responses=DirectoryAdministratorOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Make `permissions` what it may do everywhere."""
        row = services.administrator_actions_set(
            actor=self.actor, administrator=self.get_object(), actions=self.parsed(PermissionsInput)["permissions"]
        )
        return self.answer(self.get_queryset().get(pk=row.pk))

    def destroy(self, request: Request, pk: str) -> Response:
        """Let one in no longer."""
        services.administrator_remove(actor=self.actor, administrator=self.get_object())
        return self.gone()
