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
from ums.core.tryout import previews
from ums.devices.selectors import devices_of_targets
from ums.profiles import services
from ums.profiles.forms import CreateForm, MoveForm, PropertiesForm
from ums.profiles.kinds import WORDS
from ums.profiles.models import Assignment
from ums.profiles.views.asked import (
    as_text,
    chosen_profiles,
    devices_get_it,
    directory_of,
    given,
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
        fields = form.cleaned_data
        try:
            start, source = fields.pop("start", ""), fields.pop("source", None)
            fields["settings"] = starting_settings(request, start, source, fields["based_on"])
            profile = services.profile_create(actor=Actor.from_request(request), **fields)
        except AppError as error:
            form.refuse(error)
        else:
            url = reverse("profiles:profile_detail", args=[profile.pk])
            return done(f"Created “{profile.name}”.", redirect=url)
    context = {"form": form, "words": WORDS[kind], "action_url": request.get_full_path()}
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
    """Profiles into another directory of their tree. A drop names it as `target_id`; *Undo* posts an address."""
    profiles, asked = _some(request), given(request)
    kinds = {profile.kind for profile in profiles}
    if not may_all(request, Action.WRITE, profiles):
        raise NotAllowed("You lack the permission “Write” on what you chose.")
    if len(kinds) > 1:
        raise AppError("directory_other_kind", "Each kind of profile stays in its own tree.")
    moving = request.method == "POST" and "directory" in asked
    target = {"directory": asked["target_id"]} if asked.get("target_id") else {}
    form = MoveForm(asked if moving else None, user=request.user, profile=profiles[0], initial=target)
    if form.is_valid():
        actor, directory = Actor.from_request(request), form.cleaned_data["directory"]
        with transaction.atomic():
            for profile in profiles:
                services.profile_move(actor=actor, profile=profile, directory=directory)
        before = {profile.directory_id for profile in profiles}
        ids = as_text([profile.pk for profile in profiles])
        undo = f"{request.path}?ids={ids}&directory={before.pop()}" if len(before) == 1 else ""
        text = f"Moved {_words(profiles)} to {directory.name}."
        return done(text, undo=undo, changed=["profiles", "directories"])
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
    """Tells what leaves the devices. No name is asked for: it goes to the recycle bin, and Undo brings it back."""
    if not may_all(request, Action.WRITE, profiles):
        raise NotAllowed("You lack the permission “Write” on what you chose.")
    assignments = Assignment.objects.filter(profile__in=profiles).select_related("device", "directory")
    reached = devices_of_targets(targets=[one.target for one in assignments]).count()
    if request.method == "POST":
        when, words = when_of(request.POST), _words(profiles)
        with transaction.atomic():
            for profile in profiles:
                services.profile_delete(actor=Actor.from_request(request), profile=profile, when=when)
        detail = devices_get_it(reached, when) if reached else ""
        ids = as_text([profile.pk for profile in profiles])
        undo = f"{reverse('profiles:profiles_restore')}?ids={ids}&when={when.value}"
        changed = [] if redirect else ["profiles", "assignments"]
        return done(f"Moved {words} to the recycle bin.", detail=detail, undo=undo, changed=changed, redirect=redirect)
    counted = {row["profile"]: row["n"] for row in assignments.order_by().values("profile").annotate(n=Count("pk"))}
    context = {
        "profiles": [(profile, counted.get(profile.pk, 0)) for profile in profiles],
        "reached": reached,
        "action_url": request.path,
    }
    return render(request, "profiles/_delete.html", context)


def _some(request: HttpRequest) -> list[Profile]:
    profiles = chosen_profiles(request)
    if not profiles:
        raise Http404("No profile is named.")
    return profiles


def _words(profiles: list[Profile]) -> str:
    return f"“{profiles[0].name}”" if len(profiles) == 1 else f"{len(profiles):,} profiles"


def _dialog(request: HttpRequest, template: str, context: dict[str, Any], form: Any) -> HttpResponse:
    return render(request, template, context, status=422 if form.errors else 200)
