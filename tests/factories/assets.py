"""Assets at devices."""

from __future__ import annotations

import factory
from django.utils import timezone

from tests.factories.devices import DeviceFactory
from ums.assets.models import Asset, AssetCategory, AssetEvent, AssetRule, Stay
from ums.domain.peripherals import Bus, Category, Change, identity


class AssetFactory(factory.django.DjangoModelFactory):
    """A mouse with a serial number that is plugged in at a device; `places=0`: it was, and is no more."""

    class Meta:
        model = Asset
        skip_postgeneration_save = True

    bus = Bus.USB.value
    vendor_id = "046d"
    product_id = "c077"
    serial_number = factory.Sequence("SN{:08d}".format)
    name = "M105 Optical Mouse"
    vendor = "Logitech, Inc."
    category = Category.MOUSE.value
    details = {"maxPower": "100mA", "speed": "1.5"}
    device = factory.SubFactory(DeviceFactory)
    unit_id = factory.LazyAttribute(lambda made: made.device.unit_id)
    port = "1-1"
    places = 1
    first_seen = factory.LazyFunction(timezone.now)
    changed_at = factory.SelfAttribute("first_seen")
    identity = factory.LazyAttribute(
        lambda made: identity(made.bus, made.vendor_id, made.product_id, made.serial_number, made.unit_id, made.port)
    )

    @factory.post_generation
    def rows(made: Asset, create, extracted, **more):
        """Its category, and where it is."""
        AssetCategory.objects.create(asset=made, category=made.category)
        Stay.objects.create(
            asset=made,
            device=made.device,
            unit_id=made.unit_id,
            port=made.port,
            since=made.first_seen,
            until=None if made.places else made.changed_at,
        )


class AssetEventFactory(factory.django.DjangoModelFactory):
    """It was plugged in."""

    class Meta:
        model = AssetEvent

    asset = factory.SubFactory(AssetFactory)
    device = factory.SelfAttribute("asset.device")
    unit_id = factory.SelfAttribute("asset.unit_id")
    kind = Change.ADD.value
    time = factory.LazyFunction(timezone.now)
    received_at = factory.SelfAttribute("time")


class AssetRuleFactory(factory.django.DjangoModelFactory):
    """Storage is not allowed, at all devices."""

    class Meta:
        model = AssetRule

    name = factory.Sequence("Rule {}".format)
    kind = AssetRule.Kind.NOT_ALLOWED.value
    filter = "category:storage"
    author_name = "tests"
