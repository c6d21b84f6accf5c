"""Objects of linked directories in the API: browsed, searched, assigned to, followed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from swp import services
from swp.browsing import ROOT, directory_of, entries_named, entry_at, key_of, opened, require_users
from swp.contents import SCOPES, Asked, Part, first_part, next_part
from swp.following import follow
from swp.kinds import LABELS
from swp.models import DirectoryObject, UserAssignment
from swp.selectors import orphan_list, user_assignment_list
from ums.core.access import Action, restrict
from ums.core.errors import AppError
from ums.core.filters import IdFilter
from ums.core.rest import ApiViewSet, Id, Ids, Input, NetworkPermission, Ref, all_of
from ums.devices.api import WhenField, WhenInput
from ums.profiles.models import Profile

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

KINDS = [(kind, LABELS[kind]) for kind in ("user", "group", "ou")]


class EntryOut(serializers.Serializer):
    """An object as its directory shows it now."""

    guid = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=list(LABELS.items()))
    name = serializers.CharField()
    account = serializers.CharField()
    upn = serializers.CharField()
    mail = serializers.CharField()
    dn = serializers.CharField()
    disabled = serializers.BooleanField()
    locked = serializers.BooleanField()
    expired = serializers.BooleanField()
    must_change_password = serializers.BooleanField(source="expires_password")


class EntriesOut(serializers.Serializer):
    """Part of a list. next: give it back as `after`; null at the end."""

    items = EntryOut(many=True)
    next = serializers.CharField(allow_null=True)


class BrowseInput(Input):
    """Where to look, and for what."""

    directory = Id(help_text="A linked Active Directory.")
    within = serializers.UUIDField(required=False, help_text="objectGUID of a container; without it the whole domain.")
    q = serializers.CharField(required=False, max_length=100, help_text="Part of a name, an account or a mail address.")
    scope = serializers.ChoiceField(choices=SCOPES, default="below", help_text="Of a search.")
    kind = serializers.ChoiceField(choices=KINDS, required=False)
    after = serializers.CharField(required=False, max_length=300)


class FollowedOut(serializers.Serializer):
    """What became of the objects that profiles are assigned to. failed: why, by directory."""

    checked = serializers.IntegerField()
    gone = serializers.IntegerField()
    failed = serializers.DictField(child=serializers.CharField())


class CleanInput(Input):
    """Orphans by id."""

    objects = Ids(allow_empty=False)


class CleanedOut(serializers.Serializer):
    """How many were deleted."""

    cleaned = serializers.IntegerField()


class DirectoryObjectOut(serializers.ModelSerializer):
    """An object that we know: it has or had profiles, or has logged in. gone_at: its directory does not have it."""

    directory = Ref()
    kind = serializers.ChoiceField(choices=list(LABELS.items()))

    class Meta:
        model = DirectoryObject
        fields: tuple[str, ...] = ("id", "directory", "guid", "kind", "name", "account", "dn", "seen_at", "gone_at")
        read_only_fields = fields


class DirectoryObjectFilter(django_filters.FilterSet):
    """The parameters of lists of objects."""

    directory = IdFilter(field_name="directory_id", label="Id of a linked directory")
    kind = django_filters.ChoiceFilter(choices=list(LABELS.items()), label="Kind")
    guid = django_filters.UUIDFilter(label="objectGUID")
    gone = django_filters.BooleanFilter(field_name="gone_at", lookup_expr="isnull", exclude=True, label="Not there now")

    class Meta:
        model = DirectoryObject
        fields: list[str] = []


class DirectoryObjectViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Users, groups and organizational units of linked directories."""

    queryset = DirectoryObject.objects.none()
    serializer_class = DirectoryObjectOut
    filterset_class = DirectoryObjectFilter
    permission_classes = (NetworkPermission,)
    network_action = Action.USERS
    dry_runs: ClassVar = frozenset({"clean"})
    asks: ClassVar = frozenset({"browse", "check"})

    def get_queryset(self) -> QuerySet[DirectoryObject]:
        """All that we know."""
        return restrict(DirectoryObject.objects.select_related("directory"), self.request.user, Action.USERS)

    @extend_schema(parameters=[BrowseInput], responses=EntriesOut, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=())
    def browse(self, request: Request) -> Response:
        """What lies in a container of a directory, or is found there: as the directory says now."""
        require_users(request)
        given = self.asked(BrowseInput)
        token, _, at = given.get("after", "").partition(".")
        asked = Asked.of({**given, "type": given.get("kind", ""), "token": token, "at": at})
        row = directory_of(given["directory"])
        key = key_of(f"{row.pk}-{given.get('within', ROOT)}")
        with opened(request, row) as directory:
            entry = entry_at(directory, key.guid)
            part: Part
            if asked.at:
                part = next_part(request, row, entry, asked)
            else:
                part = first_part(request, row, directory, entry, asked)
        following = f"{part.token}.{part.at}" if part.token else None
        return self.answer({"items": part.entries, "next": following}, EntriesOut)

    @extend_schema(request=None, responses=FollowedOut)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """Ask the directories what became of the objects that profiles are assigned to."""
        require_users(request)
        return self.answer(follow(actor=self.actor, opening=partial(opened, request)), FollowedOut)

    @extend_schema(request=CleanInput, responses=CleanedOut)
    @action(detail=False, methods=["post"])
    def clean(self, request: Request) -> Response:
        """Delete objects that their directory does not have any more, with what is assigned to them."""
        objects = all_of(orphan_list(user=request.user), self.parsed(CleanInput)["objects"], "orphan")
        return self.answer({"cleaned": services.orphans_clean(actor=self.actor, objects=objects)}, CleanedOut)


