"""The page “UMS Features”: a switch for each, and a dialog before something in use stops counting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.tryout import previews
from ums.features import selectors, services

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def feature_list(request: HttpRequest) -> HttpResponse:
    """All features."""
    require(request.user, Action.ADMINISTER)
    context = {"features": selectors.feature_list(), "breadcrumbs": [("UMS Features", "")]}
    return render(request, "features/list.html", context)


@previews
@require_http_methods(["GET", "POST"])
def feature_switch(request: HttpRequest, name: str) -> HttpResponse:
    """The dialog that tells what stops counting; a POST switches to `enabled`, and Undo switches back."""
    require(request.user, Action.ADMINISTER)
    feature = selectors.feature_get(name=name)
    if feature is None:
        raise Http404("There is no such feature.")
    url = reverse("features:feature_switch", args=[name])
    if request.method == "GET":
        context = {"feature": feature, "in_use": feature.declared.in_use(), "action_url": f"{url}?enabled=0"}
        return render(request, "features/_switch_off.html", context)
    enabled = request.GET.get("enabled") == "1"
    actor = Actor.from_request(request)
    # Who posts "off" has seen the dialog, or takes back what was switched on a moment ago.
    services.feature_switch(actor=actor, name=name, enabled=enabled, confirmed=True)
    word = "on" if enabled else "off"
    undo = f"{url}?enabled={int(not enabled)}"
    return done(f"“{feature.label}” is switched {word}.", undo=undo, changed=["features", "profiles", "devices"])
