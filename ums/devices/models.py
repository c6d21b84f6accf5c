"""Directories, devices, and the narrow tables that change often: presence and the state of settings."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower, Upper

from ums.core.access import AccessQuerySet
from ums.core.indexes import EmptyLast


class DirectoryKind(models.TextChoices):
    """What a directory holds. Each kind is a tree of its own with one root."""

    DEVICE = "device", "Devices"
    PROFILE = "profile", "Profiles"
    PRIORITY_PROFILE = "priority_profile", "Priority Profiles"
    CUSTOMIZATION = "customization", "Firmware Customizations"
    UPDATE = "update", "Universal Firmware Updates"
    TEMPLATE = "template", "Template Keys and Groups"
    FILE = "file", "Files"


class Directory(models.Model):
    """A node of the tree of devices, profiles, or one of the other kinds of objects that are assigned to devices."""

    kind = models.CharField(max_length=16, choices=DirectoryKind.choices, default=DirectoryKind.DEVICE)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=100)
    comment = models.CharField(max_length=1000, blank=True)

    access_directory: ClassVar[str] = "pk"
    objects = AccessQuerySet["Directory"].as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "directories"
        constraints = [
            models.UniqueConstraint("parent", "name", name="directory_name_unique_in_parent"),
            models.UniqueConstraint("kind", condition=Q(parent__isnull=True), name="directory_one_root_per_kind"),
        ]

    def __str__(self) -> str:
        return self.name


def _apart(*names: str) -> list[F | Value]:
    """Columns with a line break before each, so that no word is found across two of them."""
    return [part for name in names for part in (Value("\n"), F(name))]


class Device(models.Model):
    """A managed endpoint. It is in exactly one directory."""

    unit_id = models.CharField("Unit ID", max_length=64, unique=True)
    name = models.CharField(max_length=255)
    directory = models.ForeignKey(Directory, models.PROTECT, related_name="devices")

    # Custom properties: what administrators write (domain/console.md §3).
    site = models.CharField(max_length=255, blank=True)
    department = models.CharField(max_length=255, blank=True)
    cost_centre = models.CharField(max_length=255, blank=True)
    asset_id = models.CharField("Asset ID", max_length=255, blank=True)
    in_service_date = models.DateField(null=True, blank=True)
    comment = models.TextField(max_length=4000, blank=True)

    # What the device reports.
    serial_number = models.CharField(max_length=255, blank=True)
    structure_tag = models.CharField(max_length=255, blank=True)
    network_name = models.CharField(max_length=255, blank=True)
    firmware = models.CharField(max_length=255, blank=True)
    firmware_version = models.CharField(max_length=255, blank=True)
    agent_version = models.CharField(max_length=255, blank=True)
    vendor = models.CharField(max_length=255, blank=True)
    product = models.CharField(max_length=255, blank=True)
    bios = models.CharField("BIOS", max_length=255, blank=True)
    cpu = models.CharField("CPU", max_length=255, blank=True)
    cores = models.PositiveIntegerField(null=True, blank=True)
    memory_mb = models.PositiveBigIntegerField("Memory (MB)", null=True, blank=True)
    storage_mb = models.PositiveBigIntegerField("Storage (MB)", null=True, blank=True)
    os_name = models.CharField("Operating system", max_length=255, blank=True)
    os_version = models.CharField("OS version", max_length=255, blank=True)
    kernel = models.CharField(max_length=255, blank=True)
    ip_address = models.CharField("IP address", max_length=64, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    inventory_at = models.DateTimeField(null=True, blank=True)
    last_user = models.CharField(max_length=256, blank=True, help_text="Who logged in here last.")

    search = models.GeneratedField(
        expression=Lower(Concat(*_apart("name", "unit_id", "network_name", "ip_address", "serial_number", "asset_id"))),
        output_field=models.TextField(),
        db_persist=True,
        help_text="Where free words are looked for; migration 0003 makes an index of its parts on PostgreSQL.",
    )

    registered_at = models.DateTimeField(auto_now_add=True)
    reenrol_until = models.DateTimeField(null=True, blank=True, help_text="Until then it may enrol once more.")

    access_directory: ClassVar[str] = "directory"
    objects = AccessQuerySet["Device"].as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["name", "id"]),
            models.Index(fields=["directory", "name", "id"]),
            models.Index(fields=["product", "id"]),
            models.Index(fields=["firmware_version", "id"]),
            models.Index(fields=["ip_address", "id"]),
            models.Index(fields=["site", "id"]),
            models.Index(fields=["department", "id"]),
            models.Index(fields=["serial_number", "id"]),
            models.Index(fields=["registered_at", "id"]),
            # Filters do not mind the case.
            models.Index(Upper("site"), name="device_site_upper"),
            models.Index(Upper("department"), name="device_department_upper"),
            models.Index(Upper("product"), name="device_product_upper"),
        ]

    def __str__(self) -> str:
        return self.name


class NetworkAdapter(models.Model):
    """A network adapter as the device reported it."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="adapters")
    name = models.CharField(max_length=255)
    mac = models.CharField("MAC address", max_length=32, blank=True)
    addresses = models.JSONField(default=list)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """Whether the device is connected. Online, late and lost are derived (`ums.domain.presence`)."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True)
    connected = models.BooleanField(default=False)
    server = models.CharField(max_length=36, blank=True, help_text="Process that holds the connection.")
    connected_at = models.DateTimeField(null=True)
    last_contact = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "presence"
        indexes = [
            # Both ways the order of the device list: never seen counts as longest ago.
            models.Index(EmptyLast(F("last_contact")), F("device").desc(), name="presence_last_contact"),
            models.Index(fields=["server"], condition=Q(connected=True), name="presence_connected"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {'connected' if self.connected else 'not connected'}"


class SettingsState(models.Model):
    """How far the settings of one device are: `seq` counts changes, the device reports the one it applied.

    Pending while `applied_seq < seq`. `deferred`: the change waits for the next boot, that is, for a hello with
    another `boot_id`.
    """

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="state")
    seq = models.BigIntegerField(default=1)
    pending = models.BooleanField(default=True)
    deferred = models.BooleanField(default=False)
    pending_since = models.DateTimeField(null=True)
    boot_id = models.CharField(max_length=128, blank=True)
    applied_seq = models.BigIntegerField(default=0)
    applied_tag = models.CharField(max_length=128, blank=True)
    applied_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=4096, blank=True)

    class Meta:
        indexes = [models.Index(fields=["device"], condition=Q(pending=True), name="state_pending")]
        constraints = [
            models.CheckConstraint(name="state_applied_not_ahead", condition=Q(applied_seq__lte=F("seq"))),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.progress}"

    @property
    def progress(self) -> str:
        """How far they are in one word, as `{% status %}` names it; the filter `settings:…` means the same."""
        if self.pending:
            return "deferred" if self.deferred else "pending"
        return "error" if self.error else "applied"


class Delivery(models.Model):
    """Settings that a device was given: when, under which tag, and what became of them. Newest first; never changed
    once the device has reported (`applied_at`): that it applied them, or with an `error` why not.
    """

    device = models.ForeignKey(Device, models.CASCADE, related_name="deliveries")
    seq = models.BigIntegerField(help_text="The change that the settings answer, as in the state of the settings.")
    tag = models.CharField(max_length=128)
    sent_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=4096, blank=True)

    class Meta:
        ordering = ["-sent_at", "-pk"]
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["device", "-sent_at"])]

    def __str__(self) -> str:
        return f"{self.tag[:8]} to {self.device_id}"

    @property
    def result(self) -> str:
        """What became of it in one word, as `{% status %}` names it."""
        return "sent" if self.applied_at is None else "error" if self.error else "applied"

    @property
    def seconds(self) -> float | None:
        """From sending to the report of the device."""
        return None if self.applied_at is None else round((self.applied_at - self.sent_at).total_seconds(), 3)


class LocalSettings(models.Model):
    """What was set at the device itself; comes back when no profile decides (domain/profiles.md §1)."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="local")
    content = models.JSONField(default=dict, help_text="As `ums.domain.parameters.settings_to_json` writes it.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "local settings"

    def __str__(self) -> str:
        return f"local settings of {self.device_id}"


class SavedView(models.Model):
    """A filter of the device list under a name: which devices it shows is found out each time, for each reader."""

    name = models.CharField(max_length=100)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    directory = models.ForeignKey(Directory, models.CASCADE, null=True, blank=True, related_name="+")
    filter = models.CharField(max_length=1000, blank=True, help_text="In the language of the filter bar.")
    shared = models.BooleanField(default=False, help_text="Other administrators may use it.")
    created_at = models.DateTimeField(auto_now_add=True)

    access_directory: ClassVar[str | None] = None

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint("owner", "name", name="saved_view_once")]

    def __str__(self) -> str:
        return self.name


class OnTarget(models.Model):
    """Something counts for a device, or for all devices below a directory: whose two foreign keys it names itself."""

    author_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    device: models.ForeignKey[Device | None, Device | None]
    directory: models.ForeignKey[Directory | None, Directory | None]

    @property
    def target(self) -> Device | Directory:
        """The device or directory."""
        return self.device or self.directory  # type: ignore[return-value]


def one_target(name: str) -> models.CheckConstraint:
    """Either the device or the directory is set."""
    either = Q(device__isnull=False, directory__isnull=True) | Q(device__isnull=True, directory__isnull=False)
    return models.CheckConstraint(name=name, condition=either)
