"""Reading batches and commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q, Window
from django.db.models.functions import RowNumber

from ums.core.access import Action, owns, restrict
from ums.devices.models import Device
from ums.jobs.models import OPEN_STATES, Batch, Command, CommandState

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet


def command_list(*, user: Any) -> QuerySet[Command]:
    """Commands to the devices that `user` may read, newest first."""
    return restrict(Command.objects.all(), user, Action.READ).select_related("batch", "device")


def command_for_device(*, device: Device) -> QuerySet[Command]:
    """The commands of one device, newest first. The caller has checked that the user may read it."""
    return Command.objects.filter(device=device).select_related("batch")


def batch_list(*, user: Any) -> QuerySet[Batch]:
    """Batches that `user` gave, newest first, with counts: what the messages pane shows."""
    own = Batch.objects.filter(author=user.pk)
    return with_counts(own if owns(user, user.pk) else batch_for_reader(user=user).filter(author=user.pk))


def with_counts(batches: QuerySet[Batch]) -> QuerySet[Batch]:
    """Annotate `open`, `succeeded`, `failed` (failed, expired and cancelled)."""
    failed = [CommandState.FAILED, CommandState.EXPIRED, CommandState.CANCELLED]
    return batches.annotate(
        open=Count("commands", filter=Q(commands__state__in=OPEN_STATES)),
        succeeded=Count("commands", filter=Q(commands__state=CommandState.SUCCEEDED)),
        failed=Count("commands", filter=Q(commands__state__in=failed)),
    )


def batch_for_reader(*, user: Any) -> QuerySet[Batch]:
    """Batches that `user` gave, and those to a device that `user` may read."""
    readable = command_list(user=user).select_related(None).filter(batch=OuterRef("pk")).order_by()
    own = Q(author=user.pk) if owns(user, user.pk) else Q()
    return Batch.objects.filter(own | Q(Exists(readable)))


def batch_counts(*, batch_ids: Collection[int], reader: Any = None) -> dict[int, dict[str, int]]:
    """For each batch the number of its commands by state: one pass over the index of batch and state.

    With a `reader` only of those to devices that this user may read.
    """
    counts: dict[int, dict[str, int]] = {pk: {} for pk in batch_ids}
    commands = Command.objects.all() if reader is None else restrict(Command.objects.all(), reader, Action.READ)
    rows = commands.filter(batch__in=batch_ids).order_by().values_list("batch", "state")
    for batch, state, count in rows.annotate(count=Count("pk")):
        counts[batch][state] = count
    return counts


def batch_failures(*, batch_ids: Collection[int], each: int) -> dict[int, tuple[tuple[str, str], ...]]:
    """For each batch the first `each` devices that failed, with the reason."""
    failed = Command.objects.filter(batch__in=batch_ids, state__in=[CommandState.FAILED, CommandState.EXPIRED])
    numbered = failed.annotate(number=Window(RowNumber(), partition_by="batch", order_by="pk")).filter(number__lte=each)
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    for batch, name, text in numbered.order_by("pk").values_list("batch", "device__name", "text"):
        found[batch] = (*found.get(batch, ()), (name, text or "No reason given."))
    return found
