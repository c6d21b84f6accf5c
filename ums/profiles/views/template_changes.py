"""Dialogs that make, change and delete template keys, their values, and groups of values."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ums.core.access import Action, require, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError, NotAllowed
from ums.core.rest import one_of
from ums.core.trial import current_trial
from ums.core.tryout import previews
from ums.profiles import services
from ums.profiles.keys import assignments_of, devices_of_assignments, profiles_by_key, value_list
from ums.profiles.models import Profile, TemplateValue
from ums.profiles.template_forms import GroupForm, KeyForm, ValueForm
from ums.profiles.views.asked import devices_get_it, when_of
from ums.profiles.views.templates import group_of, key_of, template_directory_of

dialog = require_http_methods(["GET", "HEAD", "POST"])
CHANGED = ["templates", "assignments", "devices"]


@dialog
def template_key_create(request: HttpRequest) -> HttpResponse:
    """A new key; then its page, where its values are."""
    directory = template_directory_of(request, request.GET)
    form = KeyForm(request.POST or None, user=request.user, directory=directory)
    _somewhere(form)
    if request.method == "POST" and form.is_valid():
        try:
            key = services.key_create(actor=Actor.from_request(request), **form.cleaned_data)
        except AppError as error:
            form.refuse(error)
        else:
            url = reverse("profiles:template_key_detail", args=[key.pk])
            return done(f"Created {key.name}.", redirect=url)
    return _form(request, form, "New template key", "Create")


@dialog
def template_key_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, type and description of a key."""
    key = key_of(request, pk)
    require(request.user, Action.WRITE, key)
    form = KeyForm(request.POST or None, user=request.user, directory=None, key=key)
    if request.method == "POST" and form.is_valid():
        try:
            services.key_update(actor=Actor.from_request(request), key=key, **form.cleaned_data)
        except AppError as error:
            form.refuse(error)
        else:
            return done(f"Saved {key.name}.", changed=CHANGED)
    return _form(request, form, f"Edit {key.name}", "Save")


@previews
@dialog
def template_key_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a key: names the profiles that use it, and asks for its name then."""
    key = key_of(request, pk)
    require(request.user, Action.WRITE, key)
    users = profiles_by_key(profiles=restrict(Profile.objects.all(), request.user, Action.READ)).get(key.name, [])
    hidden = len(profiles_by_key().get(key.name, [])) - len(users)
    used = bool(users) or hidden > 0
    typed = current_trial() is not None or request.POST.get("confirm", "").strip() == key.name
    wrong = request.method == "POST" and used and not typed
    if request.method == "POST" and not wrong:
        services.key_delete(actor=Actor.from_request(request), key=key, confirmed=used, when=when_of(request.POST))
        return done(f"Deleted {key.name}.", redirect=reverse("profiles:template_key_list"))
    context = {"key": key, "users": users, "hidden": hidden, "used": used, "wrong": wrong}
    return _deletion(request, f"Delete {key.name}?", assignments_of(keys=[key]), context, 422 if wrong else 200)


@previews
@dialog
def template_value_create(request: HttpRequest, pk: int) -> HttpResponse:
    """A new value of a key."""
    key = key_of(request, pk)
    require(request.user, Action.WRITE, key)
    form = ValueForm(request.POST or None, key=key)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.value_create(actor=Actor.from_request(request), key=key, **form.cleaned_data)
        except AppError as error:
            form.refuse(error)
        else:
            return done(f"Created {row}.", detail="It is not assigned yet.", changed=CHANGED)
    return _form(request, form, f"New value of {key.name}", "Create")


@previews
@dialog
def template_value_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a value: all that it is assigned to get the new one."""
    row = _value_of(request, pk)
    require(request.user, Action.WRITE, row)
    form = ValueForm(request.POST or None, key=row.key, row=row)
    reached = devices_of_assignments(assignments=assignments_of(values=[row])).count()
    if request.method == "POST" and form.is_valid():
        when = when_of(request.POST)
        try:
            services.value_update(actor=Actor.from_request(request), row=row, when=when, **form.cleaned_data)
        except AppError as error:
            form.refuse(error)
        else:
            return done(f"Saved {row}.", detail=devices_get_it(reached, when), changed=CHANGED)
    return _form(request, form, f"Edit {row}", "Save", reached)


