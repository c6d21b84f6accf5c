"""What a profile comes to: the tab “Effect” with its devices, and what users could not have of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from ums.core.access import Action, restrict
from ums.core.ids import numbers
from ums.core.rest import all_of
from ums.effective.compatibility import not_for_users
from ums.effective.conflicts import profile_effect
from ums.profiles.models import Profile
from ums.profiles.selectors import profile_list
from ums.profiles.views.asked import profile_of
from ums.profiles.views.editor import page_context

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def effect(request: HttpRequest, pk: int) -> HttpResponse:
    """What never takes effect comes first."""
    profile = profile_of(request, pk)
    found = profile_effect(profile=profile, user=request.user)
    rivals = {rival.profile for line in found.settings for rival in line.rivals}
    readable = restrict(Profile.objects.filter(pk__in=rivals, deleted_at=None), request.user, Action.READ)
    context = {
        **page_context(request, profile),
        "tab": "effect",
        "effect": found,
        "groups": [
            ("Take effect nowhere", found.nowhere),
            ("Take effect on some devices", found.partly),
            ("Take effect on all devices", found.everywhere),
        ],
        "readable": set(readable.values_list("pk", flat=True)),
    }
    return render(request, "effective/profile_effect.html", context)


@require_safe
def for_users(request: HttpRequest) -> HttpResponse:
    """Fragment of dialogs that assign to users: what of these profiles (`?profile=1&profile=2`) users cannot have."""
    ids = numbers(",".join(request.GET.getlist("profile")))
    profiles = all_of(profile_list(user=request.user), ids, "profile") if ids else []
    found = [(profile, one) for profile in profiles if (one := not_for_users(profile=profile)).refused]
    return render(request, "effective/_for_users.html", {"found": found})
