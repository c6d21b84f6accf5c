"""The tab “Effect” of a profile: what it comes to on its devices, and what is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from ums.core.access import Action, restrict
from ums.effective.conflicts import profile_effect
from ums.profiles.models import Profile
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
