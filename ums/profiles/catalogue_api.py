"""Parameter catalogues in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers

from ums.core.rest import ApiViewSet, Id, Input
from ums.devices.api import WhenField
from ums.profiles.models import Catalogue
from ums.profiles.selectors import catalogue_list
from ums.profiles.services import catalogue_delete, catalogue_store

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response

FORM: dict[str, Any] = {"type": "object", "additionalProperties": {}, "description": "As docs/catalogues.md says."}


class CatalogueOut(serializers.ModelSerializer):
    """The parameters of one firmware version."""

    class Meta:
        model = Catalogue
        fields: tuple[str, ...] = (
            "id",
            "name",
            "version",
            "os",
            "parameter_count",
            "page_count",
            "checksum",
            "imported_at",
        )
        read_only_fields = fields


class CatalogueDetailOut(CatalogueOut):
    """With the definition: pages, classes, parameters (docs/catalogues.md)."""

    definition = serializers.SerializerMethodField()

    class Meta(CatalogueOut.Meta):
        fields = (*CatalogueOut.Meta.fields, "definition")

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_definition(self, row: Catalogue) -> Any:
        """As it was imported."""
        return msgspec.json.decode(row.definition)


@extend_schema_field(FORM)
class DefinitionField(serializers.DictField):
    """A catalogue in JSON; the service checks it."""


class CatalogueInput(Input):
    """A catalogue; one of the same name and version is replaced."""

    definition = DefinitionField()
    confirmed = serializers.BooleanField(
        default=False, help_text="Replace also when profiles set parameters that it lacks."
    )


class RebaseInput(Input):
    """The catalogue that a profile moves to, and the revision that you started from."""

    catalogue = Id()
    base = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    comment = serializers.CharField(max_length=1000, allow_blank=True, default="")
    when = WhenField()


class CatalogueViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Parameter catalogues: what can be set on which firmware."""

    queryset = Catalogue.objects.none()
    ordering_fields: ClassVar = {"name": "name", "id": "pk"}
    dry_runs: ClassVar = frozenset({"create", "destroy"})

    def get_queryset(self) -> QuerySet[Catalogue]:
        """For everybody who may read anything."""
        catalogues = catalogue_list(user=self.request.user)
        return catalogues if self.action == "retrieve" else catalogues.defer("definition")

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Short in lists."""
        return CatalogueDetailOut if self.action == "retrieve" else CatalogueOut

    @extend_schema(request=CatalogueInput, responses={201: CatalogueOut})
    def create(self, request: Request) -> Response:
        """Store a catalogue. 409 when profiles set parameters that it lacks, unless that is confirmed."""
        given = self.parsed(CatalogueInput)
        definition = msgspec.json.encode(given["definition"])
        row = catalogue_store(actor=self.actor, definition=definition, confirmed=given["confirmed"])
        return self.answer(row, CatalogueOut, created=True)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a catalogue that no profile needs; 409 when one does."""
        catalogue_delete(actor=self.actor, catalogue=self.get_object())
        return self.gone()