class UserAssignmentOut(serializers.ModelSerializer):
    """A profile on a user, a group or an organizational unit."""

    profile = Ref()
    target = DirectoryObjectOut()

    class Meta:
        model = UserAssignment
        fields: tuple[str, ...] = ("id", "profile", "target", "author_name", "created_at")
        read_only_fields = fields


class UserAssignInput(Input):
    """Each profile on each object of one directory."""

    profiles = Ids(allow_empty=False)
    directory = Id(help_text="A linked Active Directory.")
    objects = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=1000, help_text="Their objectGUIDs."
    )
    when = WhenField()


class UserAssignedOut(serializers.Serializer):
    """The new assignments; what was assigned before is not among them."""

    items = UserAssignmentOut(many=True)


class UserAssignmentFilter(django_filters.FilterSet):
    """The parameters of lists of assignments to users."""

    profile = IdFilter(field_name="profile_id", label="Id of a profile")
    target = IdFilter(field_name="target_id", label="Id of a directory object")
    directory = IdFilter(field_name="target__directory_id", label="Id of a linked directory")
    guid = django_filters.UUIDFilter(field_name="target__guid", label="objectGUID of a directory object")

    class Meta:
        model = UserAssignment
        fields: list[str] = []


class UserAssignmentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Which profiles are assigned to which users, groups and organizational units."""

    queryset = UserAssignment.objects.none()
    serializer_class = UserAssignmentOut
    filterset_class = UserAssignmentFilter
    permission_classes = (NetworkPermission,)
    network_action = Action.USERS
    dry_runs: ClassVar = frozenset({"create", "destroy"})
    asks: ClassVar = frozenset({"create"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """As the base class; then the directory is asked, before a dry run opens its transaction."""
        super().initial(request, *args, **kwargs)
        if self.action != "create":
            return
        require_users(request)
        self.given = self.parsed(UserAssignInput)
        keys = [key_of(f"{self.given['directory']}-{guid}") for guid in self.given["objects"]]
        try:
            self.named = entries_named(request, keys)
        except AppError as refused:
            if refused.code == "directory_sign_in_needed":
                raise AppError(refused.code, f"{refused} Programs need a stored browse account.", status=409) from None
            raise

    def get_queryset(self) -> QuerySet[UserAssignment]:
        """Those whose profile the user may read."""
        return user_assignment_list(user=self.request.user)

    @extend_schema(request=UserAssignInput, responses={201: UserAssignedOut})
    def create(self, request: Request) -> Response:
        """Assign profiles; what is assigned already stays as it is."""
        readable = restrict(Profile.objects.all(), request.user, Action.READ)
        made = services.user_assignments_add_seen(
            actor=self.actor,
            profiles=all_of(readable, self.given["profiles"], "profile"),
            seen=self.named,
            when=self.given["when"],
        )
        return self.answer({"items": made}, UserAssignedOut, created=True)

    @extend_schema(parameters=[WhenInput])
    def destroy(self, request: Request, pk: str) -> Response:
        """Take an assignment away."""
        when = self.asked(WhenInput)["when"]
        services.user_assignments_remove(actor=self.actor, assignments=[self.get_object()], when=when)
        return self.gone()
