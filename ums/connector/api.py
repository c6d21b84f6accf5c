"""First-authentication keys in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from ums.connector.filters import EnrolmentKeyFilter
from ums.connector.models import EnrolmentKey
from ums.connector.selectors import enrolment_key_list
from ums.connector.services import (
    enrolment_key_delete,
    enrolment_key_disable,
    enrolment_key_enable,
    enrolment_key_reveal,
    enrolment_key_update,
    enrolment_keys_create,
)
from ums.core.access import Action, restrict
from ums.core.rest import ApiViewSet, Id, Input, NetworkPermission, Ref, one_of
from ums.devices.models import Directory

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class EnrolmentKeyOut(serializers.ModelSerializer):
    """A key without its text."""

    kind = serializers.ChoiceField(choices=EnrolmentKey.Kind.choices)
    directory = Ref(allow_null=True, help_text="Where new devices go; null: the root.")

    class Meta:
        model = EnrolmentKey
        fields: tuple[str, ...] = (
            "id",
            "name",
            "kind",
            "unit_id",
            "directory",
            "enabled",
            "expires_at",
            "used_count",
            "last_used_at",
            "author_name",
            "created_at",
        )
        read_only_fields = fields


class MadeKeyOut(serializers.Serializer):
    """A new key with its text."""

    key = EnrolmentKeyOut()
    secret = serializers.CharField(help_text="What the device is given. Later only `reveal` tells it.")


class MadeKeysOut(serializers.Serializer):
    """The new keys."""

    items = MadeKeyOut(many=True)


class SecretOut(serializers.Serializer):
    """The text of a key."""

    secret = serializers.CharField()


class KeysCreateInput(Input):
    """`count` one-time keys, one bound key for each of `unit_ids`, or one mass key (`text`: its own text)."""

    kind = serializers.ChoiceField(choices=EnrolmentKey.Kind.choices)
    name = serializers.CharField(max_length=90)
    count = serializers.IntegerField(min_value=1, max_value=1000, default=1)
    text = serializers.CharField(max_length=200, allow_blank=True, default="")
    unit_ids = serializers.ListField(child=serializers.CharField(max_length=64), max_length=1000, default=list)
    directory = Id(allow_null=True, default=None)
    expires_at = serializers.DateTimeField(allow_null=True, default=None)


class KeyUpdateInput(Input):
    """What is not given stays."""

    name = serializers.CharField(max_length=100, required=False)
    directory = Id(allow_null=True, required=False)
    expires_at = serializers.DateTimeField(allow_null=True, required=False)


class EnrolmentKeyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """First-authentication keys: what a device shows to be taken in."""

    queryset = EnrolmentKey.objects.none()
    serializer_class = EnrolmentKeyOut
    filterset_class = EnrolmentKeyFilter
    permission_classes = (NetworkPermission,)
    network_action = Action.ENROL
    ordering_fields: ClassVar = {"name": "name", "id": "pk", "created_at": "created_at"}

    def get_queryset(self) -> QuerySet[EnrolmentKey]:
        """All of them."""
        return enrolment_key_list(user=self.request.user)

    @extend_schema(request=KeysCreateInput, responses=MadeKeysOut)
    def create(self, request: Request) -> Response:
        """Make keys. Their texts are in this answer."""
        given = self._with_directory(self.parsed(KeysCreateInput))
        made = enrolment_keys_create(actor=self.actor, **given)
        return self.answer({"items": made}, MadeKeysOut, created=True)

    @extend_schema(request=KeyUpdateInput, responses=EnrolmentKeyOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change name, directory or expiry."""
        key = self.get_object()
        stays = {"name": key.name, "directory": key.directory, "expires_at": key.expires_at}
        given = {**stays, **self._with_directory(self.parsed(KeyUpdateInput))}
        return self.answer(enrolment_key_update(actor=self.actor, key=key, **given))

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a key; devices that came with it stay."""
        enrolment_key_delete(actor=self.actor, key=self.get_object())
        return self.gone()

    @extend_schema(request=None, responses=EnrolmentKeyOut)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str) -> Response:
        """Let devices use the key again."""
        return self.answer(enrolment_key_enable(actor=self.actor, key=self.get_object()))

    @extend_schema(request=None, responses=EnrolmentKeyOut)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: str) -> Response:
        """Take no more devices in with the key."""
        return self.answer(enrolment_key_disable(actor=self.actor, key=self.get_object()))

    @extend_schema(request=None, responses=SecretOut)
    @action(detail=True, methods=["post"])
    def reveal(self, request: Request, pk: str) -> Response:
        """Tell the text of a key; the audit log says who saw it."""
        return Response({"secret": enrolment_key_reveal(actor=self.actor, key=self.get_object())})

    def _with_directory(self, given: dict[str, Any]) -> dict[str, Any]:
        """The directory in place of its id."""
        if given.get("directory") is None:
            return given
        directories = restrict(Directory.objects.all(), self.request.user, Action.BROWSE)
        return {**given, "directory": one_of(directories, given["directory"], "directory")}
