"""The page “Licences”: what there is, what ends, what is missing; importing, giving, trying out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import retarget

from ha.clock import shared_now
from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.among import among
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.listing import Column, Sorting, listing
from ums.devices.models import Device
from ums.devices.pages import device_or_404
from ums.domain.licence_files import MAX_FILE
from ums.domain.licences import FACTS, NOTICE, TRIAL, LicenceKind
from ums.licences import selectors, services
from ums.licences.forms import ChooseForm, GiveForm

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from ums.licences.models import Licence

SORTS = {"number": "number", "added": "pk"}
COLUMNS = (
    Column("number", "Number", "number", fixed=True),
    Column("kind", "Licence"),
    Column("state", "State"),
    Column("devices", "Devices", css="num"),
    Column("expires", "Expires", css="mid"),
    Column("added", "Added", "added", css="low"),
    Column("comment", "Comment", css="rare"),
)
CHANGED = ("licences", "device")


@require_safe
def licence_list(request: HttpRequest) -> HttpResponse:
    """What the network has, and every licence."""
    require(request.user, Action.ADMINISTER)
    sorting = Sorting(request.GET, SORTS, "-added")
    now = shared_now()
    page = listing(selectors.licence_list(user=request.user), request.GET, sorting.order)
    context = {
        "overview": selectors.overview(),
        "page": page,
        "rows": [(row, _state(row, now), FACTS[LicenceKind(row.kind)].per_device) for row in page.items],
        "columns": [*sorting.columns(COLUMNS)],
        "kinds": list(FACTS.values()),
        "trial_days": TRIAL.days,
        "notice_days": NOTICE.days,
        "breadcrumbs": [("Licences", "")],
    }
    return render(request, "licences/list.html", context)


def _state(row: Licence, now: Any) -> str:
    """As `{% status %}` names it."""
    if row.expires_at is None or row.expires_at > now + NOTICE:
        return "active"
    return "warning" if row.expires_at > now else "expired"


@require_http_methods(["GET", "HEAD", "POST"])
def licence_import(request: HttpRequest) -> HttpResponse:
    """The dialog that takes a file; by POST what was done, or why nothing was."""
    require(request.user, Action.ADMINISTER)
    if request.method != "POST":
        context = {"action_url": request.path, "megabytes": MAX_FILE // 2**20}
        return render(request, "licences/_import.html", context)
    try:
        imported = services.licences_import(actor=Actor.from_request(request), data=_file(request))
    except AppError as error:
        return render(request, "licences/_refused.html", {"error": error}, status=422)
    answer = render(request, "licences/_imported.html", {"imported": imported})
    answer["HX-Trigger"] = json.dumps({"ums:changed": {"what": list(CHANGED)}})
    return retarget(answer, "#dialog-body")


def _file(request: HttpRequest) -> bytes:
    """Raises AppError when there is none, or it is too large to be read."""
    file = request.FILES.get("file")
    if file is None:
        raise AppError("licence_file", "Choose a licence file.")
    if (file.size or 0) > MAX_FILE:
        raise AppError("licence_file", f"A licence file has {MAX_FILE // 2**20} MB at most.", status=413)
    return bytes(file.read())


@require_POST
def licence_test(request: HttpRequest) -> HttpResponse:
    """Start the test licence: one click, and once."""
    licence = services.trial_start(actor=Actor.from_request(request))
    return done(f"Users can log in at all devices until {licence.expires_at:%Y-%m-%d}.", changed=CHANGED)


@require_http_methods(["GET", "HEAD", "POST"])
def licence_give(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a licence to devices."""
    require(request.user, Action.ADMINISTER)
    licence = get_object_or_404(selectors.licence_list(user=request.user), pk=pk)
    if not FACTS[LicenceKind(licence.kind)].per_device:
        raise Http404("This licence counts for the network.")
    left = (licence.quantity or 0) - licence.given_count  # type: ignore[attr-defined]
    missing = selectors.devices_without(licence=licence)
    wanting = missing.count()
    form = GiveForm(request.POST or None, initial={"which": "missing" if wanting else "named"})
    if request.method == "POST" and form.is_valid() and (answer := _give(request, form, licence, missing[:left])):
        return answer
    context = {
        "form": form,
        "licence": licence,
        "left": left,
        "wanting": wanting,
        "offered": min(left, wanting),
        "action_url": request.path,
    }
    return render(request, "licences/_give.html", context, status=422 if form.errors else 200)


def _give(request: HttpRequest, form: GiveForm, licence: Licence, missing: QuerySet[Device]) -> HttpResponse | None:
    """The answer when it was given; else None, and the form says why."""
    named = form.cleaned_data["which"] == "named"
    ids = form.cleaned_data["devices"] if named else missing.values_list("pk", flat=True)
    devices = Device.objects.filter(pk__in=among(list(ids)))
    expect = None if named else form.cleaned_data["expect"]
    try:
        actor = Actor.from_request(request)
        count = services.licence_give(actor=actor, licence=licence, devices=devices, expect=expect)
    except AppError as error:
        form.add_error(None, error.message)
        return None
    words = "1 device has" if count == 1 else f"{count:,} devices have"
    return done(f"{words} the licence {licence.number} now.", changed=CHANGED)


@require_http_methods(["GET", "HEAD", "POST"])
def device_give(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one device a licence."""
    require(request.user, Action.ADMINISTER)
    device = device_or_404(request.user, pk)
    licences = selectors.licences_for(device=device, user=request.user)
    form = ChooseForm(request.POST or None, licences=licences)
    if request.method == "POST" and form.is_valid():
        licence = next(row for row in licences if str(row.pk) == form.cleaned_data["licence"])
        devices = Device.objects.filter(pk=device.pk)
        services.licence_give(actor=Actor.from_request(request), licence=licence, devices=devices)
        return done(f"{device.name} has the licence {licence.number} now.", changed=CHANGED)
    context = {"form": form, "device": device, "licences": licences, "action_url": request.path}
    return render(request, "licences/_device_give.html", context, status=422 if form.errors else 200)
