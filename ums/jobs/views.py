"""Giving commands, their progress at the foot of the console, and the page of one batch."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.core.access import Action, may_somewhere
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.core.listing import listing
from ums.core.paging import Order
from ums.devices.models import Device
from ums.devices.selection import Selection, chosen, id_of
from ums.devices.selectors import status_expression
from ums.domain.presence import Status
from ums.domain.protocol import CommandKind
from ums.jobs import services
from ums.jobs.models import Batch, CommandState
from ums.jobs.selectors import batch_counts, batch_failures, batch_for_reader, command_list
from ums.jobs.selectors import batch_list as batches_of
from ums.jobs.services import MAX_MESSAGE
from ums.jobs.shown import ICONS, STATUS, Progress, line_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from django.http import HttpRequest

LINES = 12
RECENT = timedelta(hours=24)
FAILURES = 10
VERBS = {
    CommandKind.REBOOT: "Reboot",
    CommandKind.SHUTDOWN: "Shut down",
    CommandKind.MESSAGE: "Send to",
    CommandKind.FACTORY_RESET: "Reset",
    CommandKind.SETTINGS: "Send settings to",
}
TITLES = {
    CommandKind.REBOOT: "Reboot {}",
    CommandKind.SHUTDOWN: "Shut down {}",
    CommandKind.MESSAGE: "Send a message to {}",
    CommandKind.FACTORY_RESET: "Reset {} to factory defaults",
    CommandKind.SETTINGS: "Send settings to {} now",
}


@require_http_methods(["GET", "POST"])
def command_dialog(request: HttpRequest) -> HttpResponse:
    """Ask, or give the command. `repeat` names a batch whose failed devices are meant."""
    given = request.GET if request.method == "GET" else request.POST
    kind = _kind(given)
    selection = _selection(request, given)
    if request.method == "GET":
        return _ask(request, kind, selection)
    devices = selection.devices(user=request.user, action=Action.COMMAND)
    try:
        target = chosen(selection=selection, user=request.user, action=Action.COMMAND, read=Action.READ)
        if str(target.count) != given.get("expect"):
            raise Conflict("count_changed", f"These are {target.count:,} devices by now. Look again.")
        if kind is CommandKind.FACTORY_RESET and given.get("confirm", "").strip() != _confirmation(target):
            raise AppError("not_confirmed", f"Type {_confirmation(target)} to confirm.")
        batch = services.commands_give(
            actor=Actor.from_request(request),
            devices=devices,
            kind=kind,
            target=target.target,
            arguments={"text": given.get("text", "")} if kind is CommandKind.MESSAGE else None,
            expect=target.count,
        )
    except NotAllowed:
        raise
    except AppError as error:
        return _ask(request, kind, selection, error)
    return done(f"{batch}.", detail="Results appear at the foot of the page.", changed=["commands"])


def _kind(given: Mapping[str, str]) -> CommandKind:
    try:
        return CommandKind(given.get("kind", ""))
    except ValueError:
        raise Http404("No such command.") from None


def _selection(request: HttpRequest, given: Mapping[str, str]) -> Selection:
    """The selected devices; with `repeat` those of a batch that did not do it."""
    if "repeat" not in given:
        return Selection.of(given)
    batch = get_object_or_404(batch_for_reader(user=request.user), pk=id_of(given["repeat"]) or 0)
    failed = command_list(user=request.user).filter(
        batch=batch, state__in=[CommandState.FAILED, CommandState.EXPIRED, CommandState.CANCELLED]
    )
    ids = failed.order_by("device").values_list("device", flat=True)
    return Selection.of({"ids": ",".join(map(str, ids))})


def _ask(request: HttpRequest, kind: CommandKind, selection: Selection, error: AppError | None = None) -> HttpResponse:
    user = request.user
    found = chosen(selection=selection, user=user, action=Action.COMMAND, read=Action.READ)
    if not found.count:
        raise NotAllowed("You lack the permission to send commands to these devices.")
    what = found.target if found.count == 1 else f"{found.count:,} devices"
    context = {
        "kind": kind.value,
        "icon": ICONS[kind.value],
        "title": TITLES[kind].format(what),
        "verb": f"{VERBS[kind]} {'1 device' if found.count == 1 else f'{found.count:,} devices'}",
        "dangerous": kind in (CommandKind.FACTORY_RESET, CommandKind.SHUTDOWN),
        "chosen": found,
        "fields": selection.fields,
        "away": _away(selection.devices(user=user, action=Action.COMMAND)),
        "confirmation": _confirmation(found) if kind is CommandKind.FACTORY_RESET else "",
        "text": request.POST.get("text", ""),
        "longest": MAX_MESSAGE,
        "action_url": reverse("jobs:command_dialog"),
        "error": error,
    }
    return render(request, "jobs/_command.html", context, status=422 if error else 200)


def _confirmation(found: Any) -> str:
    """What is typed before a reset: the name of one device, or how many there are."""
    return str(found.target if found.count == 1 else found.count)


def _away(devices: QuerySet[Device]) -> int:
    """How many are not connected: they carry it out when they are back."""
    reachable = [Status.ONLINE.value, Status.LATE.value]
    online = Count("pk", filter=Q(status__in=reachable))
    numbers = devices.order_by().annotate(status=status_expression()).aggregate(total=Count("pk"), online=online)
    return int(numbers["total"] - numbers["online"])


@require_POST
def message_preview(request: HttpRequest) -> HttpResponse:
    """The text of a message as the device shows it."""
    return render(request, "jobs/_preview.html", {"text": request.POST.get("text", "")[:MAX_MESSAGE].strip()})


@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """The foot of the console: what one's own commands of the last day came to."""
    recent = Batch.objects.filter(author_id=request.user.pk, created_at__gte=timezone.now() - RECENT)
    return render(request, "jobs/_messages.html", {"lines": _lines(list(recent.order_by("-pk")[:LINES]))})


