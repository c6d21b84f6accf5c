"""What a request names: profiles by id or by the filter of their list, and where in their trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import QueryDict

from ums.core.access import Action, may_somewhere, restrict, subtree
from ums.core.errors import AppError
from ums.core.filters import like
from ums.core.ids import as_text as as_text
from ums.core.ids import numbers as numbers
from ums.core.listing import FilterBar
from ums.core.rest import MAX_IDS, all_of, one_of
from ums.devices.models import Directory
from ums.devices.views.actions import devices_get_it as devices_get_it
from ums.devices.views.actions import given as given
from ums.devices.views.actions import when_of as when_of
from ums.domain.criteria import Criteria, Field, Kind, Pattern, Span
from ums.features.selectors import is_enabled
from ums.profiles import searching
from ums.profiles.models import Assignment, Profile, ProfileKind
from ums.profiles.selectors import profile_list
from ums.profiles.services.profiles import DIRECTORY_KIND

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

FIELDS = (
    Field("assigned", Kind.FLAG, "Assigned to anything", (("yes", "Yes"), ("no", "No"))),
    Field("based-on", Kind.TEXT, "Firmware, as UMS Linux"),
    Field("author", Kind.TEXT, "Who changed it last"),
    Field("changed", Kind.MOMENT, "Last change, as <7d"),
    Field("sets", Kind.TEXT, "Parameter that it sets, as update.server or update.*"),
    Field("value", Kind.TEXT, "Value in it, as *.example.org"),
    Field("template", Kind.FLAG, "With template keys", (("yes", "Yes"), ("no", "No"))),
    Field("unused", Kind.FLAG, "Reaches no device", (("yes", "Never assigned, or to empty directories"), ("no", "No"))),
)
"""What the filter bar of the list offers."""

_TEXTS = {"based-on": "based_on__name", "author": "head__author_name"}


def readable_profiles(request: HttpRequest, action: str = Action.READ) -> QuerySet[Profile]:
    """The profiles that may be read, without what is large: content and catalogue."""
    return profile_list(user=request.user, action=action).defer("head__content", "based_on__definition")


def profile_of(request: HttpRequest, pk: int) -> Profile:
    """The profile, or Http404."""
    profile: Profile = one_of(readable_profiles(request), pk, "profile")
    return profile


def offered_to_users(request: HttpRequest, profile: Profile) -> bool:
    """Whether pages offer to assign it to users of linked directories, which the room above does."""
    kinds = (ProfileKind.STANDARD, ProfileKind.PRIORITY)
    return profile.kind in kinds and may_somewhere(request.user, Action.USERS) and is_enabled("shared_workplace")


def directory_of(request: HttpRequest, query: QueryDict) -> Directory | None:
    """The directory of profiles that an address names. Raises Http404 when it may not be browsed."""
    ids = numbers(query.get("directory", ""))
    if not ids:
        return None
    directories = Directory.objects.filter(kind__in=list(DIRECTORY_KIND.values()))
    found: Directory = one_of(restrict(directories, request.user, Action.BROWSE), ids[0], "directory")
    return found


def kind_of(query: QueryDict, directory: Directory | None) -> str:
    """The kind of profiles that an address is about; its directory decides."""
    if directory is not None:
        return next(kind for kind, of in DIRECTORY_KIND.items() if of == directory.kind)
    asked = query.get("kind", "")
    return asked if asked in ProfileKind.values else ProfileKind.STANDARD.value


def listed_profiles(request: HttpRequest, query: QueryDict, criteria: Criteria) -> QuerySet[Profile]:
    """What the list with this address shows."""
    directory = directory_of(request, query)
    rows = readable_profiles(request).filter(kind=kind_of(query, directory))
    if directory is not None:
        rows = rows.filter(directory__in=subtree([directory.pk]))
    for (_, excluded), terms in criteria.by_key().items():
        wanted = Q()
        for term in terms:
            wanted |= _condition(term.field.key, term.wanted)
        rows = rows.exclude(wanted) if excluded else rows.filter(wanted)
    return with_words(rows, " ".join(criteria.words))


def with_words(rows: QuerySet[Profile], words: str) -> QuerySet[Profile]:
    """Each word is part of name or description."""
    for word in words.split()[:10]:
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return rows


def _condition(key: str, wanted: Any) -> Q:
    if isinstance(wanted, Pattern):
        return _SEARCHED[key](wanted) if key in _SEARCHED else like(_TEXTS[key], wanted)
    if isinstance(wanted, Span):
        condition = Q(pk__isnull=wanted.never)
        condition &= Q(updated_at__gte=wanted.start) if wanted.start else Q()
        return condition & (Q(updated_at__lt=wanted.end) if wanted.end else Q())
    condition = _FLAGS[key]()
    return condition if wanted else ~condition


def _assigned() -> Q:
    return Q(pk__in=Assignment.objects.values("profile"))


_FLAGS = {"assigned": _assigned, "unused": searching.unused, "template": searching.uses_templates}
_SEARCHED = {"sets": searching.sets, "value": searching.has_value}


def chosen_profiles(request: HttpRequest) -> list[Profile]:
    """The profiles named by `profile` (repeated) or `ids`, or with `all` all that the filter of the list shows."""
    asked = given(request)
    if not asked.get("all"):
        ids = numbers(",".join([asked.get("ids", ""), *asked.getlist("profile")]))
        return all_of(readable_profiles(request), ids, "profile")
    query = QueryDict(asked.get("filter", ""))
    bar = FilterBar(query, FIELDS)
    if bar.error:
        raise AppError("filter_invalid", bar.error)
    found = list(listed_profiles(request, query, bar.criteria)[: MAX_IDS + 1])
    if len(found) > MAX_IDS:
        raise AppError("too_many", f"At most {MAX_IDS:,} profiles can be taken at once; narrow the filter.")
    return found


def may_all(request: HttpRequest, action: Action, profiles: list[Profile]) -> bool:
    """Whether the user may do `action` with every one of them: one query."""
    ids = {profile.pk for profile in profiles}
    return restrict(Profile.objects.filter(pk__in=ids), request.user, action).count() == len(ids)
