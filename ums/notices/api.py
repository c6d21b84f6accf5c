"""Notices in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action

from ums.core.filters import FlagFilter, IdFilter, MomentFilter
from ums.core.rest import ApiViewSet, Ref
from ums.notices import services
from ums.notices.models import Notice
from ums.notices.selectors import notice_list

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response


class NoticeFilter(django_filters.FilterSet):
    """The parameters of the list."""

    device = IdFilter(field_name="device_id", label="Id of a device")
    kind = django_filters.CharFilter(label="As in “asset.not_allowed”")
    level = django_filters.ChoiceFilter(choices=Notice.Level.choices)
    settled = FlagFilter(field_name="settled_at", method="with_settled", label="Whether somebody has settled it")
    since = MomentFilter(field_name="last_at", lookup_expr="gte", label="Noticed then or later")
    until = MomentFilter(field_name="last_at", lookup_expr="lt", label="Noticed before")

    class Meta:
        model = Notice
        fields: list[str] = []

    def with_settled(self, queryset: QuerySet[Notice], name: str, value: bool) -> QuerySet[Notice]:
        """By whether there is a moment."""
        return queryset.filter(settled_at__isnull=not value)


class NoticeOut(serializers.ModelSerializer):
    """Something that was noticed. `count`: how often while it was open. `path`: its page in the console."""

    device: Any = Ref(allow_null=True)
    level = serializers.ChoiceField(choices=Notice.Level.choices)

    class Meta:
        model = Notice
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "level",
            "title",
            "detail",
            "device",
            "path",
            "count",
            "first_at",
            "last_at",
            "settled_at",
            "settled_by",
        )
        read_only_fields = fields


class NoticeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """What the network noticed at devices that the user may read. It stays until somebody settles it."""

    queryset = Notice.objects.none()
    serializer_class = NoticeOut
    filterset_class = NoticeFilter
    ordering_fields: ClassVar = {"last_at": "last_at", "id": "pk"}

    def get_queryset(self) -> QuerySet[Notice]:
        """Those at devices that the user may read."""
        return notice_list(user=self.request.user)

    @extend_schema(request=None, responses=NoticeOut)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """Somebody has seen to it."""
        services.notices_settle(actor=self.actor, notices=[self.get_object()])
        return self.answer(self.get_object())

    @extend_schema(request=None, responses=NoticeOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Take settling back."""
        services.notices_reopen(actor=self.actor, notices=[self.get_object()])
        return self.answer(self.get_object())
