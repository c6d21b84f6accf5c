"""API tokens in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from django.apps import apps
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers

from ums.accounts import services
from ums.accounts.models import ApiToken, User
from ums.accounts.selectors import token_list
from ums.accounts.services.tokens import MAX_NETWORKS
from ums.core.access import Action, restrict
from ums.core.filters import FlagFilter
from ums.core.rest import ApiViewSet, Ids, Input, Ref, all_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response


class TokenOut(serializers.ModelSerializer):
    """A token, without its secret. `key` is the part of its text in front of the dot. `limited`: to `directories`."""

    user = serializers.CharField(source="user.username")
    directories: Any = Ref(many=True)
    networks: Any = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = (
            "id",
            "name",
            "user",
            "key",
            "read_only",
            "limited",
            "directories",
            "networks",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "last_used_address",
            "refused_at",
            "refused_address",
        )
        read_only_fields = fields


class TokenMadeOut(serializers.Serializer):
    """A token that was made, with its text, which is told this once."""

    token = TokenOut()
    text = serializers.CharField()


class TokenInput(Input):
    """A token to be made. Without `directories` it is not limited to any; without `networks` it may come from any."""

    name = serializers.CharField(max_length=100)
    user = serializers.CharField(max_length=150, required=False, help_text="Whose rights it has; default: one's own.")
    expires_at = serializers.DateTimeField(required=False)
    read_only = serializers.BooleanField(default=False)  # type: ignore[assignment]
    directories = Ids(required=False, min_length=1)
    networks = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=MAX_NETWORKS, default=list, help_text="In CIDR."
    )


class TokenFilter(django_filters.FilterSet):
    """The parameters of the list."""

    user = django_filters.CharFilter(field_name="user__username", label="User name")
    revoked = FlagFilter(method="with_revoked", label="Whether it was revoked")

    class Meta:
        model = ApiToken
        fields: list[str] = []

    def with_revoked(self, queryset: QuerySet[ApiToken], name: str, value: bool) -> QuerySet[ApiToken]:
        """By whether there is a moment."""
        return queryset.filter(revoked_at__isnull=not value)


class ApiTokenViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Tokens for this API: one's own, and those of others for who manages administrators."""

    queryset = ApiToken.objects.none()
    serializer_class = TokenOut
    filterset_class = TokenFilter
    ordering_fields: ClassVar = {"name": "name", "id": "pk"}
    volatile: ClassVar = frozenset({"last_used_at", "last_used_address", "refused_at", "refused_address"})
    makes: ClassVar[frozenset[str]] = frozenset()

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Those that the user may know of."""
        return token_list(user=self.request.user)

    @extend_schema(request=TokenInput, responses={201: TokenMadeOut})
    def create(self, request: Request) -> Response:
        """Make a token. The answer has its text, this once."""
        given = self.parsed(TokenInput)
        user: Any = request.user
        if (name := given.pop("user", None)) is not None and name != user.username:
            user = _user(name)
        if (ids := given.pop("directories", None)) is not None:
            known = apps.get_model("devices", "Directory")._default_manager.all()
            given["directories"] = all_of(restrict(known, request.user, Action.BROWSE), ids, "directory")
        token, text = services.api_token_create(actor=self.actor, user=user, **given)
        return self.answer({"token": self.get_queryset().get(pk=token.pk), "text": text}, TokenMadeOut, created=True)

    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke a token, at once and for good. It stays in the list."""
        services.api_token_revoke(actor=self.actor, token=self.get_object())
        return self.gone()


def _user(name: str) -> User:
    """Raises ValidationError. Whether there is somebody of that name is no secret to who may make tokens for them; to
    others the service says that they may not."""
    found = User.objects.filter(username=name).first()
    if found is None:
        raise serializers.ValidationError({"user": ["There is no such user, or none that you may act for."]})
    return found
