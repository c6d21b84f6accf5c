"""Reading batches and commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from ums.core.access import Action, restrict
from ums.devices.models import Device
from ums.jobs.models import OPEN_STATES, Batch, Command, CommandState

if TYPE_CHECKING:
    from django.db.models import QuerySet


def command_list(*, user: Any) -> QuerySet[Command]:
    """Commands to the devices that `user` may read, newest first."""
    return restrict(Command.objects.all(), user, Action.READ).select_related("batch", "device")


def command_for_device(*, device: Device) -> QuerySet[Command]:
    """The commands of one device, newest first. The caller has checked that the user may read it."""
    return Command.objects.filter(device=device).select_related("batch")


def batch_list(*, user: Any) -> QuerySet[Batch]:
    """Batches that `user` gave, newest first, with counts: what the messages pane shows."""
    return with_counts(Batch.objects.filter(author=user))


def with_counts(batches: QuerySet[Batch]) -> QuerySet[Batch]:
    """Annotate `open`, `succeeded`, `failed` (failed, expired and cancelled)."""
    failed = [CommandState.FAILED, CommandState.EXPIRED, CommandState.CANCELLED]
    return batches.annotate(
        open=Count("commands", filter=Q(commands__state__in=OPEN_STATES)),
        succeeded=Count("commands", filter=Q(commands__state=CommandState.SUCCEEDED)),
        failed=Count("commands", filter=Q(commands__state__in=failed)),
    )
