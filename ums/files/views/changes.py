"""Dialogs that upload, describe, replace, move and delete files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
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
from ums.devices.models import DirectoryKind
from ums.devices.views.actions import answer, devices_get_it, when_in_words, when_of
from ums.devices.views.picking import picked, picker
from ums.files import services
from ums.files.forms import PropertiesForm, ReplaceForm, UploadForm
from ums.files.reach import devices_of_files, uses_of_files
from ums.files.views.asked import chosen_files, directory_of, file_of, in_words

if TYPE_CHECKING:
    from ums.files.models import File

dialog = require_http_methods(["GET", "HEAD", "POST"])


@dialog
def file_create(request: HttpRequest) -> HttpResponse:
    """Upload a new file; then its page."""
    directory = directory_of(request, request.GET)
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user, directory=directory)
    if form.nowhere:
        raise NotAllowed("You lack the permission to write in any directory of files.")
    if request.method == "POST" and form.is_valid():
        try:
            file = services.file_create(actor=Actor.from_request(request), **form.cleaned_data)
        except AppError as error:
            form.refuse(error)
        else:
            return done(f"Uploaded “{file.name}”.", redirect=reverse("files:file_detail", args=[file.pk]))
    context = {"form": form, "action_url": request.get_full_path()}
    return _dialog(request, "files/_upload.html", context, form)


@previews
@dialog
def file_replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Upload another content."""
    file = file_of(request, pk)
    require(request.user, Action.WRITE, file)
    form = ReplaceForm(request.POST or None, request.FILES or None)
    when, reached = when_of(request.POST), devices_of_files(files=[file]).count()
    if request.method == "POST" and form.is_valid():
        content, actor = form.cleaned_data["content"], Actor.from_request(request)
        try:
            saved = services.file_replace(actor=actor, file=file, content=content, when=when)
        except AppError as error:
            form.refuse(error)
        else:
            if saved.content_id == file.content_id:
                return done("This is the content that the file has already.", level="info")
            return done(f"Replaced “{file.name}”.", detail=devices_get_it(reached, when), changed=["files"])
    context = {"form": form, "file": file, "reached": reached, "when": when.value, "action_url": request.path}
    return _dialog(request, "files/_replace.html", context, form)


@previews
@dialog
def file_properties(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, path, permissions and the like."""
    file = file_of(request, pk)
    require(request.user, Action.WRITE, file)
    initial = {name: getattr(file, name) for name in ("name", "description", "classification", "device_path", "owner")}
    form = PropertiesForm(request.POST or None, initial={**initial, "mode": f"{file.mode:03o}"})
    form.fields["device_path"].help_text = "Absolute. Devices that have the file move it."
    when = when_of(request.POST)
    if request.method == "POST" and form.is_valid():
        try:
            services.file_update(actor=Actor.from_request(request), file=file, when=when, **form.cleaned_data)
        except AppError as error:
            form.refuse(error)
        else:
            return done(f"Saved “{file.name}”.", changed=["files"])
    reached = devices_of_files(files=[file]).count()
    context = {"form": form, "file": file, "reached": reached, "when": when.value, "action_url": request.path}
    return _dialog(request, "files/_properties.html", context, form)


@dialog
def files_move(request: HttpRequest) -> HttpResponse:
    """Files into another directory. A drop names it as `target_id`."""
    files = _some(request)
    for file in files:
        require(request.user, Action.WRITE, file)
    if request.method != "POST":
        return _ask_move(request, files)
    try:
        directory = picked(request.user, request.POST.get("directory", ""), DirectoryKind.FILE)
        with transaction.atomic():
            for file in files:
                services.file_move(actor=Actor.from_request(request), file=file, directory=directory)
    except AppError as error:
        return _ask_move(request, files, error)
    return done(f"Moved {in_words(files)} to {directory.name}.", changed=["files", "directories"])


def _ask_move(request: HttpRequest, files: list[File], error: AppError | None = None) -> HttpResponse:
    target = request.GET.get("target_id", "")
    chosen = int(target) if target.isascii() and target.isdecimal() and len(target) < 19 else files[0].directory_id
    places = picker(request.user, DirectoryKind.FILE, chosen=chosen)
    context = {"files": files, "words": in_words(files), **places, "action_url": reverse("files:files_move")}
    return answer(request, "files/_move.html", context, error)


@previews
@dialog
def file_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one file: from its page, so on to the list."""
    file = file_of(request, pk)
    return _delete(request, [file], f"{reverse('files:file_list')}?directory={file.directory_id}")


@previews
@dialog
def files_delete(request: HttpRequest) -> HttpResponse:
    """Delete those that are selected in a list."""
    return _delete(request, _some(request), "")


def _delete(request: HttpRequest, files: list[File], redirect: str) -> HttpResponse:
    """Says where they go from; asks for the name, or the number, when they are assigned."""
    for file in files:
        require(request.user, Action.WRITE, file)
    uses = uses_of_files(files=files)
    confirm = files[0].name.strip() if len(files) == 1 else f"delete {len(files)}"
    when = when_of(request.POST)
    reached = devices_of_files(files=files).count() if uses else 0
    asked = bool(uses) and not current_trial()
    wrong = request.method == "POST" and asked and request.POST.get("confirm", "").strip() != confirm
    if request.method == "POST" and not wrong:
        services.files_delete(actor=Actor.from_request(request), files=files, assigned=bool(uses), when=when)
        detail, changed = when_in_words(when) if reached else "", [] if redirect else ["files"]
        return done(f"Deleted {in_words(files)}.", detail=detail, changed=changed, redirect=redirect)
    context = {
        "files": [(file, uses.get(file.pk, 0)) for file in files],
        "words": in_words(files),
        "reached": reached,
        "confirm": confirm if uses else "",
        "wrong": wrong,
        "when": when.value,
        "action_url": request.path,
    }
    return render(request, "files/_delete.html", context, status=422 if wrong else 200)


def _some(request: HttpRequest) -> list[File]:
    files = chosen_files(request)
    if not files:
        raise Http404("No file is named.")
    return files


def _dialog(request: HttpRequest, template: str, context: dict[str, Any], form: Any) -> HttpResponse:
    return render(request, template, context, status=422 if form.errors else 200)