def _lines(batches: list[Batch]) -> list[Any]:
    ids = [batch.pk for batch in batches]
    counts, failures = batch_counts(batch_ids=ids), batch_failures(batch_ids=ids, each=FAILURES)
    return [line_of(batch, Progress(counts[batch.pk]), failures.get(batch.pk, ())) for batch in batches]


@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    """All commands that one gave, newest first."""
    page = listing(batches_of(user=request.user), request.GET, Order("given", "id", descending=True))
    context = {
        "page": page,
        "lines": _lines(page.items),
        "breadcrumbs": [("Commands", reverse("jobs:batch_list"))],
    }
    return render(request, "jobs/list.html", context)


STATES = (
    ("", "All", ()),
    ("waiting", "Waiting", (CommandState.QUEUED, CommandState.SENT)),
    ("done", "Done", (CommandState.SUCCEEDED,)),
    ("failed", "Failed", (CommandState.FAILED, CommandState.EXPIRED)),
    ("cancelled", "Cancelled", (CommandState.CANCELLED,)),
)


@require_safe
def batch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch: its numbers, and each device that the reader may see."""
    batch = get_object_or_404(batch_for_reader(user=request.user), pk=pk)
    own = batch.author_id == request.user.pk
    progress = Progress(batch_counts(batch_ids=[pk], reader=None if own else request.user)[pk])
    asked = request.GET.get("state", "")
    states = next((found for key, _, found in STATES if key == asked), ())
    commands = command_list(user=request.user).filter(batch=batch)
    page = listing(commands.filter(state__in=states) if states else commands, request.GET, Order("id", "id"), rows=100)
    for command in page.items:
        command.status = STATUS[command.state]  # type: ignore[attr-defined]
    url = reverse("jobs:batch_detail", args=[pk])
    context = {
        "batch": batch,
        "icon": ICONS[batch.kind],
        "progress": progress,
        "ends_at": batch.created_at + services.LIFETIME,
        "page": page,
        "state": asked,
        "states": [
            (key, label, f"{url}?state={key}" if key else url, progress.of(*found) if found else progress.total)
            for key, label, found in STATES
        ],
        "may_cancel": progress.waiting and (own or request.user.is_superuser),
        "may_repeat": (progress.failed or progress.cancelled) and may_somewhere(request.user, Action.COMMAND),
        "breadcrumbs": [("Commands", reverse("jobs:batch_list")), (str(batch), url)],
    }
    return render(request, "jobs/batch.html", context)


@require_POST
def batch_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what has not been sent."""
    batch = get_object_or_404(batch_for_reader(user=request.user), pk=pk)
    count = services.batch_cancel(actor=Actor.from_request(request), batch=batch)
    if not count:
        return done("Nothing is waiting any more.", level="info", changed=["commands"])
    return done(f"Cancelled {count:,} {'command' if count == 1 else 'commands'}.", changed=["commands"])