@previews
@dialog
def template_value_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a value with its assignments."""
    row = _value_of(request, pk)
    require(request.user, Action.WRITE, row)
    if request.method == "POST":
        name = str(row)
        services.value_delete(actor=Actor.from_request(request), row=row, when=when_of(request.POST))
        return done(f"Deleted {name}.", changed=CHANGED)
    return _deletion(request, f"Delete {row}?", assignments_of(values=[row]), {"value": row})


@dialog
def value_group_create(request: HttpRequest) -> HttpResponse:
    """A new group; then its page."""
    directory = template_directory_of(request, request.GET)
    form = GroupForm(request.POST or None, user=request.user, directory=directory)
    _somewhere(form)
    if request.method == "POST" and form.is_valid():
        try:
            group = services.group_create(actor=Actor.from_request(request), **_given(form))
        except AppError as error:
            form.refuse(error)
        else:
            return done(f"Created “{group.name}”.", redirect=reverse("profiles:value_group_detail", args=[group.pk]))
    return _form(request, form, "New value group", "Create")


@previews
@dialog
def value_group_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, description and values of a group."""
    group = group_of(request, pk)
    require(request.user, Action.WRITE, group)
    form = GroupForm(request.POST or None, user=request.user, directory=None, group=group)
    reached = devices_of_assignments(assignments=assignments_of(groups=[group])).count()
    if request.method == "POST" and form.is_valid():
        when = when_of(request.POST)
        try:
            services.group_update(actor=Actor.from_request(request), group=group, when=when, **_given(form))
        except AppError as error:
            form.refuse(error)
        else:
            return done(f"Saved “{group.name}”.", detail=devices_get_it(reached, when), changed=CHANGED)
    return _form(request, form, f"Edit “{group.name}”", "Save", reached)


@previews
@dialog
def value_group_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a group; its values stay."""
    group = group_of(request, pk)
    require(request.user, Action.WRITE, group)
    if request.method == "POST":
        services.group_delete(actor=Actor.from_request(request), group=group, when=when_of(request.POST))
        return done(f"Deleted “{group.name}”.", redirect=reverse("profiles:value_group_list"))
    return _deletion(request, f"Delete “{group.name}”?", assignments_of(groups=[group]), {"group": group})


def _value_of(request: HttpRequest, pk: int) -> TemplateValue:
    found: TemplateValue = one_of(value_list(user=request.user), pk, "template value")
    return found


def _given(form: GroupForm) -> dict[str, Any]:
    return {**form.cleaned_data, "values": list(form.cleaned_data["values"])}


def _somewhere(form: KeyForm | GroupForm) -> None:
    if form.nowhere:
        raise NotAllowed("You lack the permission to write in any directory of template keys.")


def _form(request: HttpRequest, form: Any, title: str, verb: str, reached: int = 0) -> HttpResponse:
    context = {"form": form, "title": title, "verb": verb, "reached": reached, "action_url": request.get_full_path()}
    if isinstance(form, GroupForm):
        context["values"] = value_list(user=request.user).order_by("key__name", "pk")
    return render(request, "profiles/_template_form.html", context, status=422 if form.errors else 200)


def _deletion(
    request: HttpRequest, title: str, assignments: Any, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    rows = list(assignments)
    reached = devices_of_assignments(assignments=rows).count()
    context |= {"title": title, "places": len(rows), "reached": reached, "action_url": request.path}
    return render(request, "profiles/_template_delete.html", context, status=status)
