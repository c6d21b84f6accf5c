"""The pages of webhooks: the list, one with its log, the dialogs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.listing import Column, Sorting, listing
from ums.feeds import services
from ums.feeds.forms import WebhookForm
from ums.feeds.models import Delivery
from ums.feeds.selectors import delivery_list, webhook_list

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from ums.feeds.models import Webhook

COLUMNS = (
    Column("name", "Name", "name", fixed=True),
    Column("state", "State"),
    Column("url", "URL", css="mid"),
    Column("kinds", "Events", css="low"),
    Column("waiting", "Waiting", css="num"),
    Column("owner", "Sees what may see", css="rare"),
)
LOG = (
    Column("time", "Time", "time", fixed=True),
    Column("kind", "Event"),
    Column("state", "State"),
    Column("answer", "Answer"),
    Column("tries", "Tries", css="num"),
)
STATES = {"failing": "warning", "paused": "warning", "off": "offline", "ownerless": "error"}
WORDS = {"failing": "Failing", "paused": "Paused", "off": "Off", "ownerless": "Its user is gone"}
CHANGED = ("webhooks",)


def _webhook(request: HttpRequest, pk: int) -> Webhook:
    require(request.user, Action.ADMINISTER)
    return get_object_or_404(webhook_list(user=request.user), pk=pk)


@require_safe
def webhooks(request: HttpRequest) -> HttpResponse:
    """All webhooks."""
    require(request.user, Action.ADMINISTER)
    sorting = Sorting(request.GET, {"name": "name"}, "name")
    page = listing(webhook_list(user=request.user), request.GET, sorting.order)
    context = {
        "page": page,
        "rows": [(row, *_chip(row)) for row in page.items],
        "columns": sorting.columns(COLUMNS),
        "breadcrumbs": [("Webhooks", "")],
    }
    return render(request, "feeds/webhooks.html", context)


def _chip(row: Webhook) -> tuple[str, str]:
    return STATES.get(row.state, "active"), WORDS.get(row.state, "")


@require_safe
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """One webhook with the log of what was sent."""
    row = _webhook(request, pk)
    sorting = Sorting(request.GET, {"time": "pk"}, "-time")
    page = listing(delivery_list(user=request.user).filter(webhook=row), request.GET, sorting.order)
    status, word = _chip(row)
    context: dict[str, Any] = {
        "webhook": row,
        "status": status,
        "word": word,
        "page": page,
        "rows": [(one, one.tries[-1] if one.tries else None) for one in page.items],
        "columns": sorting.columns(LOG),
        "states": {"waiting": "queued", "delivered": "done", "failed": "failed"},
        "breadcrumbs": [("Webhooks", reverse("feeds:webhooks")), (row.name, "")],
    }
    return render(request, "feeds/webhook.html", context)


@require_http_methods(["GET", "POST"])
def webhook_create(request: HttpRequest) -> HttpResponse:
    """The dialog that makes a webhook, and then shows its secret, this once."""
    require(request.user, Action.ADMINISTER)
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row, secret = services.webhook_create(actor=Actor.from_request(request), **form.cleaned_data)
        except AppError as error:
            form.complain(error)
        else:
            return _secret(request, row, secret)
    context = {"form": form, "action_url": request.path, "title": "New webhook", "verb": "Make webhook"}
    return render(request, "feeds/_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def webhook_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, address, kinds."""
    row = _webhook(request, pk)
    initial = {"name": row.name, "url": row.url, "kinds": row.kinds, "enabled": row.enabled}
    form = WebhookForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.webhook_update(actor=Actor.from_request(request), webhook=row, **form.cleaned_data)
        except AppError as error:
            form.complain(error)
        else:
            return done(f"Saved “{form.cleaned_data['name']}”.", changed=CHANGED)
    context = {"form": form, "action_url": request.path, "title": row.name, "verb": "Save"}
    return render(request, "feeds/_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def webhook_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog that deletes a webhook with its log."""
    row = _webhook(request, pk)
    if request.method == "POST":
        services.webhook_delete(actor=Actor.from_request(request), webhook=row)
        return done(f"“{row.name}” is deleted.", redirect=reverse("feeds:webhooks"))
    return render(request, "feeds/_delete.html", {"webhook": row, "action_url": request.path})


@require_http_methods(["GET", "POST"])
def webhook_renew(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog that makes another secret, and then shows it."""
    row = _webhook(request, pk)
    if request.method == "POST":
        return _secret(request, row, services.webhook_renew_secret(actor=Actor.from_request(request), webhook=row))
    return render(request, "feeds/_renew.html", {"webhook": row, "action_url": request.path})


@require_POST
def webhook_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test."""
    services.webhook_test(actor=Actor.from_request(request), webhook=_webhook(request, pk))
    return done("A test is on its way.", detail="The log tells what comes of it.", changed=CHANGED)


@require_POST
def webhook_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on where it was paused."""
    row = services.webhook_resume(actor=Actor.from_request(request), webhook=_webhook(request, pk))
    return done(f"“{row.name}” gets events again.", changed=CHANGED)


@require_POST
def delivery_redeliver(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a delivery once more."""
    require(request.user, Action.ADMINISTER)
    row = get_object_or_404(Delivery.objects.select_related("webhook"), pk=pk)
    services.delivery_redeliver(actor=Actor.from_request(request), delivery=row)
    return done("It is sent once more.", changed=CHANGED)


def _secret(request: HttpRequest, row: Webhook, secret: str) -> HttpResponse:
    answer = render(request, "feeds/_secret.html", {"webhook": row, "secret": secret})
    answer["HX-Trigger"] = '{"ums:changed": {"what": ["webhooks"]}}'
    answer["Cache-Control"] = "no-store"
    return answer
