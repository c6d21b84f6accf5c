"""Linked directories in the API, and what holds for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from swp import services
from swp.linked import linked_directory_list, workplace_settings
from swp.models import DirectoryCertificate, LinkedDirectory, SharedWorkplaceSettings
from swp.trying import controllers_found, try_stored
from ums.core.access import Action
from ums.core.rest import ApiViewSet, Input, NetworkPermission

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class CertificateOut(serializers.ModelSerializer):
    """A certificate that controllers are trusted by."""

    class Meta:
        model = DirectoryCertificate
        fields: tuple[str, ...] = ("subject", "fingerprint", "not_after", "pem")
        read_only_fields = fields


class LinkedDirectoryOut(serializers.ModelSerializer):
    """A linked directory. Its password is told to nobody."""

    kind = serializers.ChoiceField(choices=LinkedDirectory.Kind.choices)
    controllers = serializers.ListField(child=serializers.CharField())
    upn_suffixes = serializers.ListField(child=serializers.CharField())
    certificates = CertificateOut(many=True)
    browse_password_stored = serializers.SerializerMethodField()

    class Meta:
        model = LinkedDirectory
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "domain_name",
            "netbios_name",
            "base_dn",
            "controllers",
            "page_size",
            "ldaps",
            "upn_suffixes",
            "browse_user",
            "browse_password_stored",
            "certificates",
            "created_at",
            "changed_at",
        )
        read_only_fields = fields

    def get_browse_password_stored(self, row: LinkedDirectory) -> bool:
        """Whether there is one."""
        return bool(row.sealed_browse_password)


class _Given(Input):
    netbios_name = serializers.CharField(max_length=15, allow_blank=True, required=False)
    base_dn = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    page_size = serializers.IntegerField(min_value=1, max_value=5000, required=False)
    ldaps = serializers.BooleanField(required=False)
    upn_suffixes = serializers.ListField(child=serializers.CharField(max_length=253), max_length=200, required=False)
    browse_user = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    browse_password = serializers.CharField(
        max_length=500, allow_blank=True, required=False, trim_whitespace=False, write_only=True
    )
    certificates = serializers.ListField(
        child=serializers.CharField(max_length=256 * 1024),
        max_length=20,
        required=False,
        help_text="In PEM; they take the place of those that are there.",
    )


class LinkInput(_Given):
    """A directory to link."""

    kind = serializers.ChoiceField(choices=LinkedDirectory.Kind.choices, default=LinkedDirectory.Kind.AD.value)
    domain_name = serializers.CharField(max_length=253)
    controllers = serializers.ListField(child=serializers.CharField(max_length=260), max_length=30)


class LinkChangeInput(_Given):
    """What is not given stays, the password too; an empty one is removed."""

    kind = serializers.ChoiceField(choices=LinkedDirectory.Kind.choices, required=False)
    domain_name = serializers.CharField(max_length=253, required=False)
    controllers = serializers.ListField(child=serializers.CharField(max_length=260), max_length=30, required=False)


class ResolveInput(Input):
    """Of which domain."""

    domain_name = serializers.CharField(max_length=253)


class ControllersOut(serializers.Serializer):
    """What DNS says."""

    controllers = serializers.ListField(child=serializers.CharField())


class AttemptOut(serializers.Serializer):
    """What came of asking one controller."""

    controller = serializers.CharField()
    good = serializers.BooleanField()
    step = serializers.CharField(help_text="The one that failed: name, tcp, tls, bind or base; else done.")
    words = serializers.CharField()
    seconds = serializers.FloatField()
    certificate = serializers.CharField(help_text="The subject of the one it showed; empty without.")


class TriedOut(serializers.Serializer):
    """What came of asking all of them."""

    attempts = AttemptOut(many=True)
    browse = serializers.BooleanField(help_text="Whether the browse account was tried as well.")


class LinkedDirectoryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Linked Active Directories and LDAP services."""

    queryset = LinkedDirectory.objects.none()
    serializer_class = LinkedDirectoryOut
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    ordering_fields: ClassVar = {"domain_name": "domain_name", "id": "pk"}
    dry_runs: ClassVar = frozenset({"destroy"})
    asks: ClassVar = frozenset({"test", "resolve"})

    def get_queryset(self) -> QuerySet[LinkedDirectory]:
        """All of them."""
        return linked_directory_list(user=self.request.user).prefetch_related("certificates")

    @extend_schema(request=LinkInput, responses=LinkedDirectoryOut)
    def create(self, request: Request) -> Response:
        """Link a directory. Nothing is asked of it: `test` does that."""
        return self.answer(services.directory_link(actor=self.actor, **self.parsed(LinkInput)), created=True)

    @extend_schema(request=LinkChangeInput, responses=LinkedDirectoryOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a link."""
        given = self.parsed(LinkChangeInput)
        return self.answer(services.directory_change(actor=self.actor, directory=self.get_object(), **given))

    def destroy(self, request: Request, pk: str) -> Response:
        """Remove a link with the assignments to its objects and the administrators that come from it."""
        services.directory_unlink(actor=self.actor, directory=self.get_object())
        return self.gone()

    @extend_schema(request=None, responses=TriedOut)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Ask each controller, for 10 seconds at most."""
        return Response(TriedOut(try_stored(user=request.user, directory=self.get_object())).data)

    @extend_schema(request=ResolveInput, responses=ControllersOut)
    @action(detail=False, methods=["post"])
    def resolve(self, request: Request) -> Response:
        """The controllers that DNS knows of a domain, the one to ask first in front."""
        found = controllers_found(user=request.user, domain=self.parsed(ResolveInput)["domain_name"])
        return Response({"controllers": found})


class WorkplaceSettingsOut(serializers.ModelSerializer):
    """What holds for all linked directories."""

    class Meta:
        model = SharedWorkplaceSettings
        fields: tuple[str, ...] = ("all_domains", "refresh_minutes", "history_days")
        read_only_fields = fields


class WorkplaceSettingsInput(Input):
    """What is not given stays."""

    all_domains = serializers.BooleanField(required=False)
    refresh_minutes = serializers.IntegerField(min_value=0, max_value=10_080, required=False)
    history_days = serializers.IntegerField(min_value=1, max_value=36_500, required=False)


class WorkplaceSettingsViewSet(ApiViewSet):
    """What holds for all linked directories."""

    queryset = SharedWorkplaceSettings.objects.none()
    serializer_class = WorkplaceSettingsOut
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    pagination_class = None
    filter_backends: Any = ()

    @extend_schema(responses=WorkplaceSettingsOut)
    def retrieve(self, request: Request) -> Response:
        """The settings."""
        return self.answer(workplace_settings())

    @extend_schema(request=WorkplaceSettingsInput, responses=WorkplaceSettingsOut)
    def partial_update(self, request: Request) -> Response:
        """Change them."""
        given = self.parsed(WorkplaceSettingsInput)
        return self.answer(services.workplace_settings_set(actor=self.actor, **given))


workplace_settings_view = WorkplaceSettingsViewSet.as_view(
    {"get": "retrieve", "patch": "partial_update"}, basename="shared-workplace-settings", detail=True
)
