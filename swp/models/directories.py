"""Directory services that are linked, and those of their objects that we know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from swp.certificates import state_of
from swp.ldap.types import ObjectKind, Service

if TYPE_CHECKING:
    from datetime import datetime


class LinkedDirectory(models.Model):
    """A linked Active Directory or LDAP service (domain/swp.md §2)."""

    class Kind(models.TextChoices):
        AD = Service.AD.value, "Active Directory Service"
        LDAP = Service.LDAP.value, "LDAP Service"

    kind = models.CharField("Type", max_length=8, choices=Kind.choices, default=Kind.AD)
    domain_name = models.CharField("Domain Name", max_length=253, unique=True, help_text="Like corp.example.com.")
    netbios_name = models.CharField(max_length=15, blank=True, help_text="Of DOMAIN\\user; learnt from the directory.")
    base_dn = models.CharField("Base DN", max_length=1000, blank=True, help_text="Empty: made from the domain name.")
    controllers = models.JSONField("Domain Controller(s)", default=list, help_text='["dc1.corp.test", "10.0.0.5:636"]')
    page_size = models.PositiveIntegerField("Page Size", default=1000)
    ldaps = models.BooleanField("Use LDAPS connection", default=True)
    upn_suffixes = models.JSONField("UPN Suffixes", default=list, blank=True)
    browse_user = models.CharField("User name", max_length=1000, blank=True)
    sealed_browse_password = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    access_directory = None

    class Meta:
        ordering = ["domain_name"]
        constraints = [
            models.CheckConstraint(name="linked_directory_page_size", condition=Q(page_size__range=(1, 5000))),
        ]

    def __str__(self) -> str:
        return self.domain_name

    @property
    def trust_state(self) -> str:
        """As `swp.certificates.state_of`, of the certificate that ends first; "" without one. From `first_end`, which
        `linked_directory_list` fetches along."""
        first: datetime | None = getattr(self, "first_end", None)
        return state_of(first) if first else ""


class DirectoryCertificate(models.Model):
    """A certificate that the controllers of a linked directory are trusted by."""

    directory = models.ForeignKey(LinkedDirectory, models.CASCADE, related_name="certificates")
    pem = models.TextField()
    subject = models.CharField("Certificate DN", max_length=1000)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256, hex.")
    not_after = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    access_directory = None

    class Meta:
        ordering = ["subject", "pk"]
        constraints = [
            models.UniqueConstraint("directory", "fingerprint", name="directory_certificate_once"),
        ]

    def __str__(self) -> str:
        return self.subject


class DirectoryObject(models.Model):
    """An object of a linked directory that has profiles or has logged in: known by its objectGUID.

    dn and name are those last seen: renamed and moved objects keep their row. gone_at: the directory, asked when all
    was well, does not have it any more; the row is an orphan then, until it is seen again or cleaned up.
    """

    KINDS = [(one.value, one.name) for one in ObjectKind]

    directory = models.ForeignKey(LinkedDirectory, models.CASCADE, related_name="known")
    guid = models.UUIDField()
    kind = models.CharField(max_length=16, choices=KINDS)
    name = models.CharField(max_length=1000)
    account = models.CharField(max_length=256, blank=True)
    dn = models.TextField()
    sid = models.CharField(max_length=184, blank=True)
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)

    access_directory = None

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint("directory", "guid", name="directory_object_once"),
        ]
        indexes = [
            models.Index("guid", name="directory_object_guid"),
            models.Index(fields=["gone_at"], condition=Q(gone_at__isnull=False), name="directory_object_gone"),
        ]

    def __str__(self) -> str:
        return self.name


class SharedWorkplaceSettings(models.Model):
    """What holds for all linked directories: one row, or none while everything is as at first."""

    only = models.BooleanField(default=True, unique=True, editable=False)
    all_domains = models.BooleanField(
        "Include all configured AD domains for search and import of AD users and groups",
        default=False,
        help_text="Groups of one domain count for users of another. This asks every linked domain at each login.",
    )
    refresh_minutes = models.PositiveIntegerField(
        "Look for changed groups every",
        default=0,
        help_text="Minutes; 0: group changes take effect at the next login.",
    )
    history_days = models.PositiveIntegerField("Keep the login history for", default=365, help_text="Days.")

    access_directory = None

    class Meta:
        constraints = [models.CheckConstraint(name="swp_settings_only_one", condition=Q(only=True))]

    def __str__(self) -> str:
        return "Shared Workplace"
