"""File objects: what they are, their content, and what they are assigned to."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone

from ha.models import Node
from ums.core.access import AccessQuerySet
from ums.devices.models import Device, Directory, OnTarget, one_target
from ums.domain.protocol import MAX_DEVICE_PATH, device_path

CHUNK = 1024 * 1024
"""Bytes of content in one row."""


class Classification(models.TextChoices):
    """What a file is (domain/console.md §9). Of the last two the content is a secret."""

    UNDEFINED = "undefined", "Undefined"
    WEB_BROWSER_CERTIFICATE = "web_browser_certificate", "Web browser certificate"
    SSL_CERTIFICATE = "ssl_certificate", "SSL certificate"
    JAVA_CERTIFICATE = "java_certificate", "Java certificate"
    IBM_CERTIFICATE = "ibm_certificate", "IBM iAccess certificate"
    APP_SIGNING_CERTIFICATE = "app_signing_certificate", "App signing certificate"
    SSH_KEY = "ssh_key", "SSH private key"
    PRIVATE_KEY = "private_key", "Private key, or certificate with its key"


SECRET = frozenset({Classification.SSH_KEY.value, Classification.PRIVATE_KEY.value})
"""Their content is sealed in the database and given to nobody but devices."""


class Owner(models.TextChoices):
    """Whose the file is on the device."""

    ROOT = "root", "root"
    USER = "user", "user"


def check_device_path(text: str) -> None:
    """Raises ValidationError."""
    try:
        device_path(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class FileContent(models.Model):
    """Bytes that somebody has put here. Who refers to a content protects it; with the last reference it goes."""

    sha256 = models.CharField("SHA-256", max_length=64, primary_key=True)
    size = models.BigIntegerField(help_text="In bytes.")
    sealed = models.BooleanField(default=False, help_text="Its parts are encrypted: a file that has it is a secret.")
    in_database = models.BooleanField(default=True, help_text="Its parts are rows; otherwise only servers hold it.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256


class FileChunk(models.Model):
    """One part of a content, of CHUNK bytes but for the last."""

    content = models.ForeignKey(FileContent, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint("content", "number", name="file_chunk_unique_in_content")]

    def __str__(self) -> str:
        return f"{self.content_id} part {self.number}"


class CopyState(models.TextChoices):
    """Whether a server has a content."""

    WAITING = "waiting", "Waiting"
    FETCHING = "fetching", "Fetching"
    HELD = "held", "Held"
    FAILED = "failed", "Failed"


class ContentCopy(models.Model):
    """A content on the disk of a server. A server by itself needs no such rows."""

    content = models.ForeignKey(FileContent, models.CASCADE, related_name="copies")
    node = models.ForeignKey(Node, models.CASCADE, related_name="content_copies")
    state = models.CharField(max_length=8, choices=CopyState.choices, default=CopyState.WAITING)
    error = models.CharField(max_length=500, blank=True, help_text="Why it has failed, in words.")
    at = models.DateTimeField(auto_now=True, help_text="Last change of the state.")
    checked_at = models.DateTimeField(null=True, blank=True, help_text="When its bytes were found to be right.")

    access_directory = None

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "content copies"
        constraints = [models.UniqueConstraint("content", "node", name="content_copy_unique_on_node")]
        indexes = [models.Index(fields=["node", "state"], name="content_copy_of_node")]

    def __str__(self) -> str:
        return f"{self.content_id} on {self.node_id}"


class File(models.Model):
    """Something that devices get at a path of theirs."""

    name = models.CharField(max_length=255)
    description = models.TextField(max_length=4000, blank=True)
    directory = models.ForeignKey(Directory, models.PROTECT, related_name="files")
    classification = models.CharField(max_length=32, choices=Classification.choices, default=Classification.UNDEFINED)
    device_path = models.CharField("Path on the device", max_length=MAX_DEVICE_PATH, validators=[check_device_path])
    mode = models.PositiveSmallIntegerField("Permissions", default=0o644, validators=[MaxValueValidator(0o777)])
    owner = models.CharField(max_length=8, choices=Owner.choices, default=Owner.ROOT)
    content = models.ForeignKey(FileContent, models.PROTECT, related_name="files")
    size = models.BigIntegerField(help_text="Of the content, in bytes.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    access_directory: ClassVar[str] = "directory"
    objects = AccessQuerySet["File"].as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["name", "id"]),
            models.Index(fields=["size", "id"]),
            models.Index(fields=["updated_at", "id"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def secret(self) -> bool:
        """Whether its content is shown to nobody."""
        return self.classification in SECRET

    @property
    def permissions(self) -> str:
        """As `chmod` takes them: "0644"."""
        return f"{self.mode:04o}"


class FileAssignment(OnTarget):
    """A file goes to a device, or to all devices below a directory. Those of profiles are `profiles.ProfileFile`."""

    file = models.ForeignKey(File, models.CASCADE, related_name="assignments")
    device = models.ForeignKey(Device, models.CASCADE, null=True, blank=True, related_name="file_assignments")
    directory = models.ForeignKey(Directory, models.CASCADE, null=True, blank=True, related_name="file_assignments")

    class Meta:
        ordering = ["pk"]
        constraints = [
            one_target("file_assignment_has_one_target"),
            models.UniqueConstraint("file", "device", name="file_unique_on_device"),
            models.UniqueConstraint("file", "directory", name="file_unique_on_directory"),
        ]

    def __str__(self) -> str:
        return f"file {self.file_id} on {'device' if self.device_id else 'directory'}"


class TransferEntry(models.Model):
    """A file or a directory of the transfer directory, which people see at `/ums_filetransfer/`. One has no parent."""

    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="members")
    name = models.CharField(max_length=255, blank=True, help_text="Unique in its directory; that of the top is empty.")
    content = models.ForeignKey(
        FileContent, models.PROTECT, null=True, blank=True, related_name="entries", help_text="None: a directory."
    )
    properties = models.JSONField(default=dict, blank=True, help_text="What WebDAV clients note: XML by name.")
    author_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, help_text="Last change of the content.")

    access_directory = None

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "transfer entries"
        constraints = [
            models.UniqueConstraint("parent", "name", name="transfer_entry_unique_in_parent"),
            models.UniqueConstraint("name", condition=models.Q(parent=None), name="transfer_entry_has_one_top"),
            models.CheckConstraint(
                name="transfer_entry_has_name",
                condition=models.Q(parent=None, name="", content=None)
                | models.Q(parent__isnull=False) & ~models.Q(name=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name or "/"


class TransferLock(models.Model):
    """A lock that a WebDAV client holds on a path (RFC 4918 §6). It holds on all servers."""

    token = models.CharField(max_length=100, unique=True)
    root = models.TextField(help_text="The path as in addresses, below the transfer directory.")
    deep = models.BooleanField(help_text="It holds for all that is below the path.")
    exclusive = models.BooleanField()
    owner = models.TextField(blank=True, help_text="What the client calls its owner: XML.")
    principal = models.CharField(max_length=150, help_text="Who signed in.")
    seconds = models.PositiveIntegerField(help_text="How long it holds when it is not refreshed.")
    expires_at = models.DateTimeField(db_index=True)

    access_directory = None

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.root} by {self.principal}"
