"""Template keys with their values, groups of values, and what both are assigned to, in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.response import Response

from ums.core.access import Action, restrict
from ums.core.filters import IdFilter
from ums.core.rest import ApiViewSet, Id, Ids, Input, Ref, all_of, one_of
from ums.devices.api import WhenField, WhenInput
from ums.devices.assigning_api import OnTargetOut, OnTargetsInput, OnTargetsViewSet
from ums.devices.models import Directory
from ums.profiles.keys import group_list, key_list, template_assignment_list, value_list, values_shown
from ums.profiles.models import KeyType, TemplateAssignment, TemplateKey, TemplateValue, ValueGroup
from ums.profiles.services import (
    group_create,
    group_delete,
    group_update,
    key_create,
    key_delete,
    key_update,
    templates_assign,
    templates_unassign,
    value_create,
    value_delete,
    value_update,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "boolean"}, {"type": "number"}]})
class KeyValueField(serializers.JSONField):
    """A value of the type of its key."""


class TemplateValueOut(serializers.ModelSerializer):
    """A value of a template key."""

    value = KeyValueField()

    class Meta:
        model = TemplateValue
        fields = ("id", "value", "description")
        read_only_fields = fields


class TemplateKeyOut(serializers.ModelSerializer):
    """A template key with its values."""

    directory = Ref()
    values = TemplateValueOut(many=True)
    assignment_count = serializers.IntegerField(help_text="Assignments of its values, without those by groups.")

    class Meta:
        model = TemplateKey
        fields = ("id", "name", "type", "description", "directory", "values", "assignment_count", "created_at")
        read_only_fields = fields


class TemplateKeyCreateInput(Input):
    """A new key."""

    name = serializers.CharField(max_length=64)
    directory = Id(help_text="Id of a directory of template keys.")
    type = serializers.ChoiceField(choices=KeyType.choices, default=KeyType.STRING.value)
    description = serializers.CharField(max_length=1000, allow_blank=True, default="")


class TemplateKeyUpdateInput(Input):
    """What is not given stays."""

    name = serializers.CharField(max_length=64, required=False)
    type = serializers.ChoiceField(choices=KeyType.choices, required=False)
    description = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    directory = Id(required=False)


class TemplateKeyDeleteInput(Input):
    """How to delete a key."""

    confirmed = serializers.BooleanField(default=False, help_text="Also when profiles in force use it.")
    when = WhenField()


class TemplateKeyFilter(django_filters.FilterSet):
    """The parameters of lists of keys and of groups."""

    name = django_filters.CharFilter(lookup_expr="iexact", label="The name, whatever the case")
    q = django_filters.CharFilter(method="filter_q", label="Words that are part of name or description")

    def filter_q(self, queryset: QuerySet[TemplateKey], name: str, value: str) -> QuerySet[TemplateKey]:
        """Each word."""
        for word in value.split()[:10]:
            queryset = queryset.filter(Q(name__icontains=word) | Q(description__icontains=word))
        return queryset


def _directory(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """`directory` of a body as a row, if it is there."""
    if "directory" in given:
        rows = restrict(Directory.objects.all(), request.user, Action.BROWSE)
        given["directory"] = one_of(rows, given["directory"], "directory")
    return given


class TemplateKeyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Template keys: names that stand in profiles for values, which devices get by where they are."""

    queryset = TemplateKey.objects.none()
    serializer_class = TemplateKeyOut
    filterset_class = TemplateKeyFilter
    ordering_fields: ClassVar = {"name": "name", "id": "pk"}
    dry_runs: ClassVar = frozenset({"destroy", "partial_update"})

    def get_queryset(self) -> QuerySet[TemplateKey]:
        """Keys that the user may read."""
        return key_list(user=self.request.user).prefetch_related("values")

    @extend_schema(request=TemplateKeyCreateInput, responses=TemplateKeyOut)
    def create(self, request: Request) -> Response:
        """Make a key; then give it values."""
        key = key_create(actor=self.actor, **_directory(request, self.parsed(TemplateKeyCreateInput)))
        return self.answer(self.get_queryset().get(pk=key.pk), created=True)

    @extend_schema(request=TemplateKeyUpdateInput, responses=TemplateKeyOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a key. One that profiles name keeps its name, one that has values its type."""
        key = self.get_object()
        given = _directory(request, self.parsed(TemplateKeyUpdateInput))
        given = {"name": key.name, "type": key.type, "description": key.description, **given}
        key_update(actor=self.actor, key=key, **given)
        return self.answer(self.get_queryset().get(pk=key.pk))

    @extend_schema(parameters=[TemplateKeyDeleteInput])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a key with its values. 409 when profiles use it, unless `confirmed`."""
        key_delete(actor=self.actor, key=self.get_object(), **self.asked(TemplateKeyDeleteInput))
        return self.gone()


class TemplateValueInput(Input):
    """A value of a key."""

    value = KeyValueField()
    description = serializers.CharField(max_length=1000, allow_blank=True, default="")


class TemplateValueUpdateInput(Input):
    """What is not given stays."""

    value = KeyValueField(required=False)
    description = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    when = WhenField()


@extend_schema(parameters=[OpenApiParameter("key_id", int, OpenApiParameter.PATH)])
class TemplateValueViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """The values of one template key."""

    queryset = TemplateValue.objects.none()
    serializer_class = TemplateValueOut
    dry_runs: ClassVar = frozenset({"create", "destroy", "partial_update"})

    def get_queryset(self) -> QuerySet[TemplateValue]:
        """Those of a key that the user may read."""
        return value_list(user=self.request.user).filter(key=self._key())

    @extend_schema(request=TemplateValueInput, responses=TemplateValueOut)
    def create(self, request: Request, key_id: str) -> Response:
        """Make a value; it is not assigned yet."""
        return self.answer(
            value_create(actor=self.actor, key=self._key(), **self.parsed(TemplateValueInput)), created=True
        )

    @extend_schema(request=TemplateValueUpdateInput, responses=TemplateValueOut)
    def partial_update(self, request: Request, key_id: str, pk: str) -> Response:
        """Change a value: all devices that have it get the new one."""
        row = self.get_object()
        given = {"value": row.value, "description": row.description, **self.parsed(TemplateValueUpdateInput)}
        return self.answer(value_update(actor=self.actor, row=row, **given))

    @extend_schema(parameters=[WhenInput])
    def destroy(self, request: Request, key_id: str, pk: str) -> Response:
        """Delete a value with its assignments."""
        value_delete(actor=self.actor, row=self.get_object(), when=self.asked(WhenInput)["when"])
        return self.gone()

    def _key(self) -> TemplateKey:
        key: TemplateKey = one_of(key_list(user=self.request.user), int(self.kwargs["key_id"]), "template key")
        return key


class ValueGroupOut(serializers.ModelSerializer):
    """A group of values."""

    directory = Ref()
    values = Ref(many=True)
    assignment_count = serializers.IntegerField()

    class Meta:
        model = ValueGroup
        fields = ("id", "name", "description", "directory", "values", "assignment_count")
        read_only_fields = fields


class ValueGroupCreateInput(Input):
    """A new group."""

    name = serializers.CharField(max_length=255)
    directory = Id(help_text="Id of a directory of template keys.")
    description = serializers.CharField(max_length=1000, allow_blank=True, default="")
    values = Ids(default=list, help_text="Ids of values, one of each key at most.")


class ValueGroupUpdateInput(Input):
    """What is not given stays; `values` are all that the group shall have."""

    name = serializers.CharField(max_length=255, required=False)
    description = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    values = Ids(required=False)
    directory = Id(required=False)
    when = WhenField()


class ValueGroupViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Groups of values that are assigned together."""

    queryset = ValueGroup.objects.none()
    serializer_class = ValueGroupOut
    filterset_class = TemplateKeyFilter
    ordering_fields: ClassVar = {"name": "name", "id": "pk"}
    dry_runs: ClassVar = frozenset({"destroy", "partial_update"})

    def get_queryset(self) -> QuerySet[ValueGroup]:
        """Groups that the user may read."""
        return group_list(user=self.request.user).prefetch_related(values_shown(user=self.request.user))

    @extend_schema(request=ValueGroupCreateInput, responses=ValueGroupOut)
    def create(self, request: Request) -> Response:
        """Make a group."""
        given = _directory(request, self.parsed(ValueGroupCreateInput))
        given["values"] = all_of(value_list(user=request.user), given["values"], "template value")
        group = group_create(actor=self.actor, **given)
        return self.answer(self.get_queryset().get(pk=group.pk), created=True)

    @extend_schema(request=ValueGroupUpdateInput, responses=ValueGroupOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a group: all devices that have it get its new values. Values that you may not read stay."""
        group = self.get_object()
        given = _directory(request, self.parsed(ValueGroupUpdateInput))
        ids = given.get("values")
        values = list(group.values.all()) if ids is None else all_of(value_list(user=request.user), ids, "value")
        given = {"name": group.name, "description": group.description, **given, "values": values}
        group_update(actor=self.actor, group=group, **given)
        return self.answer(self.get_queryset().get(pk=group.pk))

    @extend_schema(parameters=[WhenInput])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a group with its assignments; its values stay."""
        group_delete(actor=self.actor, group=self.get_object(), when=self.asked(WhenInput)["when"])
        return self.gone()


class TemplateAssignmentOut(OnTargetOut):
    """A value, or a group of values, on a device or on a directory."""

    value = Ref(allow_null=True)
    group = Ref(allow_null=True)

    class Meta:
        model = TemplateAssignment
        fields = ("id", "value", "group", "device", "directory", "author_name", "created_at")
        read_only_fields = fields


class TemplateAssignInput(OnTargetsInput):
    """Each value and each group on each device and directory."""

    values = Ids(default=list)
    groups = Ids(default=list)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to assign, and something to assign to."""
        if not attrs["values"] and not attrs["groups"]:
            raise serializers.ValidationError("Name values, groups or both.")
        return super().validate(attrs)


class TemplateAssignedOut(serializers.Serializer):
    """The new assignments; what was assigned before is not among them."""

    items = TemplateAssignmentOut(many=True)


class TemplateAssignmentFilter(django_filters.FilterSet):
    """The parameters of assignment lists."""

    key = IdFilter(field_name="value__key_id", label="Id of a key; its values count, groups do not")
    value = IdFilter(field_name="value_id", label="Id of a value")
    group = IdFilter(field_name="group_id", label="Id of a group")
    device = IdFilter(field_name="device_id", label="Id of a device")
    directory = IdFilter(field_name="directory_id", label="Id of a directory")

    class Meta:
        model = TemplateAssignment
        fields: list[str] = []


class TemplateAssignmentViewSet(OnTargetsViewSet):
    """Which values of template keys are assigned to which devices and directories."""

    queryset = TemplateAssignment.objects.none()
    serializer_class = TemplateAssignmentOut
    filterset_class = TemplateAssignmentFilter
    remove = staticmethod(templates_unassign)

    def get_queryset(self) -> QuerySet[TemplateAssignment]:
        """Those both sides of which the user may read."""
        return template_assignment_list(user=self.request.user)

    @extend_schema(request=TemplateAssignInput, responses=TemplateAssignedOut)
    def create(self, request: Request) -> Response:
        """Assign values and groups. 409 when an object has another value of the same key."""
        given, user = self.parsed(TemplateAssignInput), request.user
        made = templates_assign(
            actor=self.actor,
            values=all_of(value_list(user=user), given["values"], "template value"),
            groups=all_of(group_list(user=user), given["groups"], "value group"),
            targets=self.targets(given),
            when=given["when"],
        )
        return self.answer({"items": made}, TemplateAssignedOut, created=True)
