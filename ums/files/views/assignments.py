"""Files in the right pane of devices and directories; removing assignments, and undoing that."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.core.access import Action, may, require, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.ids import as_text, numbers
from ums.core.rest import MAX_IDS, all_of
from ums.core.tryout import previews
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.selectors import devices_of_targets, directory_device_total
from ums.devices.views.actions import when_in_words, when_of
from ums.files import services
from ums.files.models import File, FileAssignment
from ums.files.selectors import file_assignment_for_target, file_assignment_list

PAIR = re.compile(r"([0-9]{1,18})([dr])([0-9]{1,18})")
"""File, kind of target (device or directory), target: how an Undo names what is to come back."""


@require_safe
def assigned_for_directory(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment of the right pane: files of a directory of devices."""
    directories = Directory.objects.filter(kind=DirectoryKind.DEVICE)
    directory = get_object_or_404(restrict(directories, request.user, Action.READ), pk=pk)
    return _pane(request, directory, "directory", ask=directory_device_total(directory=directory) > 1)


@require_safe
def assigned_for_device(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment of the right pane: files of a device."""
    device = get_object_or_404(restrict(Device.objects.all(), request.user, Action.READ), pk=pk)
    return _pane(request, device, "device")


def _pane(request: HttpRequest, target: Device | Directory, kind: str, *, ask: bool = False) -> HttpResponse:
    """`ask`: several devices change with a removal, so a dialog tells what."""
    rows = file_assignment_for_target(target=target)
    files = File.objects.filter(pk__in={row.file_id for row in rows}).order_by()
    readable = set(restrict(files, request.user, Action.READ).values_list("pk", flat=True))
    assignable = set(restrict(files, request.user, Action.ASSIGN).values_list("pk", flat=True))
    on_target = may(request.user, Action.ASSIGN, target)
    items: list[dict[str, Any]] = [
        {
            "label": row.file.name,
            "url": reverse("files:file_detail", args=[row.file_id]) if row.file_id in readable else "",
            "path": row.file.device_path,
            "from_label": "" if direct else str(row.directory),
            "remove_url": f"{reverse('files:assignment_remove')}?ids={row.pk}"
            if direct and on_target and row.file_id in assignable
            else "",
            "remove_ask": ask,
        }
        for row in rows
        for direct in [row.target == target]
    ]
    assign_url = f"{reverse('files:assign')}?target={kind}&target_id={target.pk}" if on_target else ""
    return render(request, "files/_assigned.html", {"items": items, "assign_url": assign_url})


@previews
@require_http_methods(["GET", "HEAD", "POST"])
def assignment_remove(request: HttpRequest) -> HttpResponse:
    """Ask, or take assignments away. The Undo of the toast brings exactly these back."""
    asked = {**request.GET.dict(), **request.POST.dict()}
    rows = list(file_assignment_list(user=request.user).filter(pk__in=numbers(asked.get("ids", "")))[:MAX_IDS])
    if not rows:
        raise Http404("This assignment is gone already.")
    if request.method != "POST":
        return _ask_remove(request, rows)
    when = when_of(asked)
    removed = services.files_unassign(actor=Actor.from_request(request), assignments=rows, when=when)
    pairs = ".".join(f"{file.pk}{'d' if isinstance(at, Device) else 'r'}{at.pk}" for file, at in removed)
    file, target = removed[0]
    text = f"Removed “{file.name}” from {target}." if len(removed) == 1 else f"Removed {len(removed):,} assignments."
    reached = devices_of_targets(targets=[target for _, target in removed]).count()
    undo = f"{reverse('files:assignments_restore')}?pairs={pairs}&when={when.value}"
    detail = when_in_words(when) if reached else ""
    return done(text, detail=detail, undo=undo, changed=["assignments", "files", "devices"])


def _ask_remove(request: HttpRequest, rows: list[FileAssignment]) -> HttpResponse:
    """The dialog. Raises NotAllowed before it opens what would be refused afterwards."""
    for file in {row.file_id: row.file for row in rows}.values():
        require(request.user, Action.ASSIGN, file)
    context = {
        "assignments": [(row.target, row.device_id, row.file.name) for row in rows],
        "ids": as_text([row.pk for row in rows]),
        "when": when_of(request.GET).value,
        "action_url": request.path,
    }
    return render(request, "devices/_unassign.html", context)


@require_POST
def assignments_restore(request: HttpRequest) -> HttpResponse:
    """Undo of a removal: assign what `pairs` names."""
    asked = {**request.GET.dict(), **request.POST.dict()}
    found = [PAIR.fullmatch(part) for part in asked.get("pairs", "").split(".")[: MAX_IDS + 1]]
    if len(found) > MAX_IDS or not all(found):
        raise Http404("This is no list of assignments.")
    by_target: dict[tuple[str, int], list[int]] = defaultdict(list)
    for match in filter(None, found):
        by_target[match[2], int(match[3])].append(int(match[1]))
    user, actor, made = request.user, Actor.from_request(request), 0
    with transaction.atomic():
        for (sign, pk), ids in by_target.items():
            rows: Any = Device.objects.all() if sign == "d" else Directory.objects.all()
            targets = all_of(restrict(rows, user, Action.READ), [pk], "target")
            files = all_of(restrict(File.objects.all(), user, Action.READ), ids, "file")
            made += len(services.files_assign(actor=actor, files=files, targets=targets, when=when_of(asked)))
    text = "1 assignment is back." if made == 1 else f"{made:,} assignments are back."
    return done(text, changed=["assignments", "files", "devices"])
