"""Shared Workplace on the page of one device: licence, service, who is logged in; and its login history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from ha.clock import shared_now
from swp import services
from swp.feature import SHARED_WORKPLACE
from swp.models import Login, ServiceOff, Session
from swp.views.logins import history
from ums.core.access import Action, may
from ums.core.actor import Actor
from ums.core.answers import done
from ums.devices.pages import device_or_404, device_page
from ums.domain.protocol import LoginOutcome
from ums.features.selectors import is_enabled
from ums.licences.selectors import licences_of, user_licence

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def device_logins(request: HttpRequest, pk: int) -> HttpResponse:
    """Who logged in at a device, and who tried."""
    context = device_page(request.user, pk, "logins")
    context |= history(request, device=context["device"])
    return render(request, "logins/device.html", context, status=422 if context["filter_error"] else 200)


@require_safe
def device_section(request: HttpRequest, pk: int) -> HttpResponse:
    """The section of its page."""
    device = device_or_404(request.user, pk)
    state = user_licence(pk)
    good = Login.objects.filter(device=device, outcome=LoginOutcome.AUTH_OK.value)
    context = {
        "device": device,
        "enabled": is_enabled(SHARED_WORKPLACE),
        "service_on": not ServiceOff.objects.filter(device=device).exists(),
        "licence": state,
        "ends_soon": state.ends_soon(shared_now()),
        "given": licences_of(device=device),
        "session": Session.objects.filter(device=device).select_related("login").first(),
        "last": good.order_by("-login_at", "-pk").first(),
        "may_write": may(request.user, Action.WRITE, device),
        "may_command": may(request.user, Action.COMMAND, device),
        "may_license": may(request.user, Action.ADMINISTER),
    }
    return render(request, "logins/_section.html", context)


@require_POST
def device_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch the service to `enabled`; who is logged in is logged out."""
    device = device_or_404(request.user, pk)
    enabled = request.GET.get("enabled") == "1"
    services.service_switch(actor=Actor.from_request(request), device=device, enabled=enabled)
    words = "can log in" if enabled else "cannot log in"
    return done(
        f"Users {words} at {device.name}.", undo=f"{request.path}?enabled={int(not enabled)}", changed=["device"]
    )
