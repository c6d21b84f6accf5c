"""The dialog that moves a profile to another catalogue, with the report before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.tryout import previews
from ums.profiles import services
from ums.profiles.catalogue_forms import RebaseForm
from ums.profiles.rebasing import rebase_report
from ums.profiles.selectors import devices_of_profile
from ums.profiles.views.asked import devices_get_it, profile_of, when_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@previews
@require_http_methods(["GET", "HEAD", "POST"])
def profile_rebase(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog; with `catalogue` in the address only the report of what moving there means."""
    profile = profile_of(request, pk)
    require(request.user, Action.WRITE, profile)
    posted = request.POST if request.method == "POST" else None
    asked = request.GET if "catalogue" in request.GET else None
    form = RebaseForm(
        asked if posted is None else posted, profile=profile, initial={"base": profile.head and profile.head.number}
    )
    reached = devices_of_profile(profile=profile).count()
    if posted is not None and form.is_valid():
        when = when_of(posted)
        try:
            services.profile_rebase(actor=Actor.from_request(request), profile=profile, when=when, **form.cleaned_data)
        except AppError as error:
            form.refuse(error)
        else:
            url = reverse("profiles:profile_detail", args=[profile.pk])
            detail = devices_get_it(reached, when) if reached else ""
            moved = f"Moved “{profile.name}” to {form.cleaned_data['catalogue']}."
            return done(moved, detail=detail, redirect=url)
    chosen = (
        form.cleaned_data.get("catalogue") if form.is_bound and not form.errors.get("catalogue") else None
    ) or form.first
    context = {
        "form": form,
        "profile": profile,
        "catalogue": chosen,
        "report": rebase_report(profile=profile, catalogue=chosen) if chosen else None,
        "reached": reached,
        "when": when_of(request.POST),
        "action_url": request.path,
    }
    template = "profiles/_rebase_report.html" if asked else "profiles/_rebase.html"
    return render(request, template, context, status=200 if posted is None else 422)
