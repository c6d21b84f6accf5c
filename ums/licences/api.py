"""Licences in the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action

from ums.core.access import Action, restrict
from ums.core.rest import ApiViewSet, Ids, Input, NetworkPermission, all_of, one_of
from ums.devices.models import Device
from ums.devices.selectors import device_list
from ums.domain.licence_files import FORMAT
from ums.domain.licences import LicenceKind
from ums.licences import services
from ums.licences.models import GivenLicence, Licence
from ums.licences.selectors import licence_list, licences_of, user_licence

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response


class LicenceOut(serializers.ModelSerializer):
    """A licence. `given` counts the devices that have it; of `quantity` null is for all devices."""

    kind = serializers.ChoiceField(choices=Licence.KINDS)
    given = serializers.IntegerField(source="given_count")

    class Meta:
        model = Licence
        fields: tuple[str, ...] = (
            "id",
            "number",
            "kind",
            "quantity",
            "given",
            "expires_at",
            "test",
            "comment",
            "added_at",
            "added_by",
        )
        read_only_fields = fields


class LicenceLineInput(Input):
    """A licence of a licence file (docs/licences.md)."""

    number = serializers.CharField(max_length=64)
    kind = serializers.CharField(max_length=8, help_text="emp, swp or ha.")
    quantity = serializers.IntegerField(min_value=1)
    expires = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=40)
    test = serializers.BooleanField(default=False)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=255)
    devices = serializers.ListField(child=serializers.CharField(max_length=64), required=False)


class LicenceFileInput(Input):
    """A licence file."""

    format = serializers.ChoiceField(choices=[FORMAT])
    licences = LicenceLineInput(many=True, allow_empty=False)


class LicencesImportedOut(serializers.Serializer):
    """What an import did."""

    added = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Licences that were there before.")
    given = serializers.IntegerField(help_text="Devices that got a licence by the file.")


class GiveInput(Input):
    """Devices that get a licence, for good."""

    devices = Ids(allow_empty=False)


class GivenOut(serializers.Serializer):
    """How many devices have it now that did not have it before."""

    given = serializers.IntegerField()


class HeldOut(serializers.ModelSerializer):
    """A licence that a device has."""

    number = serializers.CharField(source="licence.number")
    kind = serializers.ChoiceField(choices=Licence.KINDS, source="licence.kind")
    expires_at = serializers.DateTimeField(source="licence.expires_at", allow_null=True)

    class Meta:
        model = GivenLicence
        fields: tuple[str, ...] = ("number", "kind", "expires_at", "given_at", "given_by")
        read_only_fields = fields


class DeviceLicenceOut(serializers.Serializer):
    """Whether users may log in at a device, by its licences."""

    valid = serializers.BooleanField()
    words = serializers.CharField()
    kind = serializers.ChoiceField(choices=Licence.KINDS, allow_null=True, help_text="Of the one that decides.")
    test = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True, help_text="null: never, or there is none.")
    licences = HeldOut(many=True)


class LicenceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Licences for Shared Workplace and High Availability. They come in by files, and stay with devices for good."""

    queryset = Licence.objects.none()
    serializer_class = LicenceOut
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER

    def get_queryset(self) -> QuerySet[Licence]:
        """All licences."""
        return licence_list(user=self.request.user)

    @extend_schema(request=LicenceFileInput, responses=LicencesImportedOut)
    @action(detail=False, methods=["post"], url_path="import")
    def take_in(self, request: Request) -> Response:
        """Take in a licence file: all of it or nothing."""
        self.parsed(LicenceFileInput)
        data = json.dumps(request.data).encode()
        return self.answer(services.licences_import(actor=self.actor, data=data), LicencesImportedOut)

    @extend_schema(request=None, responses={201: LicenceOut})
    @action(detail=False, methods=["post"])
    def trial(self, request: Request) -> Response:
        """Start the test licence of this network: for all devices, once."""
        licence = services.trial_start(actor=self.actor)
        return self.answer(self.get_queryset().get(pk=licence.pk), created=True)

    @extend_schema(request=GiveInput, responses=GivenOut)
    @action(detail=True, methods=["post"])
    def give(self, request: Request, pk: str) -> Response:
        """Give it to devices. Nothing takes it back."""
        licence = self.get_object()
        ids = self.parsed(GiveInput)["devices"]
        rows = all_of(restrict(Device.objects.all(), request.user, Action.READ), ids, "device")
        devices = Device.objects.filter(pk__in=[row.pk for row in rows])
        return self.answer(
            {"given": services.licence_give(actor=self.actor, licence=licence, devices=devices)}, GivenOut
        )


class DeviceLicenceViewSet(ApiViewSet):
    """What the licences of a device come to."""

    queryset = Device.objects.none()
    serializer_class = DeviceLicenceOut
    pagination_class = None
    filter_backends: Any = ()
    tagged: ClassVar = frozenset()

    @extend_schema(parameters=[OpenApiParameter("device_id", int, OpenApiParameter.PATH)], responses=DeviceLicenceOut)
    def retrieve(self, request: Request, device_id: str) -> Response:
        """Whether users may log in there, and by which licence."""
        device = one_of(device_list(user=request.user), int(device_id), "device")
        state = user_licence(device.pk)
        kind = LicenceKind(state.kind).value if state.kind else None
        out = {"kind": kind, "licences": licences_of(device=device)}
        facts = {name: getattr(state, name) for name in ("valid", "words", "test", "expires_at")}
        return self.answer({**facts, **out})
