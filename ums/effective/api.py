"""Effective settings of a device in the API: each value with where it comes from and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from ums.core.rest import ApiViewSet, Input, one_of
from ums.devices.models import Device
from ums.devices.selectors import device_list
from ums.domain.principals import PrincipalKind
from ums.effective.conflicts import profile_effect
from ums.effective.displays import warnings_of
from ums.effective.filters import SOURCES, ParameterFilter
from ums.effective.provenance import Ignored, ignored_in_instance, origin_of
from ums.effective.selectors import settings_explained
from ums.effective.whose import whose
from ums.profiles.models import Profile
from ums.profiles.selectors import profile_list

if TYPE_CHECKING:
    from rest_framework.request import Request

    from ums.domain.effectiveness import Layer
    from ums.domain.files import Reaching
    from ums.domain.parameters import Value
    from ums.effective.conflicts import Rival
    from ums.effective.selectors import DeviceExplained, Explained, ExplainedInstance
    from ums.effective.whose import Whose

ANY_VALUE = {
    "nullable": True,
    "oneOf": [{"type": "boolean"}, {"type": "number"}, {"type": "string"}],
    "description": "Secrets are shown as dots.",
}


@extend_schema_field(ANY_VALUE)
class ValueField(serializers.JSONField):
    """The value of a parameter."""


class UsedKeyOut(serializers.Serializer):
    """The value of a template key on the device."""

    name = serializers.CharField()
    value: Any = ValueField()
    place = serializers.CharField(allow_blank=True, help_text="What it is assigned to; empty for a static key.")
    group = serializers.CharField(allow_blank=True, help_text="The group of values that it is in there.")


class LayerOut(serializers.Serializer):
    """What sets a parameter: a profile on a device or directory, or the device itself."""

    rank = serializers.CharField(help_text="Kind of assignment, as in docs/effectiveness.md.")
    profile = serializers.IntegerField(allow_null=True, help_text="null: set at the device itself.")
    name = serializers.CharField()
    place = serializers.CharField(help_text="What the profile is assigned to.")
    value: Any = ValueField()
    expression = serializers.CharField(allow_null=True, help_text="What the value comes from, as “Ward ${SITE}”.")
    keys = UsedKeyOut(many=True, help_text="The template keys in the expression that have a value on the device.")


class IgnoredOut(serializers.Serializer):
    """Something that a profile sets and that does not count."""

    profile = serializers.IntegerField()
    name = serializers.CharField()
    place = serializers.CharField()
    parameter = serializers.CharField(allow_null=True, help_text="Within a free instance; null for a parameter itself.")
    reason = serializers.CharField()


class ParameterOut(serializers.Serializer):
    """One parameter of one device."""

    path = serializers.CharField()
    label = serializers.CharField(allow_null=True, help_text="null: the device's catalogue does not know it.")  # type: ignore[assignment]
    page = serializers.CharField(allow_null=True)
    type = serializers.CharField(allow_null=True)
    secret = serializers.BooleanField()
    value: Any = ValueField()
    default: Any = ValueField()
    source = serializers.ChoiceField(choices=SOURCES)  # type: ignore[assignment]
    overridden = serializers.BooleanField(help_text="Whether weaker layers would set it as well.")
    winner = LayerOut(allow_null=True)
    losers = LayerOut(many=True, help_text="Strongest first.")
    ignored = IgnoredOut(many=True, help_text="What would set it if something were not in the way.")
    rule = serializers.CharField(help_text="Why the winner wins.")


class InstanceOut(serializers.Serializer):
    """A free instance, such as a session."""

    serial = serializers.CharField()
    type = serializers.CharField(help_text="Path of its class.")
    label = serializers.CharField()  # type: ignore[assignment]
    profile = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(help_text="Of the profile, or “Local setting”.")
    values = serializers.DictField(child=ValueField())
    ignored = IgnoredOut(many=True, help_text="Values in it that do not count.")


class ReachingOut(serializers.Serializer):
    """A file that reaches the device, and how."""

    file = serializers.IntegerField()
    name = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    permissions = serializers.SerializerMethodField(help_text="Octal, as chmod takes them.")
    owner = serializers.CharField()
    profile = serializers.IntegerField(help_text="Id of the profile that brings it; 0: it is assigned itself.")
    place = serializers.CharField(help_text="What the file or that profile is assigned to.")

    @extend_schema_field(str)
    def get_permissions(self, one: Reaching) -> str:
        """As text."""
        return f"{one.mode:04o}"


class PlacedOut(serializers.Serializer):
    """The file that the device gets at one path."""

    path = serializers.CharField(source="winner.path")
    winner = ReachingOut()
    losers = ReachingOut(many=True, help_text="Strongest first.")
    rule = serializers.CharField(help_text="Why the winner wins.")


class PrincipalOut(serializers.Serializer):
    """The user, a group or an OU, by which profiles reach the user."""

    kind = serializers.ChoiceField(choices=[one.value for one in PrincipalKind])
    id = serializers.CharField(help_text="The objectGUID.")
    name = serializers.CharField()
    distance = serializers.IntegerField()


class CatalogueRefOut(serializers.Serializer):
    """The catalogue of the device's firmware."""

    name = serializers.CharField()
    version = serializers.CharField()


