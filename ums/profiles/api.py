"""Catalogues, profiles, revisions and assignments in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from ums.core.access import Action, restrict
from ums.core.rest import ApiViewSet, Id, Ids, Input, Ref, all_of, one_of
from ums.devices.api import WhenField, WhenInput
from ums.devices.assigning_api import OnTargetOut, OnTargetsInput, OnTargetsViewSet
from ums.devices.models import Directory
from ums.domain.parameters import settings_to_json
from ums.profiles.catalogue_api import RebaseInput
from ums.profiles.content import catalogue_of, masked
from ums.profiles.filters import AssignmentFilter, ProfileFilter
from ums.profiles.models import Assignment, Profile, ProfileKind, Revision, UseCase
from ums.profiles.selectors import assignment_list, catalogue_list, profile_any, profile_list, revision_list
from ums.profiles.services import (
    profile_copy,
    profile_create,
    profile_delete,
    profile_delete_for_good,
    profile_move,
    profile_rebase,
    profile_restore,
    profile_roll_back,
    profile_save,
    profile_update,
    profiles_assign,
    profiles_unassign,
)
from ums.profiles.transfer_api import TransferActions

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

SETTINGS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Values by path, and free instances by serial. Secrets are shown as dots; sent back so, they stay.",
    "properties": {
        "values": {"type": "object", "additionalProperties": {}},
        "instances": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"class": {"type": "string"}, "values": {"type": "object", "additionalProperties": {}}},
            },
        },
    },
}


@extend_schema_field(SETTINGS_SCHEMA)
class SettingsField(serializers.DictField):
    """Settings in JSON form; services check them against the catalogue."""


class ProfileOut(serializers.ModelSerializer):
    """A profile without its settings."""

    kind = serializers.ChoiceField(choices=ProfileKind.choices)
    use_case = serializers.ChoiceField(choices=UseCase.choices, allow_blank=True, help_text="Of a customization.")
    directory = Ref()
    based_on = Ref()
    revision = serializers.IntegerField(source="head.number", help_text="Number of the revision that is in force.")
    overwrite_sessions = serializers.BooleanField(source="head.overwrite_sessions")
    assignment_count = serializers.IntegerField()

    class Meta:
        model = Profile
        fields = (
            "id",
            "kind",
            "use_case",
            "name",
            "description",
            "directory",
            "based_on",
            "revision",
            "overwrite_sessions",
            "assignment_count",
            "created_at",
            "updated_at",
            "deleted_at",
            "deleted_by",
        )
        read_only_fields = fields


class ProfileCreateInput(Input):
    """A new profile; the tree of its directory decides its kind."""

    name = serializers.CharField(max_length=255)
    directory = Id()
    based_on = Id(required=False, help_text="Id of a catalogue; the newest one if none is named.")
    description = serializers.CharField(max_length=4000, allow_blank=True, default="")
    settings = SettingsField(required=False)
    overwrite_sessions = serializers.BooleanField(default=False)
    use_case = serializers.ChoiceField(
        choices=UseCase.choices, default="", allow_blank=True, help_text="What a firmware customization is about."
    )
    comment = serializers.CharField(max_length=1000, allow_blank=True, default="")


class DeleteInput(WhenInput):
    """How to delete a profile."""

    permanent = serializers.BooleanField(default=False, help_text="Not to the recycle bin, but for good.")


class ProfileUpdateInput(Input):
    """What is not given stays."""

    name = serializers.CharField(max_length=255, required=False)
    description = serializers.CharField(max_length=4000, allow_blank=True, required=False)


class RestoreInput(Input):
    """When the devices get it."""

    when = WhenField()


class ProfileMoveInput(Input):
    """The new directory, in the tree of the same kind."""

    directory = Id()


class ProfileCopyInput(Input):
    """The copy: its name, and where it lies. In the other tree a standard profile becomes a priority profile."""

    name = serializers.CharField(max_length=255)
    directory = Id(required=False, help_text="That of the original if none is named.")
    description = serializers.CharField(max_length=4000, allow_blank=True, required=False)
    with_assignments = serializers.BooleanField(default=False, help_text="Assign it to the same objects at once.")
    when = WhenField()


class RevisionOut(serializers.ModelSerializer):
    """A revision without its settings."""

    class Meta:
        model = Revision
        fields: tuple[str, ...] = (
            "number",
            "overwrite_sessions",
            "change_count",
            "author_name",
            "comment",
            "created_at",
        )
        read_only_fields = fields


class RevisionDetailOut(RevisionOut):
    """A revision with its settings."""

    settings = serializers.SerializerMethodField()

    class Meta(RevisionOut.Meta):
        fields = (*RevisionOut.Meta.fields, "settings")

    @extend_schema_field(SETTINGS_SCHEMA)
    def get_settings(self, row: Revision) -> dict[str, Any]:
        """Secrets are masked."""
        return settings_to_json(masked(catalogue_of(row.based_on or row.profile.based_on), row.content))


class SettingsInput(Input):
    """The whole settings of a profile as they shall be."""

    base = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Revision that you started from.")
    settings = SettingsField()
    overwrite_sessions = serializers.BooleanField(default=False)
    comment = serializers.CharField(max_length=1000, allow_blank=True, default="")
    when = WhenField()


class ProfileViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TransferActions):
    """Profiles of all kinds: standard and priority ones, firmware customizations, universal firmware updates.

    Those in the recycle bin are listed with `deleted=true` only. They can be read, restored and deleted for good.
    """

    queryset = Profile.objects.none()
    serializer_class = ProfileOut
    filterset_class = ProfileFilter
    ordering_fields: ClassVar = {"name": "name", "id": "pk", "updated_at": "updated_at", "created_at": "created_at"}
    dry_runs: ClassVar = frozenset(
        {"create", "copy", "destroy", "import_file", "move", "rebase", "restore", "settings_save"}
    )

    tagged: ClassVar = frozenset({"retrieve", "settings_read"})
    makes: ClassVar = frozenset({"create", "copy", "import_file"})

    def get_queryset(self) -> QuerySet[Profile]:
        """Profiles that the user may read; a list without `deleted` shows those that are not in the recycle bin."""
        living = self.action == "list" and "deleted" not in self.request.query_params
        profiles = (profile_list if living else profile_any)(user=self.request.user)
        return profiles.defer("based_on__definition", "head__content")

    @extend_schema(request=ProfileCreateInput, responses=ProfileOut)
    def create(self, request: Request) -> Response:
        """Make a profile with its first revision."""
        given = self.parsed(ProfileCreateInput)
        directories = restrict(Directory.objects.all(), request.user, Action.BROWSE)
        directory = one_of(directories, given.pop("directory"), "directory")
        if pk := given.pop("based_on", None):
            given["based_on"] = one_of(catalogue_list(user=request.user), pk, "catalogue")
        profile = profile_create(actor=self.actor, directory=directory, **given)
        return self._read(profile.pk, created=True)

    @extend_schema(request=ProfileUpdateInput, responses=ProfileOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename a profile or describe it."""
        profile = self.get_object()
        given = {"name": profile.name, "description": profile.description, **self.parsed(ProfileUpdateInput)}
        profile_update(actor=self.actor, profile=profile, **given)
        return self._read(profile.pk)

    @extend_schema(parameters=[DeleteInput])
    def destroy(self, request: Request, pk: str) -> Response:
        """Move a profile to the recycle bin, from where it can come back; its values go from the devices."""
        asked = self.asked(DeleteInput)
        delete = profile_delete_for_good if asked["permanent"] else profile_delete
        delete(actor=self.actor, profile=self.get_object(), when=asked["when"])
        return self.gone()

    @extend_schema(request=RestoreInput, responses=ProfileOut)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Take a profile out of the recycle bin: it counts again where it is assigned."""
        when = self.parsed(RestoreInput)["when"]
        profile = profile_restore(actor=self.actor, profile=self.get_object(), when=when)
        return self._read(profile.pk)

    @extend_schema(request=ProfileMoveInput, responses=ProfileOut)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Move a profile to another directory; its assignments stay."""
        directories = restrict(Directory.objects.all(), request.user, Action.BROWSE)
        directory = one_of(directories, self.parsed(ProfileMoveInput)["directory"], "directory")
        profile = profile_move(actor=self.actor, profile=self.get_object(), directory=directory)
        return self._read(profile.pk)

    @extend_schema(request=ProfileCopyInput, responses={201: ProfileOut})
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, pk: str) -> Response:
        """Make a new profile with the same settings. Secrets come along for those who may assign the original."""
        given, profile = self.parsed(ProfileCopyInput), self.get_object()
        directories = restrict(Directory.objects.all(), request.user, Action.BROWSE)
        directory = one_of(directories, given.pop("directory", profile.directory_id), "directory")
        made = profile_copy(actor=self.actor, profile=profile, directory=directory, **given)
        return self._read(made.pk, created=True)

    @extend_schema(request=RebaseInput, responses={201: RevisionDetailOut})
    @action(detail=True, methods=["post"])
    def rebase(self, request: Request, pk: str) -> Response:
        """Move a profile to another catalogue: a new revision with what fits there and what is unknown there."""
        profile, given = self.get_object(), self.parsed(RebaseInput)
        catalogue = one_of(catalogue_list(user=request.user).defer("definition"), given.pop("catalogue"), "catalogue")
        revision = profile_rebase(actor=self.actor, profile=profile, catalogue=catalogue, **given)
        return self.answer(revision, RevisionDetailOut, created=True)

    @extend_schema(responses=RevisionDetailOut)
    @action(detail=True, methods=["get"], url_path="settings", url_name="settings")
    def settings_read(self, request: Request, pk: str) -> Response:
        """The settings in force, with the number of their revision."""
        head = revision_list(user=request.user, profile=self.get_object()).first()
        return self.answer(head, RevisionDetailOut)

    @extend_schema(request=SettingsInput, responses=RevisionDetailOut)
    @settings_read.mapping.put
    def settings_save(self, request: Request, pk: str) -> Response:
        """Save settings as a new revision. 409 when somebody saved another one after `base`."""
        revision = profile_save(actor=self.actor, profile=self.get_object(), **self.parsed(SettingsInput))
        return self.answer(revision, RevisionDetailOut)

    def _read(self, pk: int, *, created: bool = False) -> Response:
        return self.answer(self.get_queryset().get(pk=pk), created=created)


