"""Objects that profiles are assigned to and that their directory does not have any more."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from swp import services
from swp.browsing import opened, require_users
from swp.following import follow
from swp.kinds import ICONS, LABELS
from swp.models import UserAssignment
from swp.selectors import orphan_list as orphans
from swp.views.assignments import CHANGED
from ums.core.access import Action, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import NotAllowed
from ums.core.ids import as_text
from ums.core.listing import chosen, listing
from ums.core.paging import Order
from ums.core.rest import all_of
from ums.core.tryout import previews
from ums.profiles.models import Profile

if TYPE_CHECKING:
    from django.http import HttpRequest

    from swp.models import DirectoryObject


@require_safe
def orphan_list(request: HttpRequest) -> HttpResponse:
    """The orphans, with what is assigned to them."""
    require_users(request)
    page = listing(orphans(user=request.user), request.GET, Order("id", "pk"))
    context = {
        "breadcrumbs": [("Shared Workplace Users", reverse("swp:users")), ("Orphans", "")],
        "page": page,
        "lines": [(row, ICONS[row.kind], LABELS[row.kind]) for row in page.items],
    }
    return render(request, "swp/orphans.html", context)


@require_POST
def orphans_check(request: HttpRequest) -> HttpResponse:
    """Ask the directories now."""
    require_users(request)
    told = follow(actor=Actor.from_request(request), opening=partial(opened, request))
    objects = "1 object" if told.checked == 1 else f"{told.checked:,} objects"
    if told.failed:
        detail = " ".join(told.failed.values())
        return done(
            f"Checked {objects}; not every directory answered.", detail=detail, level="warning", changed=CHANGED
        )
    gone = f"{told.gone:,} of them are gone." if told.gone else "All of them are there." if told.checked else ""
    return done(f"Checked {objects}.", detail=gone, changed=CHANGED)


@previews
@require_http_methods(["GET", "POST"])
def orphans_clean(request: HttpRequest) -> HttpResponse:
    """Ask, or delete orphans with what is assigned to them."""
    require_users(request)
    objects: list[DirectoryObject] = all_of(orphans(user=request.user), chosen(request), "orphan")
    if request.method == "GET":
        return _ask(request, objects)
    count = services.orphans_clean(actor=Actor.from_request(request), objects=objects)
    return done("Cleaned up 1 orphan." if count == 1 else f"Cleaned up {count:,} orphans.", changed=CHANGED)


def _ask(request: HttpRequest, objects: list[DirectoryObject]) -> HttpResponse:
    """The dialog. Raises NotAllowed before it opens what would be refused afterwards."""
    ids = set(UserAssignment.objects.filter(target__in=objects).values_list("profile_id", flat=True))
    if restrict(Profile.objects.filter(pk__in=ids), request.user, Action.ASSIGN).count() < len(ids):
        raise NotAllowed("You lack the permission to assign a profile that one of them has.")
    context = {
        "objects": [(one, ICONS[one.kind]) for one in objects],
        "ids": as_text([one.pk for one in objects]),
        "profiles": len(ids),
        "action_url": request.path,
    }
    return render(request, "swp/_clean.html", context)
