"""What of a profile users cannot have, in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from ums.core.rest import ApiViewSet, one_of
from ums.effective.compatibility import not_for_users
from ums.profiles.models import Profile
from ums.profiles.selectors import profile_list

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response


class RefusedOut(serializers.Serializer):
    """A setting that has no effect in a profile of a user."""

    key = serializers.CharField(
        help_text="Path, “serial:name”, or the class of instances that are left out as a whole."
    )
    label = serializers.CharField()  # type: ignore[assignment]
    within = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()
    versions = serializers.ListField(
        child=serializers.CharField(), help_text="Of the firmware it concerns; none when it is all that there are."
    )


class NotForUsersOut(serializers.Serializer):
    """What would have no effect if the profile were assigned to users."""

    total = serializers.IntegerField(help_text="Settings of the profile.")
    refused = RefusedOut(many=True, help_text="In the order of the catalogue.")


class ProfileForUsersViewSet(ApiViewSet):
    """Whether users can have a profile."""

    queryset = Profile.objects.none()
    pagination_class = None
    filter_backends: Any = ()
    tagged: ClassVar = frozenset()

    @extend_schema(
        operation_id="profiles_for_users_retrieve",
        parameters=[OpenApiParameter("profile_id", int, OpenApiParameter.PATH)],
        responses=NotForUsersOut,
    )
    def retrieve(self, request: Request, profile_id: str) -> Response:
        """What would have no effect on the firmware of the devices that there are. One document, not paged."""
        profile = one_of(profile_list(user=request.user), int(profile_id), "profile")
        return self.answer(not_for_users(profile=profile), NotForUsersOut)