PROFILE_ID = OpenApiParameter("profile_id", int, OpenApiParameter.PATH)


class RollBackInput(Input):
    """When the devices get it."""

    when = WhenField()


@extend_schema(parameters=[PROFILE_ID])
class RevisionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Revisions of a profile: each save is one, and none ever changes."""

    queryset = Revision.objects.none()
    lookup_field = "number"
    lookup_value_regex = "[0-9]{1,9}"
    ordering_fields: ClassVar = {"number": "number"}
    dry_runs: ClassVar = frozenset({"roll_back"})

    def get_queryset(self) -> QuerySet[Revision]:
        """Those of one profile that the user may read."""
        profile = one_of(profile_list(user=self.request.user), int(self.kwargs["profile_id"]), "profile")
        revisions = revision_list(user=self.request.user, profile=profile)
        return revisions.defer("content") if self.action == "list" else revisions

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Short in lists."""
        return RevisionOut if self.action == "list" else RevisionDetailOut

    @extend_schema(request=RollBackInput, responses={201: RevisionDetailOut})
    @action(detail=True, methods=["post"], url_path="roll-back")
    def roll_back(self, request: Request, profile_id: str, number: str) -> Response:
        """Make the content of this revision a new one."""
        revision = self.get_object()
        new = profile_roll_back(
            actor=self.actor, profile=revision.profile, revision=revision, when=self.parsed(RollBackInput)["when"]
        )
        return self.answer(new, created=True)


