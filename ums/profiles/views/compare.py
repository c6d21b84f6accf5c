"""The page that shows two revisions, or two profiles, side by side, and the dialog that picks what to compare with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ums.core.access import Action, restrict
from ums.core.errors import AppError
from ums.devices.models import Device
from ums.profiles.comparison import Side, compared, side_of
from ums.profiles.content import catalogue_of
from ums.profiles.pages import comparison_table
from ums.profiles.selectors import revision_list
from ums.profiles.views.asked import numbers, profile_of, readable_profiles, with_words
from ums.profiles.views.editor import page_context
from ums.profiles.views.lists import breadcrumbs

if TYPE_CHECKING:
    from ums.profiles.models import Profile, Revision

REFERENCE = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,9}))?")
"""A profile as it is now, "12", or one of its revisions, "12.3"; "12.0" is what it was before the first: nothing."""

SHOWN = 50
"""Candidates in the dialog; the search narrows."""

CHOICES = 200
"""Revisions that the page offers to choose from."""


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """`?left=…&right=…`, or what two ticked rows name: `ids` of profiles, or with `profile` numbers of revisions."""
    (left_pk, left_number), (right_pk, right_number) = _asked(request)
    left = profile_of(request, left_pk)
    if left_pk == right_pk:
        return _revisions(request, left, left_number, right_number)
    right = profile_of(request, right_pk)
    sides = [_revision(request, left, left_number), _revision(request, right, right_number)]
    groups = compared(_side(left, sides[0]), _side(right, sides[1]), by_name=True)
    context = {
        "breadcrumbs": [*breadcrumbs(left.kind, left.directory), ("Compare", "")],
        "left": (left, sides[0]),
        "right": (right, sides[1]),
        "left_title": left.name,
        "right_title": right.name,
        "swap_url": _url(_reference(right, right_number), _reference(left, left_number)),
        **comparison_table(request, groups, keep=("left", "right", "ids")),
    }
    return render(request, "profiles/compare.html", context)


@require_safe
def profile_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Dialog: with which profile or device. Its search answers the list alone."""
    profile = profile_of(request, pk)
    words = request.GET.get("q", "").strip()[:100]
    profiles = with_words(readable_profiles(request).exclude(pk=pk).order_by("name", "pk"), words)
    context = {
        "profile": profile,
        "words": words,
        "profiles": list(profiles[: SHOWN + 1]),
        "devices": _devices(request, words),
        "shown": SHOWN,
    }
    searching = "q" in request.GET
    return render(request, "profiles/_compare_candidates.html" if searching else "profiles/_compare.html", context)


def _devices(request: HttpRequest, words: str) -> list[Device]:
    rows = restrict(Device.objects.all(), request.user, Action.READ).select_related("directory")
    for word in words.split()[:10]:
        rows = rows.filter(Q(name__icontains=word) | Q(unit_id__icontains=word) | Q(ip_address__startswith=word))
    return list(rows.order_by("name", "pk")[: SHOWN + 1])


def _revisions(request: HttpRequest, profile: Profile, left: int | None, right: int | None) -> HttpResponse:
    """Two revisions of one profile, in the frame of its page."""
    old, new = _revision(request, profile, left), _revision(request, profile, right)
    if new is None:
        raise Http404("There is no such revision.")
    revisions = revision_list(user=request.user, profile=profile)
    choices = list(revisions.values_list("number", "created_at", "author_name")[:CHOICES])
    known = {number for number, _, _ in choices}
    choices += [(one.number, one.created_at, one.author_name) for one in (new, old) if one and one.number not in known]
    context = {
        **page_context(request, profile),
        "tab": "revisions",
        "old": old,
        "new": new,
        "choices": choices,
        "left_title": f"Revision {old.number}" if old else "Before",
        "right_title": f"Revision {new.number}",
        "compare_url": reverse("profiles:compare"),
        "swap_url": _url(f"{profile.pk}.{new.number}", f"{profile.pk}.{old.number}") if old else "",
        **comparison_table(
            request, compared(_side(profile, old), _side(profile, new)), keep=("left", "right", "ids", "profile")
        ),
    }
    return render(request, "profiles/revision.html", context)


def revision_page(request: HttpRequest, pk: int, number: int, against: int) -> HttpResponse:
    """A revision beside another one of its profile; 0: beside nothing."""
    return _revisions(request, profile_of(request, pk), against, number)


def _asked(request: HttpRequest) -> tuple[tuple[int, int | None], tuple[int, int | None]]:
    """(profile, revision) of both sides; None is the current one. Raises Http404, AppError `invalid`."""
    if ids := request.GET.get("ids", ""):
        found = sorted(set(numbers(ids)))
        profile = numbers(request.GET.get("profile", ""))
        if len(found) != 2 or request.GET.get("all"):
            raise AppError("invalid", f"Tick two {'revisions' if profile else 'profiles'} to compare them.")
        if profile:
            return (profile[0], found[0]), (profile[0], found[1])
        return (found[0], None), (found[1], None)
    sides = [REFERENCE.fullmatch(request.GET.get(side, "")) for side in ("left", "right")]
    if sides[0] is None or sides[1] is None:
        raise Http404("Name what to compare.")
    left, right = ((int(side[1]), int(side[2]) if side[2] else None) for side in (sides[0], sides[1]))
    return left, right


def _revision(request: HttpRequest, profile: Profile, number: int | None) -> Revision | None:
    """The revision, None for number 0. Raises Http404."""
    if number == 0:
        return None
    revisions = revision_list(user=request.user, profile=profile)
    found = revisions.filter(number=number).first() if number else revisions.filter(head_of=profile).first()
    if found is None:
        raise Http404("There is no such revision.")
    return found


def _side(profile: Profile, revision: Revision | None) -> Side:
    return side_of(revision) if revision else Side(catalogue_of(profile.based_on))


def _reference(profile: Profile, number: int | None) -> str:
    return str(profile.pk) if number is None else f"{profile.pk}.{number}"


def _url(left: str, right: str) -> str:
    return f"{reverse('profiles:compare')}?left={left}&right={right}"
