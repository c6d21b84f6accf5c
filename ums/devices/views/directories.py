"""Directories of devices, profiles and priority profiles: dialogs and the context menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from ums.core.access import Action, may, require, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.tryout import previews
from ums.devices import services
from ums.devices.models import Directory, DirectoryKind
from ums.devices.selection import id_of
from ums.devices.selectors import directory_device_total, directory_list
from ums.devices.views.actions import answer, when_in_words, when_of
from ums.devices.views.picking import picked, picker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest


def _directory(request: HttpRequest, pk: int) -> Directory:
    directories = restrict(Directory.objects.select_related("parent"), request.user, Action.BROWSE)
    directory = directories.filter(pk=pk).first()
    if directory is None:
        raise Http404("No such directory.")
    return directory


def _offered(request: HttpRequest, directory: Directory) -> None:
    """A dialog whose end would be a refusal is not begun. Raises NotAllowed."""
    require(request.user, Action.WRITE, directory)


@require_http_methods(["GET", "POST"])
def directory_create(request: HttpRequest, pk: int) -> HttpResponse:
    """A new directory inside this one."""
    parent = _directory(request, pk)
    context: dict[str, Any] = {"parent": parent, "action_url": request.path, "name": request.POST.get("name", "")}
    if request.method == "GET":
        _offered(request, parent)
        return render(request, "devices/_directory_name.html", context)
    try:
        made = services.directory_create(actor=Actor.from_request(request), parent=parent, name=context["name"])
    except AppError as error:
        return answer(request, "devices/_directory_name.html", context, error)
    return done(f"Created {made.name} in {parent.name}.", changed=["directories"])


@require_http_methods(["GET", "POST"])
def directory_rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name. *Undo* posts the old one in the address."""
    directory = _directory(request, pk)
    before = directory.name
    name = request.POST.get("name", request.GET.get("name", before))
    context = {"directory": directory, "action_url": request.path, "name": name}
    if request.method == "GET":
        _offered(request, directory)
        return render(request, "devices/_directory_name.html", context)
    try:
        services.directory_update(actor=Actor.from_request(request), directory=directory, name=name)
    except AppError as error:
        directory.name = before
        return answer(request, "devices/_directory_name.html", context, error)
    if directory.name == before:
        return done()
    undo = f"{request.path}?{urlencode({'name': before})}"
    return done(f"Renamed {before} to {directory.name}.", undo=undo, changed=["directories", "devices"])


@previews
@require_http_methods(["GET", "POST"])
def directory_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Into another directory, with all that is in it. A drop names it as `target_id`; *Undo* posts an address."""
    directory = _directory(request, pk)
    if request.method == "GET":
        _offered(request, directory)
        return _ask_move(request, directory, request.GET)
    given = request.POST if "parent" in request.POST else request.GET
    before, when = directory.parent, when_of(given)
    try:
        parent = picked(request.user, given.get("parent", ""), directory.kind)
        services.directory_move(actor=Actor.from_request(request), directory=directory, parent=parent, when=when)
    except AppError as error:
        directory.parent = before
        return _ask_move(request, directory, given, error)
    undo = f"{request.path}?{urlencode({'parent': before.pk if before else '', 'when': when.value})}"
    devices = directory.kind == DirectoryKind.DEVICE
    return done(
        f"Moved {directory.name} to {parent.name}.",
        detail=when_in_words(when) if devices else "",
        undo=undo,
        changed=["directories", "devices"],
    )


def _ask_move(
    request: HttpRequest, directory: Directory, given: Mapping[str, str], error: AppError | None = None
) -> HttpResponse:
    target_id = id_of(given.get("target_id", ""))
    wanted = id_of(given.get("parent", "")) or target_id
    of_devices = directory.kind == DirectoryKind.DEVICE
    context = {
        "directory": directory,
        "target": directory_list(user=request.user, kind=directory.kind).filter(pk=target_id or 0).first(),
        **picker(request.user, directory.kind, chosen=wanted, without=[directory.pk]),
        "concerned": directory_device_total(directory=directory) if of_devices else None,
        "of_devices": of_devices,
        "when": when_of(given).value,
        "target_id": given.get("target_id", ""),
        "action_url": request.path,
    }
    return answer(request, "devices/_directory_move.html", context, error)


@previews
@require_http_methods(["GET", "POST"])
def directory_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Only an empty one; otherwise the dialog says what is inside before anybody presses its button."""
    directory = _directory(request, pk)
    context = {"directory": directory, "action_url": request.path, "leave": request.GET.get("leave", "")}
    if request.method == "GET":
        error = services.directory_delete_refusal(actor=Actor.from_request(request), directory=directory)
        return render(request, "devices/_directory_delete.html", {**context, "error": error})
    name, parent = directory.name, directory.parent
    try:
        services.directory_delete(actor=Actor.from_request(request), directory=directory)
    except AppError as error:
        return answer(request, "devices/_directory_delete.html", context, error)
    leaving = request.POST.get("leave") == "1" and parent is not None
    page = f"{reverse('devices:device_list')}?directory={parent.pk}" if leaving and parent else ""
    return done(f"Deleted the directory {name}.", changed=["directories"], redirect=page)


@require_safe
def directory_menu(request: HttpRequest, pk: int) -> HttpResponse:
    """The context menu of a directory in the tree."""
    directory, user = _directory(request, pk), request.user
    below = urlencode({"directory": directory.pk})
    context = {
        "directory": directory,
        "of_devices": directory.kind == DirectoryKind.DEVICE,
        "root": directory.parent_id is None,
        "may_write": may(user, Action.WRITE, directory),
        "may_command": may(user, Action.COMMAND, directory),
        "may_assign": may(user, Action.ASSIGN, directory),
        "query": urlencode({"all": "1", "filter": below}),
    }
    return render(request, "devices/_directory_menu.html", context)


@require_safe
def directory_picker(request: HttpRequest) -> HttpResponse:
    """The choices of a picker that fit the words."""
    kind = request.GET.get("picker_kind", "")
    if kind not in DirectoryKind.values:
        raise Http404("No such tree.")
    without = [pk for pk in map(id_of, request.GET.get("without", "").split(",")) if pk]
    name = request.GET.get("name", "directory")
    chosen = id_of(request.GET.get(name, ""))
    context = picker(request.user, kind, chosen=chosen, text=request.GET.get("find", "").strip()[:100], without=without)
    return render(request, "devices/_choices.html", {**context, "name": name})
