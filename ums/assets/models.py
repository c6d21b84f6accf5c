"""Peripherals of devices: what there is, where it is and was, and what happened to it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower

from ums.core.access import AccessQuerySet
from ums.devices.models import Device
from ums.domain.peripherals import CHOICES, Bus, Category, Change

BUSES = [(Bus.USB.value, "USB"), (Bus.BLUETOOTH.value, "Bluetooth"), (Bus.MONITOR.value, "Monitor")]
CHANGES = [
    (Change.ADD.value, "Plugged in"),
    (Change.REMOVE.value, "Removed"),
    (Change.ADD_ON_BOOT.value, "Found at start"),
    (Change.REMOVE_ON_BOOT.value, "Missing at start"),
]


def _apart(*names: str) -> list[F | Value]:
    """Columns with a line break before each, so that no word is found across two of them."""
    return [part for name in names for part in (Value("\n"), F(name))]


class Asset(models.Model):
    """One physical thing, wherever it is plugged in.

    identity: what names it (`ums.domain.peripherals.identity`). name, vendor: for people, from the lists of USB and PNP
    ids, else as the thing says itself. category: the foremost; all of them are rows of AssetCategory.
    device, unit_id, port: where it is, or was last; device None when that one was deleted. places: at how many ports it
    is at this moment; more than one is a serial number that several things have. changed_at: since when it is there, or
    gone. moved_at, previous_unit_id: it came from another device, and when.
    """

    identity = models.CharField(max_length=64, unique=True)
    bus = models.CharField(max_length=10, choices=BUSES)
    vendor_id = models.CharField("Vendor ID", max_length=16, blank=True)
    product_id = models.CharField("Product ID", max_length=16, blank=True)
    serial_number = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=255)
    vendor = models.CharField(max_length=255, blank=True)
    category = models.PositiveSmallIntegerField(choices=CHOICES, default=Category.OTHER.value)
    details = models.JSONField(default=dict, help_text="Text by key, as `ums.assets.selectors.details_of` orders it.")

    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="assets")
    unit_id = models.CharField("Unit ID", max_length=64)
    port = models.CharField(max_length=64, blank=True)
    places = models.PositiveSmallIntegerField(default=0)
    first_seen = models.DateTimeField()
    changed_at = models.DateTimeField()
    moved_at = models.DateTimeField(null=True)
    previous_unit_id = models.CharField(max_length=64, blank=True)

    search = models.GeneratedField(
        expression=Lower(Concat(*_apart("name", "vendor", "serial_number", "vendor_id", "product_id", "unit_id"))),
        output_field=models.TextField(),
        db_persist=True,
        help_text="Where free words are looked for; migration 0002 makes an index of its parts on PostgreSQL.",
    )

    access_directory: ClassVar[str] = "device__directory"
    objects = AccessQuerySet["Asset"].as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["name", "id"]),
            models.Index(fields=["vendor", "id"]),
            models.Index(fields=["category", "id"]),
            models.Index(fields=["changed_at", "id"]),
            models.Index(fields=["vendor_id", "product_id"]),
            models.Index(fields=["serial_number", "id"]),
            models.Index(fields=["-moved_at", "id"], condition=Q(moved_at__isnull=False), name="asset_moved"),
            models.Index(fields=["id"], condition=Q(places__gt=1), name="asset_duplicate"),
            models.Index(fields=["changed_at"], condition=Q(places=0), name="asset_vanished"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def present(self) -> bool:
        """Whether it is plugged in somewhere, as far as the server knows: its device may be switched off."""
        return self.places > 0 and self.device_id is not None


class AssetCategory(models.Model):
    """An asset belongs to a category."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="categories", db_index=False)
    category = models.PositiveSmallIntegerField(choices=CHOICES)

    access_directory: ClassVar[str] = "asset__device__directory"

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "asset categories"
        constraints = [models.UniqueConstraint("asset", "category", name="asset_category_once")]
        indexes = [models.Index(fields=["category", "asset"])]

    def __str__(self) -> str:
        return Category(self.category).label


class Stay(models.Model):
    """An asset was at a port of a device from `since` to `until`; None: it still is.

    unit_id names the device also when it was deleted, which ends the stay without a word.
    """

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="stays", db_index=False)
    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="stays")
    unit_id = models.CharField("Unit ID", max_length=64)
    port = models.CharField(max_length=64, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    access_directory: ClassVar[str] = "device__directory"
    objects = AccessQuerySet["Stay"].as_manager()

    class Meta:
        ordering = ["-since", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "asset", "device", "port", condition=Q(until=None, device__isnull=False), name="stay_open_once"
            ),
        ]
        indexes = [
            models.Index(fields=["asset", "-since"]),
            models.Index(fields=["device"], condition=Q(until=None), name="stay_open"),
            models.Index(fields=["until"], condition=Q(until__isnull=False), name="stay_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} at {self.unit_id}"


class AssetEvent(models.Model):
    """Something happened to an asset at a device. Never changed; a task removes old ones.

    time: when it happened, by the server's clock. received_at: when the server learned of it.
    """

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="events", db_index=False)
    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="asset_events", db_index=False)
    unit_id = models.CharField("Unit ID", max_length=64)
    kind = models.CharField(max_length=14, choices=CHANGES)
    time = models.DateTimeField()
    received_at = models.DateTimeField()

    access_directory: ClassVar[str] = "device__directory"
    objects = AccessQuerySet["AssetEvent"].as_manager()

    class Meta:
        ordering = ["-time", "-pk"]
        indexes = [
            models.Index(fields=["asset", "-time", "-id"]),
            models.Index(fields=["device", "-time", "-id"]),
            models.Index(fields=["unit_id", "-time", "-id"]),
            models.Index(fields=["time", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.asset_id} at {self.unit_id}"


class AssetReports(models.Model):
    """How far the server has what a device tells of its assets: what is not beyond `sequence` of `journal` is known.

    journal: names the device's own book of events; another one begins to count anew.
    """

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="asset_reports")
    journal = models.CharField(max_length=128, blank=True)
    sequence = models.BigIntegerField(default=0)
    told_at = models.DateTimeField(null=True, help_text="When the device told all that it has.")

    access_directory: ClassVar[str] = "device__directory"

    class Meta:
        verbose_name_plural = "asset reports"

    def __str__(self) -> str:
        return f"asset reports of {self.device_id}"


from ums.assets.rule_models import AssetRule, AssetSettings  # noqa: E402 - models of this app, in a module of their own

__all__ = ["Asset", "AssetCategory", "AssetEvent", "AssetReports", "AssetRule", "AssetSettings", "Stay"]
