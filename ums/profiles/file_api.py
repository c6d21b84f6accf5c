"""Files that come with profiles, in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from ums.core.access import Action, restrict
from ums.core.filters import IdFilter
from ums.core.rest import Ids, Input, Ref, all_of
from ums.devices.api import WhenField
from ums.devices.assigning_api import RemovableViewSet
from ums.files.models import File
from ums.profiles.files import profile_file_list
from ums.profiles.models import ProfileFile
from ums.profiles.selectors import profile_list
from ums.profiles.services import profile_files_assign, profile_files_unassign

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response


class ProfileFileFilter(django_filters.FilterSet):
    """The parameters of the list."""

    profile = IdFilter(field_name="profile_id", label="Id of a profile")
    file = IdFilter(field_name="file_id", label="Id of a file")

    class Meta:
        model = ProfileFile
        fields: list[str] = []


class ProfileFileOut(serializers.ModelSerializer):
    """A file that comes with a profile."""

    profile = Ref()
    file = Ref()

    class Meta:
        model = ProfileFile
        fields = ("id", "profile", "file", "author_name", "created_at")
        read_only_fields = fields


class ProfileFilesInput(Input):
    """Each file with each profile."""

    profiles = Ids(allow_empty=False)
    files = Ids(allow_empty=False)
    when = WhenField()


class ProfileFilesOut(serializers.Serializer):
    """What is new; what came with it before is not among them."""

    items = ProfileFileOut(many=True)


def _removed(*, assignments: list[ProfileFile], **given: Any) -> None:
    profile_files_unassign(rows=assignments, **given)


class ProfileFileViewSet(RemovableViewSet):
    """Which files come with which profiles: they go to the devices on which the profile takes effect."""

    queryset = ProfileFile.objects.none()
    serializer_class = ProfileFileOut
    filterset_class = ProfileFileFilter
    remove = staticmethod(_removed)

    def get_queryset(self) -> QuerySet[ProfileFile]:
        """Those both sides of which the user may read."""
        return profile_file_list(user=self.request.user)

    @extend_schema(request=ProfileFilesInput, responses=ProfileFilesOut)
    def create(self, request: Request) -> Response:
        """Let files come with profiles; what does already stays as it is."""
        given, user = self.parsed(ProfileFilesInput), request.user
        made = profile_files_assign(
            actor=self.actor,
            profiles=all_of(profile_list(user=user), given["profiles"], "profile"),
            files=all_of(restrict(File.objects.all(), user, Action.READ), given["files"], "file"),
            when=given["when"],
        )
        return self.answer({"items": made}, ProfileFilesOut, created=True)
