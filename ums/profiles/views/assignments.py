"""Where profiles are assigned: the tab of a profile, the right pane of devices and directories, removing, undoing."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.core.access import Action, may, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import NotAllowed
from ums.core.listing import listing
from ums.core.paging import Order
from ums.core.rest import MAX_IDS, all_of
from ums.core.tryout import previews
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.places import DeviceDirectories
from ums.devices.selectors import devices_of_targets
from ums.profiles import assigned, services
from ums.profiles.kinds import WORDS
from ums.profiles.models import Assignment, Profile
from ums.profiles.selectors import assignment_list, devices_of_profile
from ums.profiles.views.asked import as_text, devices_get_it, may_all, numbers, offered_to_users, profile_of, when_of
from ums.profiles.views.editor import page_context

if TYPE_CHECKING:
    from ums.devices.services import When

PAIR = re.compile(r"([0-9]{1,18})([dr])([0-9]{1,18})")
"""Profile, kind of target (device or directory), target: how an Undo names what is to come back."""


@require_safe
def profile_assignments(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the profile is assigned, and how many devices each place reaches."""
    profile = profile_of(request, pk)
    rows = assignment_list(user=request.user).filter(profile=profile)
    reached = devices_of_profile(profile=profile)
    page = listing(rows, request.GET, Order("id", "pk"))
    directories = DeviceDirectories(request.user)
    context = {
        **page_context(request, profile),
        "tab": "assignments",
        "page": page,
        "lines": [(row, _place(directories, row), directories.total(row.directory_id)) for row in page.items],
        "reached": reached.count(),
        "waiting": reached.filter(state__pending=True).count(),
        "users_url": reverse("swp:users_of_profile", args=[pk]) if offered_to_users(request, profile) else "",
    }
    return render(request, "profiles/assignments.html", context)


@require_safe
def assigned_for_directory(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment of the right pane: assigned to a directory of devices."""
    directories = Directory.objects.filter(kind=DirectoryKind.DEVICE)
    directory = get_object_or_404(restrict(directories, request.user, Action.READ), pk=pk)
    lines = assigned.assigned_for_directory(user=request.user, directory=directory)
    reach = devices_of_targets(targets=[directory]).count()
    return _pane(request, lines, directory, "directory", reach)


@require_safe
def assigned_for_device(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment of the right pane: assigned to a device."""
    device = get_object_or_404(restrict(Device.objects.all(), request.user, Action.READ), pk=pk)
    lines = assigned.assigned_for_device(user=request.user, device=device)
    return _pane(request, lines, device, "device", 1)


@previews
@require_http_methods(["GET", "POST"])
def assignment_remove(request: HttpRequest) -> HttpResponse:
    """Ask, or take assignments away. The Undo of the toast brings exactly these back."""
    asked = {**request.GET.dict(), **request.POST.dict()}
    rows = assignment_list(user=request.user).filter(pk__in=numbers(asked.get("ids", "")))
    assignments = list(rows[:MAX_IDS])
    if not assignments:
        raise Http404("This assignment is gone already.")
    if request.method == "GET":
        return _ask_remove(request, assignments)
    when = when_of(asked)
    removed = services.profiles_unassign(actor=Actor.from_request(request), assignments=assignments, when=when)
    pairs = ".".join(f"{profile.pk}{'d' if isinstance(at, Device) else 'r'}{at.pk}" for profile, at in removed)
    profile, target = removed[0]
    text = f"Removed “{profile.name}” from {target}." if len(removed) == 1 else f"Removed {len(removed):,} assignments."
    reached = devices_of_targets(targets=[target for _, target in removed]).count()
    undo = f"{reverse('profiles:assignments_restore')}?pairs={pairs}&when={when.value}"
    return done(text, detail=devices_get_it(reached, when), undo=undo, changed=["assignments", "devices"])


def _ask_remove(request: HttpRequest, assignments: list[Assignment]) -> HttpResponse:
    """The dialog. Raises NotAllowed before it opens what would be refused afterwards."""
    profiles = list({one.profile_id: one.profile for one in assignments}.values())
    if not may_all(request, Action.ASSIGN, profiles):
        raise NotAllowed("You lack the permission to assign what you chose.")
    context = {
        "assignments": [(one.target, one.device_id, one.profile.name) for one in assignments],
        "ids": as_text([one.pk for one in assignments]),
        "when": when_of(request.GET),
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
    when, user = when_of(asked), request.user
    wanted = {pk for ids in by_target.values() for pk in ids}
    profiles = _in_bulk(restrict(Profile.objects.all(), user, Action.READ), wanted)
    targets: dict[tuple[str, int], Device | Directory] = {}
    for sign, rows in (("d", Device.objects.all()), ("r", Directory.objects.all())):
        ids = {pk for kind, pk in by_target if kind == sign}
        targets.update({(sign, pk): row for pk, row in _in_bulk(restrict(rows, user, Action.READ), ids).items()})
    return _restored(request, [([profiles[pk] for pk in ids], targets[key]) for key, ids in by_target.items()], when)


def _restored(request: HttpRequest, groups: list[tuple[list[Profile], Device | Directory]], when: When) -> HttpResponse:
    made = []
    with transaction.atomic():
        for profiles, target in groups:
            made += services.profiles_assign(
                actor=Actor.from_request(request), profiles=profiles, targets=[target], when=when
            )
    text = "1 assignment is back." if len(made) == 1 else f"{len(made):,} assignments are back."
    return done(text, changed=["assignments", "devices"])


def _in_bulk(rows: Any, ids: set[int]) -> dict[int, Any]:
    return {row.pk: row for row in all_of(rows, ids, "object")}


def _place(directories: DeviceDirectories, row: Assignment) -> str:
    """Where the target lies."""
    return directories.path(row.device.directory_id) if row.device else directories.above(row.directory_id or 0)


def _pane(
    request: HttpRequest, lines: list[assigned.Assigned], target: Device | Directory, kind: str, reach: int
) -> HttpResponse:
    may_assign = may(request.user, Action.ASSIGN, target)
    context = {
        "assigned_direct": [_item(line, ask=reach > 1) for line in lines if line.direct],
        "assigned_indirect": [_item(line) for line in lines if not line.direct],
        "assign_url": f"{reverse('profiles:assign')}?target={kind}&target_id={target.pk}" if may_assign else "",
        "target": target,
        "target_kind": kind,
        "reach": reach,
        "may_assign": may_assign,
    }
    return render(request, "profiles/_assigned.html", context)


def _item(line: assigned.Assigned, *, ask: bool = False) -> dict[str, Any]:
    """`ask`: several devices change with a removal, so a dialog tells what."""
    row = line.assignment
    words = WORDS[row.profile.kind]
    list_url = reverse("devices:device_list")
    return {
        "label": row.profile.name,
        "url": reverse("profiles:profile_detail", args=[row.profile_id]) if line.readable else "",
        "icon": words.icon,
        "badge": words.badge,
        "pending": line.pending,
        "from_label": "" if line.direct else str(row.directory),
        "from_url": "" if line.direct else f"{list_url}?directory={row.directory_id}",
        "remove_url": f"{reverse('profiles:assignment_remove')}?ids={row.pk}" if line.removable else "",
        "remove_ask": ask,
    }
