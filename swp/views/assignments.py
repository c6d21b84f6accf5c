"""Where profiles of users are assigned: an object's right pane, the part of a profile's page, removing, undoing."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from swp import services
from swp.above import principals_above
from swp.assigned import Assigned, assigned_for_principals
from swp.browsing import directory_of, entry_at, key_of, opened, require_users
from swp.kinds import ICONS, LABELS, TARGETS
from swp.models import DirectoryObject, UserAssignment
from swp.selectors import devices_reached, user_assignment_list
from swp.views.failures import told
from ums.core.access import Action, may, may_somewhere, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import NotAllowed
from ums.core.ids import as_text, numbers
from ums.core.listing import listing
from ums.core.paging import Order
from ums.core.rest import MAX_IDS, all_of
from ums.core.tryout import previews
from ums.devices.views.actions import devices_get_it, given, when_of
from ums.profiles.kinds import WORDS
from ums.profiles.models import Profile
from ums.profiles.views.asked import profile_of

CHANGED = ("user-assignments", "profiles", "devices")
PAIR = re.compile(r"([0-9]{1,18})o([0-9]{1,18})")
"""Profile and directory object: how an Undo names what is to come back."""


@require_safe
@told
def assigned_for_object(request: HttpRequest, pk: int, at: str) -> HttpResponse:
    """Fragment of the right pane: what is assigned to an object of a directory, and what reaches it by others."""
    require_users(request)
    row, key = directory_of(pk), key_of(f"{pk}-{at}")
    with opened(request, row) as directory:
        entry = entry_at(directory, key.guid)
        principals = principals_above(directory, entry)
    takes = entry.kind in TARGETS
    lines = assigned_for_principals(user=request.user, principals=principals)
    context = {
        "assigned_direct": [_item(line) for line in lines if line.direct],
        "assigned_indirect": [_item(line) for line in lines if not line.direct],
        "assign_url": f"{reverse('swp:assign')}?target=swp-object&target_id={key}"
        if takes and may_somewhere(request.user, Action.ASSIGN)
        else "",
        "entry": entry,
        "key": key,
        "takes": takes,
    }
    return render(request, "swp/_assigned.html", context)


@require_safe
def users_of_profile(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment of a profile's page “Assignments”: the users, groups and OUs that it is assigned to."""
    require_users(request)
    profile = profile_of(request, pk)
    rows = user_assignment_list(user=request.user).filter(profile=profile)
    page = listing(rows, request.GET, Order("id", "pk"))
    context = {
        "profile": profile,
        "page": page,
        "lines": [(row, ICONS[row.target.kind], LABELS[row.target.kind], page_of(row.target)) for row in page.items],
        "may_assign": may(request.user, Action.ASSIGN, profile),
        "fragment_url": request.path,
    }
    return render(request, "swp/_users_of_profile.html", context)


@previews
@require_http_methods(["GET", "POST"])
def assignment_remove(request: HttpRequest) -> HttpResponse:
    """Ask, or take assignments away. The Undo of the toast brings exactly these back."""
    require_users(request)
    asked = given(request)
    # An Undo names them in the address of its POST.
    ids = numbers(asked.get("ids", "") or request.GET.get("ids", ""))
    assignments = list(user_assignment_list(user=request.user).filter(pk__in=ids)[:MAX_IDS])
    if not assignments:
        raise Http404("This assignment is gone already.")
    if request.method == "GET":
        return _ask_remove(request, assignments)
    when = when_of(asked if "when" in asked else request.GET)
    removed = services.user_assignments_remove(actor=Actor.from_request(request), assignments=assignments, when=when)
    if not removed:
        return done("This assignment is gone already.", level="info", changed=CHANGED)
    pairs = ".".join(f"{profile.pk}o{target.pk}" for profile, target in removed)
    profile, target = removed[0]
    text = f"Removed “{profile}” from {target}." if len(removed) == 1 else f"Removed {len(removed):,} assignments."
    reached = devices_reached(targets=[target for _, target in removed]).count()
    undo = f"{reverse('swp:assignments_restore')}?pairs={pairs}&when={when.value}"
    return done(text, detail=devices_get_it(reached, when), undo=undo, changed=CHANGED)


def _ask_remove(request: HttpRequest, assignments: list[UserAssignment]) -> HttpResponse:
    """The dialog. Raises NotAllowed before it opens what would be refused afterwards."""
    ids = {one.profile_id for one in assignments}
    if restrict(Profile.objects.filter(pk__in=ids), request.user, Action.ASSIGN).count() < len(ids):
        raise NotAllowed("You lack the permission to assign what you chose.")
    context = {
        "lines": [(one, ICONS[one.target.kind]) for one in assignments],
        "ids": as_text([one.pk for one in assignments]),
        "when": when_of(request.GET).value,
        "action_url": request.path,
    }
    return render(request, "swp/_unassign.html", context)


@require_POST
def assignments_restore(request: HttpRequest) -> HttpResponse:
    """Undo of a removal: assign what `pairs` names."""
    require_users(request)
    asked: dict[str, Any] = {**request.GET.dict(), **request.POST.dict()}
    found = [PAIR.fullmatch(part) for part in asked.get("pairs", "").split(".")[: MAX_IDS + 1]]
    if len(found) > MAX_IDS or not all(found):
        raise Http404("This is no list of assignments.")
    pairs = [(int(match[1]), int(match[2])) for match in filter(None, found)]
    profiles = {
        row.pk: row
        for row in all_of(
            restrict(Profile.objects.all(), request.user, Action.READ), {pk for pk, _ in pairs}, "profile"
        )
    }
    targets = {row.pk: row for row in all_of(DirectoryObject.objects.all(), {pk for _, pk in pairs}, "object")}
    made = services.user_assignments_restore(
        actor=Actor.from_request(request),
        pairs=[(profiles[profile], targets[target]) for profile, target in pairs],
        when=when_of(asked),
    )
    text = "1 assignment is back." if len(made) == 1 else f"{len(made):,} assignments are back."
    return done(text, changed=CHANGED)


def page_of(target: DirectoryObject) -> str:
    """The address of an object's page."""
    return reverse("swp:object", args=[target.directory_id, str(target.guid)])


def _item(line: Assigned) -> dict[str, Any]:
    row = line.assignment
    words = WORDS[row.profile.kind]
    return {
        "label": row.profile.name,
        "url": reverse("profiles:profile_detail", args=[row.profile_id]) if line.readable else "",
        "icon": words.icon,
        "badge": words.badge,
        "pending": False,
        "from_label": "" if line.direct else line.principal.place,
        "remove_url": f"{reverse('swp:assignment_remove')}?ids={row.pk}" if line.removable else "",
        "remove_ask": row.target.kind != "user",
    }
