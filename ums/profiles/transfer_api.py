"""Profiles as files in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from ums.core.access import Action, restrict
from ums.core.errors import AppError
from ums.core.rest import ApiViewSet, Id, Ids, Input, Ref, all_of, one_of
from ums.devices.api import WhenField
from ums.devices.models import Directory
from ums.domain.formats.exchange import MAX_FILE
from ums.domain.formats.files import Format
from ums.profiles.models import ProfileKind
from ums.profiles.selectors import profile_list
from ums.profiles.services import import_plan, profiles_export, profiles_import
from ums.profiles.services.planning import Decision, State
from ums.profiles.views.transfer import MEDIA_TYPES, download

if TYPE_CHECKING:
    from django.http import QueryDict
    from rest_framework.request import Request

DECISIONS = [one.value for one in Decision]
FORMATS = [(one.value, one.value) for one in Format]
EXPORTED = {(200, media_type): OpenApiTypes.BINARY for media_type in sorted(set(MEDIA_TYPES.values()))}


class ExportInput(Input):
    """Which profiles in which format."""

    profiles = Ids(allow_empty=False)
    file_format = serializers.ChoiceField(choices=FORMATS, default=Format.IPM.value)


class ExportSecretsInput(ExportInput):
    """Also with secrets, which needs the permission “Write” and is recorded."""

    secrets = serializers.BooleanField(default=False, help_text="Readable secrets instead of dots.")


class DecisionsField(serializers.CharField):
    """A JSON object: number of the profile in the file -> new, replace or skip."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError."""
        try:
            found = msgspec.json.decode(super().to_internal_value(data), type=dict[int, Decision])
        except msgspec.MsgspecError as error:
            raise serializers.ValidationError(
                f'A JSON object such as {{"0": "replace"}} is expected: {error}'
            ) from None
        return found


class PlanInput(Input):
    """A file, and where its profiles go."""

    file = serializers.FileField(allow_empty_file=True)
    target = Id(required=False, help_text="Directory of profiles; without it each goes to the tree of its kind.")
    rebuild = serializers.BooleanField(default=True, help_text="Make the directories of the file below that.")


class ImportInput(PlanInput):
    """And what is done with each of them."""

    decisions = DecisionsField(required=False, help_text='JSON: {"0": "new", "1": "replace", "2": "skip"}.')
    duplicates = serializers.ChoiceField(
        choices=[(one, one) for one in DECISIONS], required=False, help_text="For those that exist and are not decided."
    )
    leave_out = serializers.BooleanField(default=False, help_text="Leave out values that are refused.")
    when = WhenField()


class PlannedOut(serializers.Serializer):
    """One profile of the file."""

    number = serializers.IntegerField()
    name = serializers.CharField(source="given.name")
    kind = serializers.ChoiceField(choices=ProfileKind.choices)
    path = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=[(one.value, one.value) for one in State])
    existing = Ref(allow_null=True)
    based_on = serializers.CharField(source="content.based_on")
    values = serializers.IntegerField(source="content.count", help_text="How many values it sets.")
    differences = serializers.IntegerField()
    unknown = serializers.ListField(child=serializers.CharField(), source="content.unknown")
    refused = serializers.DictField(child=serializers.CharField(), source="content.refused")
    notes = serializers.SerializerMethodField()

    def get_notes(self, row: Any) -> list[str]:
        """What a person should know."""
        return [*([row.why] if row.why else []), *row.content.notes]


class PlanOut(serializers.Serializer):
    """What the file holds, and what importing it would do."""

    file_format = serializers.ChoiceField(choices=FORMATS, source="format")
    profiles = PlannedOut(many=True)
    catalogues = serializers.SerializerMethodField()

    def get_catalogues(self, plan: Any) -> dict[str, str]:
        """By name what happens with it."""
        return dict(plan.catalogues)


class ImportedOut(serializers.Serializer):
    """A profile that was written."""

    profile = Ref()
    before = serializers.IntegerField(help_text="The revision that it had; 0: it is new.")


class ImportOut(serializers.Serializer):
    """What was written. Profiles that were skipped are not among them."""

    items = ImportedOut(many=True)


class TransferActions(ApiViewSet):
    """Export and import, for the viewset of profiles."""

    @extend_schema(parameters=[ExportInput], responses=EXPORTED)
    @action(detail=False, methods=["get"], url_path="export", url_name="export", pagination_class=None)
    def export_file(self, request: Request) -> HttpResponse:
        """Profiles as a file; secrets are shown as dots."""
        return self._export(self.asked(ExportInput))

    @extend_schema(request=ExportSecretsInput, responses=EXPORTED)
    @export_file.mapping.post
    def export_secrets(self, request: Request) -> HttpResponse:
        """Profiles as a file, with secrets when asked for."""
        return self._export(self.parsed(ExportSecretsInput))

    @extend_schema(request={"multipart/form-data": PlanInput}, responses=PlanOut)
    @action(detail=False, methods=["post"], url_path="import/plan", url_name="plan", parser_classes=[MultiPartParser])
    def plan(self, request: Request) -> Response:
        """What is in a file, and what importing it would do. Nothing is stored."""
        given = self._form(PlanInput)
        return self.answer(import_plan(actor=self.actor, **self._source(given)), PlanOut)

    @extend_schema(request={"multipart/form-data": ImportInput}, responses={201: ImportOut})
    @action(detail=False, methods=["post"], url_path="import", url_name="import", parser_classes=[MultiPartParser])
    def import_file(self, request: Request) -> Response:
        """Import the profiles of a file, all as decided or none."""
        given = self._form(ImportInput)
        name = given["file"].name or ""
        if "duplicates" in given:
            given["duplicates"] = Decision(given["duplicates"])
        source = self._source(given)
        _, made = profiles_import(actor=self.actor, name=name[:200], **{**given, **source})
        return self.answer({"items": made}, ImportOut, created=True)

    def _form(self, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
        # As a plain mapping: REST framework reads a missing boolean of a form as false.
        serializer = serializer_class(data=dict(cast("QueryDict", self.request.data).items()))
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _export(self, given: dict[str, Any]) -> HttpResponse:
        profiles = all_of(profile_list(user=self.request.user), given["profiles"], "profile")
        data, name = profiles_export(
            actor=self.actor,
            profiles=profiles,
            kind=Format(given["file_format"]),
            secrets=given.get("secrets", False),
        )
        return download(data, name)

    def _source(self, given: dict[str, Any]) -> dict[str, Any]:
        """Takes the file and its target out of the body."""
        file = given.pop("file")
        if file.size > MAX_FILE:
            raise AppError("file_too_large", f"The file is larger than {MAX_FILE // 2**20} MB.", status=413)
        directories = restrict(Directory.objects.all(), self.request.user, Action.BROWSE)
        pk = given.pop("target", None)
        target = one_of(directories, pk, "directory") if pk else None
        return {"data": file.read(), "target": target, "rebuild": given.pop("rebuild")}
