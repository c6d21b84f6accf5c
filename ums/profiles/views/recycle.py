"""The recycle bin: its list, bringing profiles back, and deleting them for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.http import Http404, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.core.access import Action, may_somewhere, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError, NotAllowed
from ums.core.listing import Column, FilterBar, Sorting, listing
from ums.core.rest import MAX_IDS, all_of
from ums.core.tryout import previews
from ums.domain.criteria import Field, Kind
from ums.profiles import services
from ums.profiles.models import Profile, ProfileKind
from ums.profiles.selectors import devices_of_profiles, profile_bin
from ums.profiles.views.asked import as_text, devices_get_it, given, may_all, numbers, when_of, with_words

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

FIELDS = (Field("kind", Kind.CHOICE, "Kind of profile", tuple(ProfileKind.choices)),)
SORTS = {"name": "name", "kind": "kind", "deleted": "deleted_at", "assigned": "assignment_count"}
COLUMNS = (
    Column("name", "Name", "name", fixed=True),
    Column("kind", "Kind", "kind", css="mid"),
    Column("directory", "Comes back to", css="low"),
    Column("assigned", "Assignments", "assigned", css="num"),
    Column("deleted", "Deleted", "deleted"),
)


@require_safe
def recycle_bin(request: HttpRequest) -> HttpResponse:
    """What was deleted and can come back."""
    bar = FilterBar(request.GET, FIELDS)
    sorting = Sorting(request.GET, SORTS, "-deleted")
    rows = _listed(request, request.GET)
    page = listing(rows.none() if bar.error else rows, request.GET, sorting.order)
    writable = restrict(Profile.objects.filter(pk__in=[one.pk for one in page.items]), request.user, Action.WRITE)
    context = {
        "breadcrumbs": [("Recycle Bin", "")],
        "columns": sorting.columns(COLUMNS),
        "page": page,
        "writable": set(writable.values_list("pk", flat=True)),
        "may_write": may_somewhere(request.user, Action.WRITE),
        **bar.context(request, placeholder="Filter by name or description", keep=("sort",)),
    }
    return render(request, "profiles/recycle_bin.html", context)


@previews
@require_http_methods(["GET", "POST"])
def profiles_restore(request: HttpRequest) -> HttpResponse:
    """Ask, or bring profiles back; the Undo of a deletion does not ask."""
    profiles, when = _chosen(request), when_of({**request.GET.dict(), **request.POST.dict()})
    reached = devices_of_profiles(profiles={profile.pk for profile in profiles}).count()
    if request.method == "GET":
        if not may_all(request, Action.WRITE, profiles):
            raise NotAllowed("You lack the permission “Write” on what you chose.")
        context = {"profiles": profiles, "reached": reached, "when": when.value, "action_url": request.path}
        return render(request, "profiles/_restore.html", context)
    with transaction.atomic():
        for profile in profiles:
            services.profile_restore(actor=Actor.from_request(request), profile=profile, when=when)
    who = f"“{profiles[0].name}” is back" if len(profiles) == 1 else f"{len(profiles):,} profiles are back"
    detail = devices_get_it(reached, when) if reached else ""
    undo = f"{reverse('profiles:profiles_bin')}?ids={as_text([one.pk for one in profiles])}&when={when.value}"
    return done(f"{who}.", detail=detail, undo=undo, changed=["profiles", "assignments", "devices"])


@previews
@require_POST
def profiles_bin(request: HttpRequest) -> HttpResponse:
    """Undo of a restoration: into the recycle bin again."""
    asked = {**request.GET.dict(), **request.POST.dict()}
    rows = restrict(Profile.objects.filter(deleted_at=None), request.user, Action.READ)
    profiles = all_of(rows, numbers(asked.get("ids", "")), "profile")
    with transaction.atomic():
        for profile in profiles:
            services.profile_delete(actor=Actor.from_request(request), profile=profile, when=when_of(asked))
    text = "It is in the recycle bin again." if len(profiles) == 1 else "They are in the recycle bin again."
    return done(text, changed=["profiles", "assignments", "devices"])


@require_http_methods(["GET", "POST"])
def profiles_purge(request: HttpRequest) -> HttpResponse:
    """Delete for good: those chosen, or with `everything` all that may be written."""
    everything = given(request).get("everything") == "1"
    profiles = _writable(request) if everything else _chosen(request)
    if not may_all(request, Action.WRITE, profiles):
        raise NotAllowed("You lack the permission “Write” on what you chose.")
    confirm = "" if len(profiles) == 1 else f"delete {len(profiles)}"
    wrong = request.method == "POST" and request.POST.get("confirm", "").strip() != confirm
    if request.method == "POST" and not wrong:
        return _purged(request, profiles, everything)
    context = {
        "profiles": profiles,
        "everything": everything,
        "confirm": confirm,
        "wrong": wrong,
        "action_url": request.path,
    }
    return render(request, "profiles/_purge.html", context, status=422 if wrong else 200)


def _purged(request: HttpRequest, profiles: list[Profile], everything: bool) -> HttpResponse:
    actor = Actor.from_request(request)
    with transaction.atomic():
        if everything:
            services.recycle_bin_empty(actor=actor)
        else:
            for profile in profiles:
                services.profile_delete_for_good(actor=actor, profile=profile)
    who = f"“{profiles[0].name}”" if len(profiles) == 1 else f"{len(profiles):,} profiles"
    return done(f"Deleted {who} for good.", changed=["profiles"])


def _listed(request: HttpRequest, query: QueryDict) -> QuerySet[Profile]:
    rows = profile_bin(user=request.user).defer("head__content", "based_on__definition")
    bar = FilterBar(query, FIELDS)
    for (_, excluded), terms in bar.criteria.by_key().items():
        wanted = Q(kind__in=[term.wanted for term in terms])
        rows = rows.exclude(wanted) if excluded else rows.filter(wanted)
    return with_words(rows, " ".join(bar.criteria.words))


def _writable(request: HttpRequest) -> list[Profile]:
    profiles = list(profile_bin(user=request.user, action=Action.WRITE).defer("head__content"))
    if not profiles:
        raise Http404("There is nothing in the recycle bin that you may delete.")
    return profiles


def _chosen(request: HttpRequest) -> list[Profile]:
    """Those named by `ids`, or with `all` all that the filter of the list shows. None at all: Http404."""
    asked = given(request)
    if asked.get("all"):
        profiles = list(_listed(request, QueryDict(asked.get("filter", "")))[: MAX_IDS + 1])
        if len(profiles) > MAX_IDS:
            raise AppError("too_many", f"At most {MAX_IDS:,} profiles can be taken at once; narrow the filter.")
    else:
        ids = numbers(asked.get("ids", ""))
        profiles = all_of(profile_bin(user=request.user).defer("head__content"), ids, "deleted profile")
    if not profiles:
        raise Http404("No profile is named.")
    return profiles