class AssignmentOut(OnTargetOut):
    """A profile on a device or on a directory."""

    profile = Ref()

    class Meta:
        model = Assignment
        fields = ("id", "profile", "device", "directory", "author_name", "created_at")
        read_only_fields = fields


class AssignInput(OnTargetsInput):
    """Each profile on each device and directory."""

    profiles = Ids(allow_empty=False)


class AssignedOut(serializers.Serializer):
    """The new assignments; what was assigned before is not among them."""

    items = AssignmentOut(many=True)


class AssignmentViewSet(OnTargetsViewSet):
    """Which profiles are assigned to which devices and directories."""

    queryset = Assignment.objects.none()
    serializer_class = AssignmentOut
    filterset_class = AssignmentFilter
    remove = staticmethod(profiles_unassign)

    def get_queryset(self) -> QuerySet[Assignment]:
        """Those both sides of which the user may read."""
        return assignment_list(user=self.request.user)

    @extend_schema(request=AssignInput, responses=AssignedOut)
    def create(self, request: Request) -> Response:
        """Assign profiles; what is assigned already stays as it is."""
        given = self.parsed(AssignInput)
        profiles = all_of(restrict(Profile.objects.all(), request.user, Action.READ), given["profiles"], "profile")
        made = profiles_assign(actor=self.actor, profiles=profiles, targets=self.targets(given), when=given["when"])
        return self.answer({"items": made}, AssignedOut, created=True)
