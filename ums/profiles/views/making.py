"""What a new profile is made from: the dialog that copies one, and what the dialog “New profile” begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ums.core.access import Action, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError, NotAllowed
from ums.core.rest import one_of
from ums.devices.models import Device
from ums.domain.parameters import settings_to_json
from ums.profiles import services, starting
from ums.profiles.comparison import side_of
from ums.profiles.content import catalogue_of
from ums.profiles.forms import CopyForm, Start
from ums.profiles.selectors import devices_of_profile, revision_list
from ums.profiles.services.copies import secrets_copied
from ums.profiles.views.asked import profile_of, readable_profiles, with_words

if TYPE_CHECKING:
    from ums.profiles.models import Catalogue

SHOWN = 50
"""Candidates in the list; the search narrows."""


@require_http_methods(["GET", "HEAD", "POST"])
def profile_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """A copy of a profile; then its editor."""
    profile, actor = profile_of(request, pk), Actor.from_request(request)
    form = CopyForm(request.POST or None, user=request.user, profile=profile)
    if not form.fields["directory"].choices:  # type: ignore[attr-defined]
        raise NotAllowed("You lack the permission to write in any directory of profiles.")
    if request.method == "POST" and form.is_valid():
        try:
            copy = services.profile_copy(actor=actor, profile=profile, **form.cleaned_data)
        except AppError as error:
            form.refuse(error)
        else:
            detail = "" if secrets_copied(actor, profile) else "Without secrets: that needs “Assign” on the original."
            url = reverse("profiles:profile_detail", args=[copy.pk])
            return done(f"Copied “{profile.name}” to “{copy.name}”.", detail=detail, redirect=url)
    context = {
        "form": form,
        "profile": profile,
        "reached": devices_of_profile(profile=profile).count(),
        "action_url": request.path,
    }
    return render(request, "profiles/_copy.html", context, status=422 if form.is_bound else 200)


@require_safe
def start_candidates(request: HttpRequest) -> HttpResponse:
    """Fragment of “New profile”: the profiles or devices whose settings it can begin with."""
    start, words = request.GET.get("start", ""), request.GET.get("q", "").strip()[:100]
    found: list[Any] = []
    if start == Start.PROFILE:
        rows = readable_profiles(request).order_by("name", "pk")
        found = list(with_words(rows, words)[: SHOWN + 1])
    elif start == Start.DEVICE:
        devices = restrict(Device.objects.all(), request.user, Action.READ).select_related("directory")
        for word in words.split()[:10]:
            devices = devices.filter(Q(name__icontains=word) | Q(unit_id__icontains=word))
        found = list(devices.order_by("name", "pk")[: SHOWN + 1])
    context = {"start": start, "words": words, "found": found[:SHOWN], "more": len(found) > SHOWN}
    searching = "q" in request.GET
    return render(request, "profiles/_start_candidates.html" if searching else "profiles/_start.html", context)


def starting_settings(request: HttpRequest, start: str, source: int | None, based_on: Catalogue) -> dict[str, Any]:
    """What a new profile begins with, in JSON form. Raises AppError `invalid`, Http404, NotAllowed."""
    catalogue = catalogue_of(based_on)
    if start == Start.EVERYTHING:
        return settings_to_json(starting.everything(catalogue))
    if start not in (Start.PROFILE, Start.DEVICE):
        return {"values": {}, "instances": {}}
    if source is None:
        message = f"Choose the {start} whose settings it begins with."
        raise AppError("invalid", message, fields={"source": [message]})
    if start == Start.DEVICE:
        device = one_of(restrict(Device.objects.all(), request.user, Action.READ), source, "device")
        return settings_to_json(starting.of_device(device, catalogue))
    profile = profile_of(request, source)
    head = revision_list(user=request.user, profile=profile).filter(head_of=profile).get()
    secrets = secrets_copied(Actor.from_request(request), profile)
    return settings_to_json(starting.of_profile(side_of(head), catalogue, secrets=secrets))
