"""Dialogs that make, describe, move and delete profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError, NotAllowed
from ums.core.trial import current_trial
from ums.core.tryout import previews
from ums.profiles import services
from ums.profiles.forms import CreateForm, MoveForm, PropertiesForm
from ums.profiles.models import Assignment, ProfileKind
from ums.profiles.selectors import devices_of_targets
from ums.profiles.views.asked import (
    chosen_profiles,
    devices_get_it,
    directory_of,
    kind_of,
    may_all,
    profile_of,
    when_of,
)
from ums.profiles.views.making import starting_settings

if TYPE_CHECKING:
    from ums.profiles.models import Profile

dialog = require_http_methods(["GET", "HEAD", "POST"])


@dialog
def profile_create(request: HttpRequest) -> HttpResponse:
    """A new profile; then its editor."""
    directory = directory_of(request, request.GET)
    kind = kind_of(request.GET, directory)
    form = CreateForm(request.POST or None, user=request.user, kind=kind, directory=directory)
    if form.nowhere:
        raise NotAllowed("You lack the permission to write in any directory of profiles.")
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            given["settings"] = starting_settings(request, given.pop("start"), given.pop("source"), given["based_on"])
            profile = services.profile_create(actor=Actor.from_request(request), **given)
        except AppError as error:
            form.refuse(error)
        else:
            url = reverse("profiles:profile_detail", args=[profile.pk])
            return done(f"Created “{profile.name}”.", redirect=url)
    context = {"form": form, "priority": kind == ProfileKind.PRIORITY, "action_url": request.get_full_path()}
    return _dialog(request, "profiles/_create.html", context, form)


@dialog
def profile_properties(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and description."""
    profile = profile_of(request, pk)
    require(request.user, Action.WRITE, profile)
    form = PropertiesForm(request.POST or None, initial={"name": profile.name, "description": profile.description})
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.profile_update(actor=Actor.from_request(request), profile=profile, **form.cleaned_data)
        except AppError as error:
            form.refuse(error)
        else:
            return done(f"Saved “{saved.name}”.", changed=["profiles"])
    context = {"form": form, "profile": profile, "action_url": request.path}
    return _dialog(request, "profiles/_properties.html", context, form)


@dialog
def profiles_move(request: HttpRequest) -> HttpResponse:
    """Profiles into another directory of their tree."""
    profiles = _some(request)
    kinds = {profile.kind for profile in profiles}
    for profile in profiles:
        require(request.user, Action.WRITE, profile)
    form = MoveForm(request.POST if "directory" in request.POST else None, user=request.user, profile=profiles[0])
    if len(kinds) > 1:
        raise AppError("directory_other_kind", "Standard and priority profiles stay in their own trees.")
    if form.is_valid():
        actor, directory = Actor.from_request(request), form.cleaned_data["directory"]
        with transaction.atomic():
            for profile in profiles:
                services.profile_move(actor=actor, profile=profile, directory=directory)
        return done(f"Moved {_words(profiles)} to {directory.name}.", changed=["profiles", "directories"])
    context = {"form": form, "profiles": profiles, "action_url": request.path}
    return _dialog(request, "profiles/_move.html", context, form)


@previews
@dialog
def profile_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one profile: from its page, so on to the list."""
    profile = profile_of(request, pk)
    url = f"{reverse('profiles:profile_list')}?kind={profile.kind}&directory={profile.directory_id}"
    return _delete(request, [profile], url)


@previews
@dialog
def profiles_delete(request: HttpRequest) -> HttpResponse:
    """Delete those that are selected in a list."""
    return _delete(request, _some(request), "")


def _delete(request: HttpRequest, profiles: list[Profile], redirect: str) -> HttpResponse:
    """Names what is lost; asks for the name, or the number, when devices are reached."""
    if not may_all(request, Action.WRITE, profiles):
        raise NotAllowed("You lack the permission “Write” on what you chose.")
    assignments = Assignment.objects.filter(profile__in=profiles).select_related("device", "directory")
    reached = devices_of_targets(targets=[one.target for one in assignments]).count()
    confirm = profiles[0].name.strip() if len(profiles) == 1 else f"delete {len(profiles)}"
    wrong = False
    if request.method == "POST":
        wrong = bool(reached) and not current_trial() and request.POST.get("confirm", "").strip() != confirm
        if not wrong:
            when, words = when_of(request.POST), _words(profiles)
            with transaction.atomic():
                for profile in profiles:
                    services.profile_delete(actor=Actor.from_request(request), profile=profile, when=when)
            detail = devices_get_it(reached, when) if reached else ""
            return done(f"Deleted {words}.", detail=detail, changed=[] if redirect else ["profiles"], redirect=redirect)
    counted = {row["profile"]: row["n"] for row in assignments.order_by().values("profile").annotate(n=Count("pk"))}
    context = {
        "profiles": [(profile, counted.get(profile.pk, 0)) for profile in profiles],
        "reached": reached,
        "confirm": confirm if reached else "",
        "wrong": wrong,
        "action_url": request.path,
    }
    return render(request, "profiles/_delete.html", context, status=422 if wrong else 200)


def _some(request: HttpRequest) -> list[Profile]:
    profiles = chosen_profiles(request)
    if not profiles:
        raise Http404("No profile is named.")
    return profiles


def _words(profiles: list[Profile]) -> str:
    return f"“{profiles[0].name}”" if len(profiles) == 1 else f"{len(profiles):,} profiles"


def _dialog(request: HttpRequest, template: str, context: dict[str, Any], form: Any) -> HttpResponse:
    return render(request, template, context, status=422 if form.errors else 200)