class EffectiveOut(serializers.Serializer):
    """The effective settings of one device, as of one moment."""

    device = serializers.IntegerField()
    user = serializers.CharField(allow_null=True, help_text="Whose profiles count too; null for nobody's.")
    principals = PrincipalOut(many=True, help_text="By what profiles reach the user.")
    warnings = serializers.ListField(child=serializers.CharField(), help_text="Desktops that do not fit the device.")
    tag = serializers.CharField(help_text="Names this result; the device reports the tag of what it has applied.")
    applied = serializers.BooleanField(help_text="Whether the device has just these settings.")
    catalogue = CatalogueRefOut(allow_null=True)
    parameters = ParameterOut(many=True)
    instances = InstanceOut(many=True)
    files = PlacedOut(many=True)


class ChangeOut(serializers.Serializer):
    """A parameter, a free instance or a file that is different on some devices afterwards."""

    key = serializers.CharField(source="change.key", help_text="Path, “serial:name”, serial of an instance, or file.")
    label = serializers.CharField(source="change.label")  # type: ignore[assignment]
    within = serializers.CharField(source="change.within", help_text="Which instance, and the page.")
    before: Any = ValueField(source="change.before")
    after: Any = ValueField(source="change.after")
    secret_changed = serializers.BooleanField(
        source="change.secret_changed",
        help_text="A secret in place of a secret, perhaps the same.",
    )
    devices = serializers.IntegerField(help_text="How many devices get this change.")


