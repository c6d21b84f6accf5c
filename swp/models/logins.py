"""Who logs in where: the history, and who is logged in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from swp.models.directories import DirectoryObject, LinkedDirectory
from ums.devices.models import Device
from ums.domain.principals import PrincipalKind
from ums.domain.protocol import LoginOutcome


class Login(models.Model):
    """One login at a device, or one that was refused (domain/swp.md §6). Passwords are in no column.

    user_name: as the directory writes it when the user is known there, else as it was typed. request: what the device
    calls it: the same one again is answered from here and not tried again. settled: written before the directory is
    asked, so that no password is tried twice whatever happens meanwhile; until then the row holds what is true if that
    server never comes back.
    """

    class Kind(models.TextChoices):
        SWP = "swp", "Shared Workplace"
        KERBEROS = "kerberos", "Kerberos"
        CITRIX = "citrix", "Citrix"
        UNKNOWN = "unknown", "Unknown"

    class End(models.TextChoices):
        LOGOUT = "logout", "Logged out"
        SHUTDOWN = "shutdown", "Shut down"
        CHANGED = "changed", "Another user logged in"
        LOST = "lost", "Came back without the user"
        ENDED = "ended", "Ended by the server"

    OUTCOMES = [(one.value, one.name) for one in LoginOutcome]

    device = models.ForeignKey(Device, models.SET_NULL, null=True, blank=True, related_name="logins")
    device_name = models.CharField(max_length=255)
    request = models.CharField(max_length=128)
    user = models.ForeignKey(DirectoryObject, models.SET_NULL, null=True, blank=True, related_name="logins")
    user_name = models.CharField(max_length=256)
    domain = models.CharField(max_length=253, blank=True)
    directory = models.ForeignKey(LinkedDirectory, models.SET_NULL, null=True, blank=True, related_name="logins")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SWP)
    outcome = models.PositiveSmallIntegerField(choices=OUTCOMES)
    detail = models.CharField(max_length=1000, blank=True, help_text="Why it was refused, for administrators.")
    settled = models.BooleanField(default=True)
    login_at = models.DateTimeField()
    logoff_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)

    access_directory = "device__directory"

    class Meta:
        ordering = ["-login_at", "-pk"]
        constraints = [models.UniqueConstraint("device", "request", name="login_request_once")]
        indexes = [
            models.Index("device", "login_at", "id", name="login_of_device"),
            models.Index("user", "login_at", "id", name="login_of_user"),
            models.Index("login_at", "id", name="login_by_time"),
            models.Index(fields=["device"], condition=Q(settled=False), name="login_unsettled"),
        ]

    def __str__(self) -> str:
        return f"{self.user_name} at {self.device_name}"


class Session(models.Model):
    """A user is logged in at a device: no more than one at a time, and one user on as many devices as wanted."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="user_session")
    login = models.OneToOneField(Login, models.CASCADE, related_name="session")
    user = models.ForeignKey(DirectoryObject, models.CASCADE, related_name="sessions")
    since = models.DateTimeField()
    checked_at = models.DateTimeField(help_text="When the groups were last read.")

    access_directory = "device__directory"

    class Meta:
        ordering = ["-since", "pk"]
        indexes = [models.Index("checked_at", name="session_checked")]

    def __str__(self) -> str:
        return f"session on device {self.device_id}"


class SessionPrincipal(models.Model):
    """By what profiles reach who is logged in: as the directory said at the login (`ums.domain.principals`).

    key: the objectGUID as text; of a role its name.
    """

    KINDS = [(one.value, one.name) for one in PrincipalKind]

    session = models.ForeignKey(Session, models.CASCADE, related_name="principals")
    kind = models.CharField(max_length=16, choices=KINDS)
    key = models.CharField(max_length=255)
    name = models.CharField(max_length=1000)
    distance = models.PositiveIntegerField()

    access_directory = "session__device__directory"

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint("session", "key", name="session_principal_once")]
        indexes = [models.Index("key", name="session_principal_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
