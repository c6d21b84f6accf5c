"""The dialog “Assign…”: from profiles to directories and devices, from one of these to profiles, or both given.

Drag and drop, cut and paste, the buttons and the menus all end here: one dialog, one POST.
"""

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
from ums.core.rest import all_of
from ums.core.tryout import previews
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.places import DeviceDirectories
from ums.devices.selectors import devices_of_targets
from ums.profiles import services
from ums.profiles.models import Assignment, Profile
from ums.profiles.selectors import profile_list
from ums.profiles.views.asked import as_text, chosen_profiles, devices_get_it, given, numbers, when_of, with_words

SHOWN = 100
"""Candidates in the list; the search narrows."""

MANY = 1000
"""Devices from which on the dialog warns."""


@dataclass(frozen=True)
class Asked:
    """What is to be assigned to what. Either side may still be empty: it is picked in the dialog."""

    profiles: list[Profile]
    devices: list[Device]
    directories: list[Directory]
    picks: str
    """Which side is picked: `profiles`, `targets` or nothing."""

    @property
    def targets(self) -> list[Device | Directory]:
        """Both kinds."""
        return [*self.directories, *self.devices]


@previews
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest) -> HttpResponse:
    """The dialog, and what it does."""
    asked = _asked(request)
    _check(request, asked)
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
        "when": when_of(given(request)),
        "action_url": reverse("profiles:assign"),
        **(_candidates(request, asked) if asked.picks else {}),
        **_reach(asked),
    }
    return render(request, "profiles/_assign.html", context, status=422 if error else 200)


@require_safe
def assign_candidates(request: HttpRequest) -> HttpResponse:
    """Fragment: what the search finds; what is ticked stays on top."""
    asked = _asked(request)
    return render(request, "profiles/_assign_candidates.html", {"asked": asked, **_candidates(request, asked)})


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
    profiles = chosen_profiles(request)
    picks = sent.get("picks", "")
    if picks not in ("profiles", "targets"):
        picks = "" if profiles and (devices or directories) else "targets" if profiles else "profiles"
    return Asked(profiles, found_devices, found_directories, picks)


def _check(request: HttpRequest, asked: Asked) -> None:
    """Refuse before the dialog opens what would be refused afterwards. Raises NotAllowed."""
    fixed: list[Any] = [] if asked.picks == "profiles" else [*asked.profiles]
    fixed += [] if asked.picks == "targets" else asked.targets
    for one in fixed:
        require(request.user, Action.ASSIGN, one)


def _assigned(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Assign, and answer with an Undo that removes exactly what is new."""
    if not asked.profiles or not asked.targets:
        missing = "profile" if asked.targets else "directory or device"
        raise AppError("nothing_chosen", f"Tick at least one {missing}.")
    when = when_of(request.POST)
    made = services.profiles_assign(
        actor=Actor.from_request(request), profiles=asked.profiles, targets=asked.targets, when=when
    )
    if not made:
        return done("All of this was assigned already.", level="info")
    who = f"“{asked.profiles[0].name}”" if len(asked.profiles) == 1 else f"{len(asked.profiles):,} profiles"
    where = str(asked.targets[0]) if len(asked.targets) == 1 else f"{len(asked.targets):,} places"
    reached = devices_of_targets(targets={one.target for one in made}).count()
    undo = f"{reverse('profiles:assignment_remove')}?ids={as_text([one.pk for one in made])}&when={when.value}"
    return done(
        f"Assigned {who} to {where}.",
        detail=devices_get_it(reached, when),
        undo=undo if len(made) <= 1000 else "",
        changed=["assignments", "profiles", "devices"],
    )


def _candidates(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    words = given(request).get("q", "").strip()[:100]
    if asked.picks == "profiles":
        return _profile_candidates(request.user, words, asked)
    return _target_candidates(request.user, words, asked)


def _profile_candidates(user: Any, words: str, asked: Asked) -> dict[str, Any]:
    profiles = profile_list(user=user, action=Action.ASSIGN).defer("head__content", "based_on__definition")
    rows = with_words(profiles, words)
    taken = _taken(Assignment.objects.filter(_on(asked)), "profile", len(asked.targets))
    found = list(rows.exclude(pk__in=[profile.pk for profile in asked.profiles]).order_by("name", "pk")[: SHOWN + 1])
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
    existing = Assignment.objects.filter(profile__in=asked.profiles)
    return {
        "words": words,
        "whole": not words,
        "ticked": directories.of(ticked),
        "lines": [line for line in lines if line.pk not in ticked],
        "devices": devices,
        "more": more,
        "taken": _taken(existing.filter(directory__isnull=False), "directory", len(asked.profiles)),
        "taken_devices": _taken(existing.filter(device__in=devices), "device", len(asked.profiles)),
    }


def _taken(rows: Any, side: str, all_of_them: int) -> set[int]:
    """Which of one side have everything of the other side already."""
    counted = rows.order_by().values(side).annotate(n=Count("pk"))
    return {row[side] for row in counted if row["n"] >= all_of_them}


def _on(asked: Asked) -> Q:
    return Q(device__in=asked.devices) | Q(directory__in=asked.directories)


def _reach(asked: Asked) -> dict[str, Any]:
    pairs = len(asked.profiles) * len(asked.targets)
    existing = Assignment.objects.filter(_on(asked), profile__in=asked.profiles).count() if pairs else 0
    reached = devices_of_targets(targets=asked.targets).count() if asked.targets else 0
    return {"pairs": pairs, "existing": existing, "reached": reached, "many": reached >= MANY, "targets": asked.targets}
