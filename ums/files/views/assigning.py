"""The dialog “Assign…” of files: from files to directories and devices, from one of these to files, or both given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ums.core.access import Action, require, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.ids import as_text, numbers
from ums.core.rest import all_of
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.places import DeviceDirectories
from ums.devices.selectors import devices_of_targets
from ums.devices.views.actions import when_in_words, when_of
from ums.files import services
from ums.files.models import File, FileAssignment
from ums.files.selectors import file_list
from ums.files.views.asked import chosen_files, devices_get_it, given, in_words, with_words

SHOWN = 100
"""Candidates in the list; the search narrows."""

MANY = 1000
"""Devices from which on the dialog warns."""


@dataclass(frozen=True)
class Asked:
    """What is to be assigned to what. Either side may still be empty: it is picked in the dialog."""

    files: list[File]
    devices: list[Device]
    directories: list[Directory]
    picks: str
    """Which side is picked: `files`, `targets` or nothing."""

    @property
    def targets(self) -> list[Device | Directory]:
        """Both kinds."""
        return [*self.directories, *self.devices]


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest) -> HttpResponse:
    """The dialog, and what it does."""
    asked = _asked(request)
    fixed: list[Any] = [] if asked.picks == "files" else [*asked.files]
    for one in fixed + ([] if asked.picks == "targets" else asked.targets):
        require(request.user, Action.ASSIGN, one)
    error = None
    if request.method == "POST":
        try:
            return _assigned(request, asked)
        except AppError as refused:
            if refused.status == 403:
                raise
            error = refused
    context = {
        "asked": asked,
        "error": error,
        "q": given(request).get("q", ""),
        "when": when_of(given(request)).value,
        "action_url": reverse("files:assign"),
        **(_candidates(request, asked) if asked.picks else {}),
        **_reach(asked),
    }
    return render(request, "files/_assign.html", context, status=422 if error else 200)


@require_safe
def assign_candidates(request: HttpRequest) -> HttpResponse:
    """Fragment: what the search finds; what is ticked stays on top."""
    asked = _asked(request)
    return render(request, "files/_assign_candidates.html", {"asked": asked, **_candidates(request, asked)})


@require_safe
def assign_reach(request: HttpRequest) -> HttpResponse:
    """Fragment: how many devices the choice reaches."""
    return render(request, "profiles/_assign_reach.html", _reach(_asked(request)))


def _asked(request: HttpRequest) -> Asked:
    sent, user = given(request), request.user
    devices, directories = sent.getlist("device"), sent.getlist("directory")
    if target_id := sent.get("target_id", ""):
        (devices if sent.get("target") == "device" else directories).append(str(target_id))
    found_devices = all_of(restrict(Device.objects.all(), user, Action.READ), numbers(",".join(devices)), "device")
    rows = restrict(Directory.objects.filter(kind=DirectoryKind.DEVICE), user, Action.READ)
    found_directories = all_of(rows, numbers(",".join(directories)), "directory")
    files = chosen_files(request)
    picks = sent.get("picks", "")
    if picks not in ("files", "targets"):
        picks = "" if files and (devices or directories) else "targets" if files else "files"
    return Asked(files, found_devices, found_directories, picks)


def _assigned(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Assign, and answer with an Undo that removes exactly what is new."""
    if not asked.files or not asked.targets:
        missing = "file" if asked.targets else "directory or device"
        raise AppError("nothing_chosen", f"Tick at least one {missing}.")
    when, actor = when_of(request.POST), Actor.from_request(request)
    made = services.files_assign(actor=actor, files=asked.files, targets=asked.targets, when=when)
    if not made:
        return done("All of this was assigned already.", level="info")
    where = str(asked.targets[0]) if len(asked.targets) == 1 else f"{len(asked.targets):,} places"
    reached = devices_of_targets(targets={one.target for one in made}).count()
    undo = f"{reverse('files:assignment_remove')}?ids={as_text([one.pk for one in made])}&when={when.value}"
    return done(
        f"Assigned {in_words(asked.files)} to {where}.",
        detail=devices_get_it(reached, when_in_words(when)),
        undo=undo if len(made) <= 1000 else "",
        changed=["assignments", "files", "devices"],
    )


def _candidates(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    words = given(request).get("q", "").strip()[:100]
    if asked.picks == "files":
        return _file_candidates(request.user, words, asked)
    return _target_candidates(request.user, words, asked)


def _file_candidates(user: Any, words: str, asked: Asked) -> dict[str, Any]:
    rows = with_words(file_list(user=user, action=Action.ASSIGN), words)
    taken = _taken(FileAssignment.objects.filter(_on(asked)), "file", len(asked.targets))
    found = list(rows.exclude(pk__in=[file.pk for file in asked.files]).order_by("name", "pk")[: SHOWN + 1])
    return {"words": words, "found": found[:SHOWN], "more": len(found) > SHOWN, "taken": taken}


def _target_candidates(user: Any, words: str, asked: Asked) -> dict[str, Any]:
    directories = DeviceDirectories(user, Action.ASSIGN)
    ticked = {directory.pk for directory in asked.directories}
    lines, more = directories.lines(words, SHOWN)
    devices: list[Device] = []
    if words:
        rows = restrict(Device.objects.all(), user, Action.ASSIGN).select_related("directory")
        for word in words.split()[:10]:
            rows = rows.filter(Q(name__icontains=word) | Q(unit_id__icontains=word) | Q(ip_address__startswith=word))
        devices = list(rows.exclude(pk__in=[device.pk for device in asked.devices]).order_by("name", "pk")[:SHOWN])
    existing = FileAssignment.objects.filter(file__in=asked.files)
    return {
        "words": words,
        "whole": not words,
        "ticked": directories.of(ticked),
        "lines": [line for line in lines if line.pk not in ticked],
        "devices": devices,
        "more": more,
        "taken": _taken(existing.filter(directory__isnull=False), "directory", len(asked.files)),
        "taken_devices": _taken(existing.filter(device__in=devices), "device", len(asked.files)),
    }


def _taken(rows: Any, side: str, all_of_them: int) -> set[int]:
    """Which of one side have everything of the other side already."""
    counted = rows.order_by().values(side).annotate(n=Count("pk"))
    return {row[side] for row in counted if row["n"] >= all_of_them}


def _on(asked: Asked) -> Q:
    return Q(device__in=asked.devices) | Q(directory__in=asked.directories)


def _reach(asked: Asked) -> dict[str, Any]:
    pairs = len(asked.files) * len(asked.targets)
    existing = FileAssignment.objects.filter(_on(asked), file__in=asked.files).count() if pairs else 0
    reached = devices_of_targets(targets=asked.targets).count() if asked.targets else 0
    return {"pairs": pairs, "existing": existing, "reached": reached, "many": reached >= MANY, "targets": asked.targets}
