"""Assets, their history, and rules in the API. 409 `feature_off` or `not_licensed` where there is nothing to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers

from ums.assets import services
from ums.assets.criteria import CATEGORIES, FIELDS, apply_criteria, criteria_of
from ums.assets.models import BUSES, CHANGES, Asset, AssetEvent, AssetRule, AssetSettings
from ums.assets.selectors import (
    PRESENT,
    asset_event_list,
    asset_list,
    asset_rule_list,
    asset_settings,
    duplicates,
    moved,
)
from ums.core.access import Action, restrict
from ums.core.filters import FlagFilter, IdFilter, MomentFilter
from ums.core.rest import ApiViewSet, Id, Input, NetworkPermission, Ref, one_of
from ums.devices.models import Directory, DirectoryKind
from ums.domain.licences import ASSET_INVENTORY
from ums.domain.peripherals import Category
from ums.features.selectors import check_available
from ums.notices.models import Notice

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response

NAMES = {category.value: name for category, (name, _) in zip(Category, CATEGORIES, strict=True)}
"""Categories by their numbers."""


class Tracked(ApiViewSet):
    """Answers only while the Asset Inventory Tracker is on and licensed."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises Conflict `feature_off`, `not_licensed`."""
        super().initial(request, *args, **kwargs)
        check_available(ASSET_INVENTORY)


class AssetFilter(django_filters.FilterSet):
    """The parameters of the list of assets."""

    q = django_filters.CharFilter(method="filter_q", label="Words that are part of name, vendor, serial number, ids")
    filter = django_filters.CharFilter(method="filter_text", label="As in the filter bar: `category:storage moved:yes`")
    category = django_filters.MultipleChoiceFilter(choices=CATEGORIES, method="filter_category", label="One of its own")
    bus = django_filters.ChoiceFilter(choices=BUSES)
    vendor_id = django_filters.CharFilter(lookup_expr="iexact")
    product_id = django_filters.CharFilter(lookup_expr="iexact")
    serial_number = django_filters.CharFilter(lookup_expr="iexact")
    device = IdFilter(field_name="device_id", label="Id of the device where it is, or was last")
    connected = FlagFilter(method="filter_connected", label="Whether it is plugged in somewhere")
    moved = FlagFilter(method="filter_moved", label="Whether it came from another device")
    duplicate = FlagFilter(method="filter_duplicate", label="Whether it is at several places at once")
    since = MomentFilter(field_name="changed_at", lookup_expr="gte", label="Plugged in or removed then or later")
    until = MomentFilter(field_name="changed_at", lookup_expr="lt", label="Plugged in or removed before")

    class Meta:
        model = Asset
        fields: list[str] = []

    def filter_q(self, queryset: QuerySet[Asset], name: str, value: str) -> QuerySet[Asset]:
        """Each word."""
        for word in value.split()[:10]:
            queryset = queryset.filter(search__contains=word.lower())
        return queryset

    def filter_text(self, queryset: QuerySet[Asset], name: str, value: str) -> QuerySet[Asset]:
        """The language of the filter bar."""
        return apply_criteria(queryset, criteria_of(value, FIELDS))

    def filter_category(self, queryset: QuerySet[Asset], name: str, value: list[str]) -> QuerySet[Asset]:
        """One of several."""
        return apply_criteria(queryset, criteria_of(" ".join(f"category:{one}" for one in value), FIELDS))

    def filter_connected(self, queryset: QuerySet[Asset], name: str, value: bool) -> QuerySet[Asset]:
        """By where it is."""
        return queryset.filter(PRESENT if value else ~PRESENT)

    def filter_moved(self, queryset: QuerySet[Asset], name: str, value: bool) -> QuerySet[Asset]:
        """By where it was."""
        return moved(queryset) if value else queryset.filter(moved_at=None)

    def filter_duplicate(self, queryset: QuerySet[Asset], name: str, value: bool) -> QuerySet[Asset]:
        """By its places."""
        return duplicates(queryset) if value else queryset.filter(places__lte=1)


