"""Revisions of a profile: the list, one of them beside another (`compare`), and rolling back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.listing import listing
from ums.core.paging import Order
from ums.core.tryout import previews
from ums.profiles import services
from ums.profiles.comparison import compared, narrowed, side_of
from ums.profiles.selectors import devices_of_profile, revision_list
from ums.profiles.views.asked import devices_get_it, profile_of, when_of
from ums.profiles.views.compare import revision_page
from ums.profiles.views.editor import page_context


@require_safe
def profile_revisions(request: HttpRequest, pk: int) -> HttpResponse:
    """All revisions, newest first."""
    profile = profile_of(request, pk)
    rows = revision_list(user=request.user, profile=profile).defer("content")
    context = {
        **page_context(request, profile),
        "tab": "revisions",
        "page": listing(rows, request.GET, Order("number", "number", descending=True)),
    }
    return render(request, "profiles/revisions.html", context)


@require_safe
def revision_detail(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """What a revision changed, against the one before it or against `?against=`."""
    return revision_page(request, pk, number, _against(request, number))


@previews
@require_http_methods(["GET", "HEAD", "POST"])
def revision_roll_back(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Make an older revision the newest, as a new one."""
    profile = profile_of(request, pk)
    revisions = revision_list(user=request.user, profile=profile)
    revision = get_object_or_404(revisions, number=number)
    require(request.user, Action.WRITE, profile)
    error = None
    reached = devices_of_profile(profile=profile).count()
    if request.method == "POST":
        when = when_of(request.POST)
        try:
            new = services.profile_roll_back(
                actor=Actor.from_request(request), profile=profile, revision=revision, when=when
            )
        except AppError as refused:
            error = refused
        else:
            text = f"Revision {new.number} has the settings of revision {number}."
            url = reverse("profiles:profile_revisions", args=[pk])
            return done(text, detail=devices_get_it(reached, when), redirect=url)
    head = get_object_or_404(revisions, pk=profile.head_id)
    context = {
        "profile": profile,
        "revision": revision,
        "groups": narrowed(compared(side_of(head), side_of(revision)), everything=False, words=""),
        "left_title": f"Now (revision {head.number})",
        "right_title": f"Then (revision {number})",
        "reached": reached,
        "error": error,
        "action_url": request.path,
    }
    return render(request, "profiles/_roll_back.html", context, status=422 if error else 200)


def _against(request: HttpRequest, number: int) -> int:
    asked = request.GET.get("against", "")
    return int(asked) if asked.isdecimal() and len(asked) < 10 else number - 1
