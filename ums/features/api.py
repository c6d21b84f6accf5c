"""Features in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from ums.core.access import Action
from ums.core.rest import ApiViewSet, Input, NetworkPermission
from ums.features.models import Feature
from ums.features.selectors import feature_get, feature_list
from ums.features.services import feature_switch

if TYPE_CHECKING:
    from rest_framework.request import Request

    from ums.features.selectors import FeatureState


class FeatureOut(serializers.Serializer):
    """A feature and whether it is on."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    help = serializers.CharField()
    enabled = serializers.BooleanField()
    changed_at = serializers.DateTimeField(allow_null=True, help_text="null: never switched.")
    changed_by = serializers.CharField()


class FeaturesOut(serializers.Serializer):
    """All features."""

    items = FeatureOut(many=True)


class FeatureInput(Input):
    """On or off."""

    enabled = serializers.BooleanField()
    confirmed = serializers.BooleanField(default=False, help_text="Switch off what is in use; else that is a 409.")


NAME = OpenApiParameter("name", str, OpenApiParameter.PATH)


class FeatureViewSet(ApiViewSet):
    """Parts of UMS that can be switched on and off for the whole network."""

    queryset = Feature.objects.none()
    serializer_class = FeatureOut
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    pagination_class = None
    filter_backends: Any = ()
    lookup_field = "name"
    lookup_value_regex = "[a-z_]{1,64}"
    dry_runs = frozenset({"partial_update"})

    @extend_schema(operation_id="features_list", responses=FeaturesOut)
    def list(self, request: Request) -> Response:
        """All of them; they are few, so without pages."""
        return self.answer({"items": feature_list()}, FeaturesOut)

    @extend_schema(parameters=[NAME], responses=FeatureOut)
    def retrieve(self, request: Request, name: str) -> Response:
        """One feature."""
        return self.answer(self._feature(name))

    @extend_schema(parameters=[NAME], request=FeatureInput, responses=FeatureOut)
    def partial_update(self, request: Request, name: str) -> Response:
        """Switch it."""
        self._feature(name)
        feature_switch(actor=self.actor, name=name, **self.parsed(FeatureInput))
        return self.answer(self._feature(name))

    def _feature(self, name: str) -> FeatureState:
        feature = feature_get(name=name)
        if feature is None:
            raise Http404("There is no such feature.")
        return feature
