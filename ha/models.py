"""The network: its nodes, their processes, and what happened to them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from ha.validators import is_host
from ums.domain.processes import Mode, ProcessType, ServiceStatus

TYPES = [(one.value, one.name) for one in ProcessType]
STATUSES = [(one.value, one.name) for one in ServiceStatus]
MODES = [(one.value, one.name) for one in Mode]


class Network(models.Model):
    """The network itself: one row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    only = models.BooleanField(default=True, unique=True, editable=False)
    cluster_host = models.CharField(
        "Cluster address",
        max_length=253,
        blank=True,
        validators=[is_host],
        help_text="Name under which devices reach an external load balancer or proxy; empty without one.",
    )
    cluster_port = models.PositiveIntegerField("Port", default=8443)
    created_at = models.DateTimeField(auto_now_add=True)

    access_directory = None

    class Meta:
        constraints = [
            models.CheckConstraint(name="network_only_one", condition=Q(only=True)),
            models.CheckConstraint(name="network_port_range", condition=Q(cluster_port__range=(1, 65_535))),
        ]

    def __str__(self) -> str:
        return str(self.id)


class NetworkToken(models.Model):
    """What a node shows to join: the row of a file `UMS-Network.token`. The secret is in the file only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, help_text="Keyed hash of the join secret.")
    author_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    access_directory = None

    class Meta:
        ordering = ["-created_at", "pk"]

    def __str__(self) -> str:
        return str(self.id)


class Node(models.Model):
    """A host of the network. Its processes are rows of their own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=253, help_text="Host name.")
    address = models.CharField(max_length=253, help_text="Where other nodes reach it.")
    has_server = models.BooleanField(default=True)
    has_balancer = models.BooleanField(default=False)
    web_port = models.PositiveIntegerField(default=8443)
    device_port = models.PositiveIntegerField(default=30_001, help_text="Where its server serves devices.")
    balancer_port = models.PositiveIntegerField(default=30_001)
    server_wanted = models.BooleanField(default=True, help_text="False: stopped by an administrator.")
    balancer_wanted = models.BooleanField(default=True, help_text="False: stopped by an administrator.")
    version = models.CharField(max_length=32)
    joined_at = models.DateTimeField(auto_now_add=True)

    access_directory = None

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(name="node_has_component", condition=Q(has_server=True) | Q(has_balancer=True)),
        ]

    def __str__(self) -> str:
        return self.name


class Process(models.Model):
    """A process of a node. Table and columns are named as the manual's query has them (p. 27).

    `life` is new at each start and empty once the process counts as lost: who still names an old one writes nothing.
    """

    id = models.CharField("Process ID", primary_key=True, max_length=64, db_column="epr_process_id")
    host = models.CharField("Process name", max_length=253, db_column="epr_process_host")
    type = models.CharField(max_length=32, db_column="epr_process_type", choices=TYPES)
    mode = models.CharField(
        max_length=32,
        db_column="epr_process_mode",
        default=Mode.NORMAL.value,
        choices=MODES,
    )
    status = models.CharField(
        "Service status",
        max_length=32,
        db_column="epr_service_status",
        choices=STATUSES,
    )
    timestamp = models.DateTimeField(db_column="epr_timestamp", help_text="Last heartbeat, by the database's clock.")
    version = models.CharField(max_length=32, db_column="epr_version")
    node = models.ForeignKey(Node, models.CASCADE, related_name="processes")
    life = models.CharField(max_length=36, blank=True)
    pid = models.PositiveIntegerField(default=0, help_text="On its host; 0 when nobody knows.")
    started_at = models.DateTimeField()
    skew = models.FloatField(default=0.0, help_text="Seconds that its clock is ahead of the database's.")
    bus = models.CharField(max_length=8, blank=True, help_text="What carries its messages: redis or database.")
    connected = models.PositiveIntegerField(default=0, help_text="Devices that hold a connection.")
    waiting = models.PositiveIntegerField(default=0, help_text="Device requests that wait.")
    refused = models.BigIntegerField(default=0, help_text="Device requests refused since the start.")
    detail = models.CharField(max_length=500, blank=True, help_text="Why it is not running, in words.")

    access_directory = None

    class Meta:
        db_table = "epr_processes"
        ordering = ["host", "type", "pk"]
        verbose_name_plural = "processes"
        constraints = [models.UniqueConstraint("node", "type", name="process_one_of_type_per_node")]

    def __str__(self) -> str:
        return self.host


class ProcessSample(models.Model):
    """A point of a process's history picture, one a minute."""

    process = models.ForeignKey(Process, models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    connected = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()
    refused = models.BigIntegerField()

    class Meta:
        ordering = ["process", "at"]
        constraints = [models.UniqueConstraint("process", "at", name="sample_once_a_minute")]

    def __str__(self) -> str:
        return f"{self.process_id} {self.at:%H:%M}"


class NetworkEvent(models.Model):
    """Something that happened to a process or node: started, stopped, suspect, lost, back, joined."""

    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    node_name = models.CharField(max_length=253)
    process_id = models.CharField(max_length=64, blank=True)
    process_type = models.CharField(max_length=32, blank=True)
    text = models.CharField(max_length=500)

    access_directory = None

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at", "-id"], name="network_event_at")]

    def __str__(self) -> str:
        return self.text


class BusMessage(models.Model):
    """A message too long for a notification: the notification names its row. Removed after a minute."""

    payload = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="bus_message_at")]

    def __str__(self) -> str:
        return str(self.pk)
