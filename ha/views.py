"""The pages below “UMS Network”: servers, load balancers, one process, events, Server Network Settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ha import selectors, services
from ha.event_criteria import FIELDS, apply_criteria
from ha.forms import NetworkForm
from ha.models import NetworkEvent, Process
from ha.pinging import ping
from ha.shown import NAMES
from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.listing import Column, FilterBar, Sorting, listing
from ums.domain.processes import ProcessType

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

TITLES = {"servers": "Server", "balancers": "Load Balancer"}
COLUMNS = (
    Column("id", "Process ID", fixed=True),
    Column("name", "Process Name", fixed=True),
    Column("timestamp", "Timestamp", css="mid"),
    Column("status", "Service status", fixed=True),
    Column("mode", "Mode"),
    Column("version", "Version", css="low"),
    Column("address", "Address", css="low"),
    Column("connected", "Connected", css="num"),
    Column("history", "Last hour", css="rare"),
)
EVENT_COLUMNS = (
    Column("time", "Time", "time", fixed=True),
    Column("what", "What happened", fixed=True),
    Column("node", "Host", css="mid"),
    Column("process", "Process ID", css="low"),
)
DAY = 24 * 60


@require_safe
def process_list(request: HttpRequest, kind: str) -> HttpResponse:
    """Servers or load balancers."""
    require(request.user, Action.ADMINISTER)
    if kind not in selectors.LIST_TYPES:
        raise Http404("There is no such list.")
    processes = selectors.process_list(user=request.user).filter(type=selectors.LIST_TYPES[kind])
    context = {
        "kind": kind,
        "title": TITLES[kind],
        "rows": selectors.process_rows(processes=processes),
        "columns": Sorting(request.GET, {"name": "host"}, "name").columns(COLUMNS),
        "breadcrumbs": [("UMS Network", reverse("ha:process_list", args=["servers"])), (TITLES[kind], "")],
    }
    return render(request, "ha/processes.html", context)


@require_safe
def process_detail(request: HttpRequest, pk: str) -> HttpResponse:
    """One process, the others of its node, its pictures of a day, its last events."""
    process = _process(request, pk)
    row = selectors.process_rows(processes=Process.objects.filter(pk=pk).select_related("node"), minutes=DAY)[0]
    of_node = selectors.process_list(user=request.user).filter(node=process.node_id).exclude(pk=pk)
    kind = "balancers" if process.type == ProcessType.BALANCER else "servers"
    context = {
        "row": row,
        "process": process,
        "others": selectors.process_rows(processes=of_node),
        "events": selectors.event_list(user=request.user).filter(process_id=pk)[:10],
        "breadcrumbs": [(TITLES[kind], reverse("ha:process_list", args=[kind])), (process.host, "")],
    }
    return render(request, "ha/process.html", context)


@require_http_methods(["GET", "POST"])
def process_delete(request: HttpRequest, pk: str) -> HttpResponse:
    """Remove the entry of a process that is gone."""
    process = _process(request, pk)
    if request.method == "GET":
        row = selectors.process_rows(processes=Process.objects.filter(pk=pk))[0]
        return render(request, "ha/_delete.html", {"row": row, "process": process, "action_url": request.path})
    services.process_delete(actor=Actor.from_request(request), process=process)
    kind = "balancers" if process.type == ProcessType.BALANCER else "servers"
    return done(
        f"The entry of {process.host} was removed.",
        changed=["network"],
        redirect=reverse("ha:process_list", args=[kind]),
    )


@require_POST
def process_start(request: HttpRequest, pk: str) -> HttpResponse:
    """Have the service started."""
    process = _process(request, pk)
    actor = Actor.from_request(request)
    services.service_start(actor=actor, node=process.node, component=ProcessType(process.type))
    return done(f"{NAMES[process.type]} on {process.host} is being started.", changed=["network"])


@require_POST
def process_ping(request: HttpRequest, pk: str) -> HttpResponse:
    """Say how long a message takes to the process and back."""
    process = _process(request, pk)
    answer = ping(user=request.user, process=process)
    over = {"redis": " over Redis", "database": " over the database"}.get(answer.carrier, ": it is the one you asked")
    return done(f"{NAMES[process.type]} on {process.host} answered within {answer.milliseconds:.1f} ms{over}.")


@require_http_methods(["GET", "POST"])
def process_stop(request: HttpRequest, pk: str) -> HttpResponse:
    """The dialog that says what becomes of the devices; a POST has the service drained and stopped."""
    process = _process(request, pk)
    if request.method == "GET":
        context = {
            "process": process,
            "name": NAMES[process.type],
            "is_server": process.type == ProcessType.SERVER,
            "left": selectors.servers_left(process=process),
            "action_url": request.path,
        }
        return render(request, "ha/_stop.html", context)
    actor = Actor.from_request(request)
    # Who saw in the dialog that no other server runs has confirmed that; who saw another one has not.
    alone = request.POST.get("left") == "0"
    services.service_stop(actor=actor, node=process.node, component=ProcessType(process.type), confirmed=alone)
    return done(
        f"{NAMES[process.type]} on {process.host} is being stopped.",
        undo=reverse("ha:process_start", args=[pk]),
        changed=["network"],
    )


@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    """What happened to the processes of the network, newest first."""
    require(request.user, Action.ADMINISTER)
    bar = FilterBar(request.GET, FIELDS)
    events = apply_criteria(selectors.event_list(user=request.user), bar.criteria)
    sorting = Sorting(request.GET, {"time": "pk"}, "-time")
    page = listing(NetworkEvent.objects.none() if bar.error else events, request.GET, sorting.order)
    context = {
        **bar.context(request, placeholder="Filter events", keep=["sort"]),
        "page": page,
        "columns": sorting.columns(EVENT_COLUMNS),
        "breadcrumbs": [("UMS Network", reverse("ha:process_list", args=["servers"])), ("Events", "")],
    }
    return render(request, "ha/events.html", context, status=422 if bar.error else 200)


@require_http_methods(["GET", "POST"])
def network_settings(request: HttpRequest) -> HttpResponse:
    """Server Network Settings: the cluster address."""
    require(request.user, Action.ADMINISTER)
    network = services.network_ensure()
    form = NetworkForm(request.POST or None, instance=network)
    context: dict[str, Any] = {"form": form, "breadcrumbs": [("Server Network Settings", "")]}
    if request.method == "POST" and form.is_valid():
        try:
            stored = services.network_update(actor=Actor.from_request(request), **form.cleaned_data)
        except AppError as error:
            form.add_error(None, error.message)
        else:
            response = render(request, "ha/_settings_form.html", {"form": NetworkForm(instance=stored)})
            response["HX-Trigger"] = done("The cluster address is saved.", changed=["network"])["HX-Trigger"]
            return response
    if request.method == "POST":
        return render(request, "ha/_settings_form.html", context, status=422)
    return render(request, "ha/settings.html", context)


def _process(request: HttpRequest, pk: str) -> Process:
    require(request.user, Action.ADMINISTER)
    return get_object_or_404(selectors.process_list(user=request.user), pk=pk)
