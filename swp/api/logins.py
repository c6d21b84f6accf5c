"""Logins in the API: the history, and who is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from rest_framework import mixins, serializers

from swp import services
from swp.history import login_list, session_list
from swp.models import Login, Session
from ums.core.filters import IdFilter
from ums.core.rest import ApiViewSet, Ref
from ums.domain.protocol import LoginOutcome

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response

OUTCOMES = [(one.name, one.name) for one in LoginOutcome]


class LoginFilter(django_filters.FilterSet):
    """The parameters of the history."""

    device = IdFilter(field_name="device_id", label="Id of a device")
    user = IdFilter(field_name="user_id", label="Id of a user of a linked directory, as in `user` of a login")
    user_name = django_filters.CharFilter(field_name="user_name", lookup_expr="iexact", label="Name of the user")
    outcome = django_filters.ChoiceFilter(choices=OUTCOMES, method="with_outcome", label="What came of it")
    kind = django_filters.ChoiceFilter(choices=Login.Kind.choices, label="How the user logged in")
    since = django_filters.IsoDateTimeFilter(field_name="login_at", lookup_expr="gte", label="Logged in then or later")
    until = django_filters.IsoDateTimeFilter(field_name="login_at", lookup_expr="lt", label="Logged in before")

    class Meta:
        model = Login
        fields: list[str] = []

    def with_outcome(self, queryset: QuerySet[Login], name: str, value: str) -> QuerySet[Login]:
        """By its name."""
        return queryset.filter(outcome=LoginOutcome[value].value)


class LoginOut(serializers.ModelSerializer):
    """One login at a device, or one that was refused."""

    device: Any = Ref(allow_null=True)
    user = serializers.IntegerField(source="user_id", allow_null=True)
    outcome = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=Login.Kind.choices)
    end = serializers.ChoiceField(choices=Login.End.choices, allow_blank=True, help_text="Empty: it has not ended.")

    class Meta:
        model = Login
        fields: tuple[str, ...] = (
            "id",
            "device",
            "device_name",
            "user",
            "user_name",
            "domain",
            "kind",
            "outcome",
            "detail",
            "login_at",
            "logoff_at",
            "end",
        )
        read_only_fields = fields

    def get_outcome(self, row: Login) -> str:
        """By its name, as AUTH_OK."""
        return LoginOutcome(row.outcome).name


class LoginViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """The login history of the devices that the user may read."""

    queryset = Login.objects.none()
    serializer_class = LoginOut
    filterset_class = LoginFilter
    ordering_fields: ClassVar = {"login_at": "login_at", "id": "pk"}

    def get_queryset(self) -> QuerySet[Login]:
        """Those at devices that the user may read."""
        return login_list(user=self.request.user)


class SessionFilter(django_filters.FilterSet):
    """The parameters of the list."""

    device = IdFilter(field_name="device_id", label="Id of a device")
    user = IdFilter(field_name="user_id", label="Id of a user of a linked directory")

    class Meta:
        model = Session
        fields: list[str] = []


class SessionOut(serializers.ModelSerializer):
    """A user is logged in at a device: `id` is that of the device."""

    id = serializers.IntegerField(source="pk")
    device = Ref()
    user = serializers.IntegerField(source="user_id")
    user_name = serializers.CharField(source="login.user_name")
    domain = serializers.CharField(source="user.directory.domain_name")
    login = serializers.IntegerField(source="login_id", help_text="In the history.")

    class Meta:
        model = Session
        fields: tuple[str, ...] = ("id", "device", "user", "user_name", "domain", "login", "since", "checked_at")
        read_only_fields = fields


class SessionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Who is logged in where. Deleting one logs the user out at that device."""

    queryset = Session.objects.none()
    serializer_class = SessionOut
    filterset_class = SessionFilter
    ordering_fields: ClassVar = {"since": "since", "id": "pk"}
    dry_runs: ClassVar = frozenset({"destroy"})

    def get_queryset(self) -> QuerySet[Session]:
        """Those at devices that the user may read."""
        return session_list(user=self.request.user)

    def destroy(self, request: Request, pk: str) -> Response:
        """Log the user out; the device gets back the settings that it has without a user."""
        services.session_end(actor=self.actor, session=self.get_object())
        return self.gone()