class SampleOut(serializers.Serializer):
    """One of the devices that change."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    directory = serializers.CharField()
    changes = serializers.IntegerField()


class PreviewOut(serializers.Serializer):
    """What a write would change on devices. Nothing was done."""

    devices = serializers.IntegerField(source="looked_at", help_text="Devices that the write concerns.")
    changed = serializers.IntegerField(help_text="Devices with other settings afterwards.")
    deleted = serializers.IntegerField(help_text="Devices that would be deleted.")
    hidden = serializers.IntegerField(help_text="Devices among the changed ones that you may not read.")
    changes = ChangeOut(source="lines", many=True, help_text="Those with the most devices first, 100 at most.")
    changes_total = serializers.IntegerField(source="total")
    samples = SampleOut(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


class EffectiveInput(Input):
    """Which parameters to show."""

    q = serializers.CharField(required=False, help_text="Words in label, path or help.")
    source = serializers.MultipleChoiceField(choices=SOURCES, required=False, help_text="Where the value comes from.")  # type: ignore[assignment]
    overridden = serializers.BooleanField(required=False, help_text="Whether weaker layers would set it as well.")
    path = serializers.CharField(required=False, help_text="One path, or the beginning of paths and “*”.")
    user = serializers.CharField(
        required=False,
        max_length=100,
        help_text="As if this user were logged in: its key, “3-” and the objectGUID; or “nobody”. Left out: who is.",
    )


class EffectiveSettingsViewSet(ApiViewSet):
    """What a device should have, and why."""

    queryset = Device.objects.none()
    pagination_class = None
    filter_backends: Any = ()
    asks: ClassVar = frozenset({"retrieve"})
    tagged: ClassVar = frozenset()

    @extend_schema(
        operation_id="devices_effective_settings_retrieve",
        parameters=[OpenApiParameter("device_id", int, OpenApiParameter.PATH), EffectiveInput],
        responses=EffectiveOut,
    )
    def retrieve(self, request: Request, device_id: str) -> Response:
        """Each value with where it comes from. One document, bounded by the catalogue: not paged, so of one moment."""
        given = self.asked(EffectiveInput)
        device = one_of(device_list(user=request.user), int(device_id), "device")
        seen = whose(request, device, given.pop("user", ""))
        explained = settings_explained(device=device, login=seen.login)
        return Response(_document(device, explained, ParameterFilter(**given), seen))


class RivalOut(serializers.Serializer):
    """What is in the way of a setting."""

    profile = serializers.SerializerMethodField(help_text="null: something else, see the rule.")
    name = serializers.CharField(source="label")
    devices = serializers.IntegerField()
    rule = serializers.CharField()

    @extend_schema_field({"type": "integer", "nullable": True})
    def get_profile(self, rival: Rival) -> int | None:
        """Its id."""
        return rival.profile or None


class SettingEffectOut(serializers.Serializer):
    """A parameter or a free instance of the profile."""

    key = serializers.CharField(help_text="Path, or the serial of an instance.")
    label = serializers.CharField()  # type: ignore[assignment]
    within = serializers.CharField()
    devices = serializers.IntegerField(help_text="On how many devices it takes effect.")
    rivals = RivalOut(many=True, help_text="Three at most, those on the most devices first.")


class ProfileEffectOut(serializers.Serializer):
    """What a profile comes to on its devices."""

    devices = serializers.IntegerField(help_text="Devices that it is assigned to and that you may read.")
    without = serializers.IntegerField(help_text="Devices among them on which it does not count at all.")
    settings = SettingEffectOut(many=True)


class ProfileEffectViewSet(ApiViewSet):
    """Which settings of a profile take effect, and because of whom others do not."""

    queryset = Profile.objects.none()
    pagination_class = None
    filter_backends: Any = ()
    tagged: ClassVar = frozenset()

    @extend_schema(
        operation_id="profiles_effect_retrieve",
        parameters=[OpenApiParameter("profile_id", int, OpenApiParameter.PATH)],
        responses=ProfileEffectOut,
    )
    def retrieve(self, request: Request, profile_id: str) -> Response:
        """Each setting with the number of devices on which it takes effect. One document, bounded by the profile."""
        profile = one_of(profile_list(user=request.user), int(profile_id), "profile")
        return self.answer(profile_effect(profile=profile, user=request.user), ProfileEffectOut)


def _document(device: Device, explained: DeviceExplained, wanted: ParameterFilter, seen: Whose) -> dict[str, Any]:
    catalogue = explained.catalogue
    return {
        "device": device.pk,
        "user": seen.user or None,
        "principals": [
            {"kind": one.kind.value, "id": one.id, "name": one.name, "distance": one.distance}
            for one in seen.all_principals
        ],
        "warnings": warnings_of(device, explained),
        "tag": explained.tag,
        "applied": not device.state.pending and device.state.applied_tag == explained.tag,
        "catalogue": {"name": catalogue.name, "version": catalogue.version} if catalogue else None,
        "parameters": [_parameter(explained, one) for one in wanted.apply(explained)],
        "instances": [_instance(explained, one) for one in explained.instances],
        "files": PlacedOut(explained.files, many=True).data,
    }


def _parameter(explained: DeviceExplained, one: Explained) -> dict[str, Any]:
    explanation, parameter = one.explanation, one.parameter
    winner = explanation.winner
    return {
        "path": one.path,
        "label": parameter.label if parameter else None,
        "page": parameter.page if parameter else None,
        "type": parameter.type if parameter else None,
        "secret": parameter is None or parameter.secret,
        "value": explanation.value,
        "default": explanation.default,
        "source": one.source,
        "overridden": one.overridden,
        "winner": _layer(explained, winner, one.path, winner.values[one.path]) if winner else None,
        "losers": [_layer(explained, layer, one.path, value) for layer, value in explanation.losers],
        "ignored": [_ignored(Ignored(layer, reason)) for layer, reason in explanation.ignored],
        "rule": explanation.rule,
    }


def _layer(explained: DeviceExplained, layer: Layer, path: str, value: Value) -> dict[str, Any]:
    origin = origin_of(explained, layer, path)
    keys = [
        {"name": source.name, "value": source.value, "place": source.place, "group": source.group}
        for source in (origin.sources if origin else ())
    ]
    return {
        "rank": layer.rank.name.lower(),
        "profile": layer.id or None,
        "name": layer.label,
        "place": layer.place,
        "value": value,
        "expression": origin.expression if origin else None,
        "keys": keys,
    }


def _ignored(one: Ignored) -> dict[str, Any]:
    return {
        "profile": one.layer.id,
        "name": one.layer.label,
        "place": one.layer.place,
        "parameter": one.name or None,
        "reason": one.reason,
    }


def _instance(explained: DeviceExplained, one: ExplainedInstance) -> dict[str, Any]:
    return {
        "serial": one.serial,
        "type": one.instance.cls,
        "label": one.label,
        "profile": one.winner.id or None,
        "name": one.winner.label,
        "values": dict(one.instance.values),
        "ignored": [_ignored(each) for each in ignored_in_instance(explained, one.serial, [one.winner])],
    }
