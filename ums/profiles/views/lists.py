"""The lists of profiles, one for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ums.core.access import Action, may, may_somewhere
from ums.core.listing import Column, FilterBar, Sorting, listing
from ums.devices.selectors import directory_path
from ums.features.selectors import is_enabled
from ums.profiles.kinds import PRIORITY_PROFILES, WORDS
from ums.profiles.models import ProfileKind
from ums.profiles.views.asked import FIELDS, directory_of, kind_of, listed_profiles, offered_to_users, profile_of

if TYPE_CHECKING:
    from ums.devices.models import Directory

SORTS = {"name": "name", "assigned": "assignment_count", "changed": "updated_at"}
COLUMNS = (
    Column("name", "Name", "name", fixed=True),
    Column("description", "Description", css="low"),
    Column("directory", "Directory", css="rare"),
    Column("based_on", "Based on", css="rare"),
    Column("assigned", "Assignments", "assigned", css="num"),
    Column("changed", "Last change", "changed", css="mid"),
)


@require_safe
def profile_list(request: HttpRequest) -> HttpResponse:
    """Profiles of one kind, below a directory, that the filter lets through."""
    directory = directory_of(request, request.GET)
    kind = kind_of(request.GET, directory)
    bar = FilterBar(request.GET, FIELDS)
    sorting = Sorting(request.GET, SORTS, "name")
    rows = listed_profiles(request, request.GET, bar.criteria)
    place = f"kind={kind}" + (f"&directory={directory.pk}" if directory else "")
    writable = may(request.user, Action.WRITE, directory) if directory else may_somewhere(request.user, Action.WRITE)
    context = {
        "words": WORDS[kind],
        "switched_off": kind == ProfileKind.PRIORITY and not is_enabled(PRIORITY_PROFILES),
        "directory": directory,
        "breadcrumbs": breadcrumbs(kind, directory),
        "columns": sorting.columns(COLUMNS),
        "page": listing(rows.none() if bar.error else rows, request.GET, sorting.order),
        "create_url": f"{reverse('profiles:profile_create')}?{place}" if writable else "",
        "import_url": f"{reverse('profiles:profiles_import')}?{place}" if writable else "",
        "import_label": "Import…" if writable else "",
        "create_label": f"New {WORDS[kind].noun}…" if writable else "",
        "empty_title": f"No {WORDS[kind].noun}s here",
        "list_url": f"{reverse('profiles:profile_list')}?{place}",
        "may_read": may_somewhere(request.user, Action.READ),
        **bar.context(request, placeholder="Filter by name or description", keep=("kind", "directory", "sort")),
    }
    return render(request, "profiles/list.html", context)


@require_safe
def profile_menu(request: HttpRequest, pk: int) -> HttpResponse:
    """What can be done with one profile: the items of its menu."""
    profile = profile_of(request, pk)
    context: dict[str, Any] = {
        "profile": profile,
        "may_write": may(request.user, Action.WRITE, profile),
        "may_assign": may(request.user, Action.ASSIGN, profile),
        "for_users": offered_to_users(request, profile),
    }
    return render(request, "profiles/_menu.html", context)


def breadcrumbs(kind: str, directory: Directory | None) -> list[tuple[str, str]]:
    """From the root of the tree to the directory."""
    url = f"{reverse('profiles:profile_list')}?kind={kind}"
    title = WORDS[kind].title
    below = directory_path(directory=directory)[1:] if directory else []
    return [(title, url), *((step.name, f"{url}&directory={step.pk}") for step in below)]