class AssetOut(serializers.ModelSerializer):
    """One physical thing. `device`: where it is, or was last (`connected` says which); null: that one was deleted."""

    bus = serializers.ChoiceField(choices=BUSES)
    category = serializers.SerializerMethodField(help_text="The foremost.")
    categories = serializers.SerializerMethodField()
    details = serializers.DictField(
        child=serializers.CharField(allow_blank=True), help_text="As the device tells them."
    )
    device: Any = Ref(allow_null=True)
    connected = serializers.BooleanField(source="present")
    places = serializers.IntegerField(help_text="More than one: several things say the same serial number.")
    previous_unit_id = serializers.CharField(help_text="It came from this device; empty: it never moved.")

    class Meta:
        model = Asset
        fields: tuple[str, ...] = (
            "id",
            "name",
            "vendor",
            "bus",
            "vendor_id",
            "product_id",
            "serial_number",
            "category",
            "categories",
            "details",
            "device",
            "unit_id",
            "port",
            "connected",
            "places",
            "first_seen",
            "changed_at",
            "moved_at",
            "previous_unit_id",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=CATEGORIES))
    def get_category(self, row: Asset) -> str:
        """By its name in filters."""
        return NAMES[row.category]

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=CATEGORIES)))
    def get_categories(self, row: Asset) -> list[str]:
        """By their names in filters."""
        return [NAMES[one.category] for one in row.categories.all()]


class AssetViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Tracked):
    """Peripherals and monitors that are, or were last, at devices that the user may read."""

    queryset = Asset.objects.none()
    serializer_class = AssetOut
    filterset_class = AssetFilter
    ordering_fields: ClassVar = {
        "name": "name",
        "vendor": "vendor",
        "changed_at": "changed_at",
        "first_seen": "first_seen",
        "id": "pk",
    }

    def get_queryset(self) -> QuerySet[Asset]:
        """Those at devices that the user may read."""
        return asset_list(user=self.request.user)


class AssetEventFilter(django_filters.FilterSet):
    """The parameters of the history."""

    asset = IdFilter(field_name="asset_id", label="Id of an asset")
    device = IdFilter(field_name="device_id", label="Id of a device")
    unit_id = django_filters.CharFilter(label="Unit ID of a device, also of one that was deleted")
    kind = django_filters.ChoiceFilter(choices=CHANGES)
    since = MomentFilter(field_name="time", lookup_expr="gte", label="Happened then or later")
    until = MomentFilter(field_name="time", lookup_expr="lt", label="Happened before")

    class Meta:
        model = AssetEvent
        fields: list[str] = []


class AssetEventOut(serializers.ModelSerializer):
    """Something was plugged in or removed. `…_on_boot`: it was found out afterwards. `device` null: it was deleted."""

    asset = Ref()
    device: Any = Ref(allow_null=True)
    kind = serializers.ChoiceField(choices=CHANGES)

    class Meta:
        model = AssetEvent
        fields: tuple[str, ...] = ("id", "asset", "device", "unit_id", "kind", "time", "received_at")
        read_only_fields = fields


class AssetEventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Tracked):
    """What happened to assets at devices that the user may read."""

    queryset = AssetEvent.objects.none()
    serializer_class = AssetEventOut
    filterset_class = AssetEventFilter
    ordering_fields: ClassVar = {"time": "time", "id": "pk"}

    def get_queryset(self) -> QuerySet[AssetEvent]:
        """Those at devices that the user may read."""
        return asset_event_list(user=self.request.user)


class AssetRuleOut(serializers.ModelSerializer):
    """A rule that posts notices."""

    kind = serializers.ChoiceField(choices=AssetRule.Kind.choices)
    level = serializers.ChoiceField(choices=Notice.Level.choices)
    directory: Any = Ref(allow_null=True, help_text="null: all devices.")

    class Meta:
        model = AssetRule
        fields: tuple[str, ...] = (
            "id",
            "name",
            "kind",
            "filter",
            "directory",
            "minutes",
            "level",
            "enabled",
            "counts_from",
            "author_name",
            "updated_at",
        )
        read_only_fields = fields


class AssetRuleChange(Input):
    """What is not given stays."""

    name = serializers.CharField(max_length=100, required=False)
    kind = serializers.ChoiceField(choices=AssetRule.Kind.choices, required=False)
    filter = serializers.CharField(
        max_length=1000, allow_blank=True, required=False, help_text="As `category:storage -vendor:Kingston`."
    )
    directory: Any = Id(allow_null=True, required=False, help_text="A directory of devices; null: all devices.")
    minutes = serializers.IntegerField(
        min_value=0, max_value=525_600, required=False, help_text="How long an asset must be gone (kind vanished)."
    )
    level = serializers.ChoiceField(choices=Notice.Level.choices, required=False)
    enabled = serializers.BooleanField(required=False)


class AssetRuleInput(AssetRuleChange):
    """A new rule."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=AssetRule.Kind.choices)


class AssetRuleFilter(django_filters.FilterSet):
    """The parameters of the list."""

    kind = django_filters.ChoiceFilter(choices=AssetRule.Kind.choices)
    enabled = FlagFilter()
    directory = IdFilter(field_name="directory_id", label="Id of a directory")

    class Meta:
        model = AssetRule
        fields: list[str] = []


class AssetRuleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Tracked):
    """Rules that notify: a peripheral that is not allowed, an asset that disappears."""

    queryset = AssetRule.objects.none()
    serializer_class = AssetRuleOut
    filterset_class = AssetRuleFilter
    ordering_fields: ClassVar = {"name": "name", "id": "pk"}

    def get_queryset(self) -> QuerySet[AssetRule]:
        """Those of directories that the user may read; those of all devices for who may read all."""
        return asset_rule_list(user=self.request.user)

    @extend_schema(request=AssetRuleInput, responses={201: AssetRuleOut})
    def create(self, request: Request) -> Response:
        """Make a rule."""
        rule = services.asset_rule_create(actor=self.actor, **self._given(AssetRuleInput))
        return self.answer(rule, created=True)

    @extend_schema(request=AssetRuleChange, responses=AssetRuleOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a rule."""
        rule = self.get_object()
        return self.answer(services.asset_rule_update(actor=self.actor, rule=rule, **self._given(AssetRuleChange)))

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a rule; its notices stay."""
        services.asset_rule_delete(actor=self.actor, rule=self.get_object())
        return self.gone()

    def _given(self, form: type[serializers.Serializer]) -> dict[str, Any]:
        """The body, with the directory itself. Raises Http404."""
        given = self.parsed(form)
        if given.get("directory") is not None:
            places = Directory.objects.filter(kind=DirectoryKind.DEVICE)
            given["directory"] = one_of(
                restrict(places, self.request.user, Action.BROWSE), given["directory"], "directory"
            )
        return given


class AssetSettingsOut(serializers.ModelSerializer):
    """What holds for all assets."""

    class Meta:
        model = AssetSettings
        fields: tuple[str, ...] = ("history_days",)
        read_only_fields = fields


class AssetSettingsInput(Input):
    """What is not given stays."""

    history_days = serializers.IntegerField(min_value=1, max_value=36_500)


class AssetSettingsViewSet(Tracked):
    """What holds for all assets."""

    queryset = AssetSettings.objects.none()
    serializer_class = AssetSettingsOut
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    pagination_class = None
    filter_backends: Any = ()

    @extend_schema(responses=AssetSettingsOut)
    def retrieve(self, request: Request) -> Response:
        """The settings."""
        return self.answer(asset_settings())

    @extend_schema(request=AssetSettingsInput, responses=AssetSettingsOut)
    def partial_update(self, request: Request) -> Response:
        """Change them."""
        return self.answer(services.asset_settings_set(actor=self.actor, **self.parsed(AssetSettingsInput)))


asset_settings_view = AssetSettingsViewSet.as_view(
    {"get": "retrieve", "patch": "partial_update"}, basename="asset-settings", detail=True
)
