"""The dialog “Assign…” between profiles and users, groups and OUs: from either side, or both given by a drop.

The directories are asked before anything is written, never inside a transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from swp import services
from swp.browsing import Key, SignInNeeded, entries_named, key_of, opened, require_users
from swp.kinds import ICONS, TARGETS
from swp.ldap.types import ObjectKind
from swp.models import DirectoryObject, LinkedDirectory, UserAssignment
from swp.reached import devices_of_objects
from swp.services.assignments import USER_KINDS
from swp.views.assignments import CHANGED
from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.ids import as_text, numbers
from ums.core.rest import MAX_IDS, all_of
from ums.core.tryout import preview_asked, previews_itself, tried_for_page
from ums.devices.views.actions import given, when_of
from ums.devices.views.assigning import Candidate
from ums.profiles.kinds import WORDS
from ums.profiles.views.asked import chosen_profiles, readable_profiles, with_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from swp.ldap.types import Entry
    from ums.devices.services import When
    from ums.profiles.models import Profile

    Named = Sequence[tuple[LinkedDirectory, list[Entry]]]

SHOWN = 50
"""Candidates in a list; the search narrows."""
LEAST = 2
"""Signs from which on directories are asked."""


@dataclass(frozen=True)
class Asked:
    """Profiles, and objects of directories by their keys; `picks` says which side is picked in the dialog."""

    profiles: list[Profile]
    keys: list[Key]
    picks: str


@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest) -> HttpResponseBase:
    """The dialog, and what it does."""
    require_users(request)
    asked = _asked(request)
    form = preview_asked(request)
    if asked.picks != "profiles":
        for profile in asked.profiles:
            require(request.user, Action.ASSIGN, profile)
    error: AppError | None = None
    named: Named = ()
    try:
        named = entries_named(request, asked.keys)
    except SignInNeeded as needed:
        error = needed
    if request.method == "POST" and error is None:
        if form:
            return tried_for_page(request, lambda: _write(request, asked, named), form)
        return _write(request, asked, named)
    return _dialog(request, asked, named, error)


previews_itself(assign)


@require_safe
def assign_candidates(request: HttpRequest) -> HttpResponse:
    """Fragment: what the search finds; what is ticked stays on top by itself (static/js/picks.js)."""
    require_users(request)
    asked = _asked(request)
    return render(request, "swp/_assign_candidates.html", {"asked": asked, **_found(request, asked)})


@require_safe
def assign_reach(request: HttpRequest) -> HttpResponse:
    """Fragment: who gets it at once."""
    require_users(request)
    asked = _asked(request)
    return render(request, "swp/_assign_reach.html", {"asked": asked, **_reach(asked)})


def _asked(request: HttpRequest) -> Asked:
    """`ids` are those of the list that the dialog was opened from: of profiles, or keys of objects."""
    sent = given(request)
    names = [part for part in sent.get("ids", "").split(",") if "-" in part] + sent.getlist("object")
    if sent.get("target") == "swp-object":
        names.append(sent.get("target_id", ""))
    keys = [key_of(name) for name in dict.fromkeys(names)][:MAX_IDS]
    ids = numbers(",".join([*(p for p in sent.get("ids", "").split(",") if "-" not in p), *sent.getlist("profile")]))
    profiles = chosen_profiles(request) if sent.get("all") else all_of(readable_profiles(request), ids, "profile")
    picks = sent.get("picks", "")
    if picks not in ("profiles", "objects", "nothing"):
        picks = "nothing" if profiles and keys else "objects" if profiles else "profiles"
    return Asked(profiles, keys, picks)


def _write(request: HttpRequest, asked: Asked, named: Named) -> HttpResponse:
    """Assign, and answer with an Undo that removes exactly what is new; or the dialog again with what is wrong."""
    when = when_of(request.POST)
    try:
        if not asked.profiles or not asked.keys:
            missing = "user, group or unit" if asked.profiles else "profile"
            raise AppError("nothing_chosen", f"Tick at least one {missing}.")
        made = services.user_assignments_add_seen(
            actor=Actor.from_request(request), profiles=asked.profiles, seen=named, when=when
        )
    except AppError as refused:
        if refused.status == 403:
            raise
        return _dialog(request, asked, named, refused)
    if not made:
        return done("All of this was assigned already.", level="info")
    undo = f"{reverse('swp:assignment_remove')}?ids={as_text([one.pk for one in made])}&when={when.value}"
    return done(
        f"Assigned {_what(asked.profiles, 'profiles')} to {_what(_entries(named), 'objects')}.",
        detail=_who_gets_it({one.target.guid for one in made}, when),
        undo=undo if len(made) <= MAX_IDS else "",
        changed=CHANGED,
    )


def _dialog(request: HttpRequest, asked: Asked, named: Named, error: AppError | None) -> HttpResponse:
    context = {
        "asked": asked,
        "objects": [_object(row, entry) for row, entries in named for entry in entries],
        "chosen": [_profile(profile) for profile in asked.profiles],
        "what": _what(asked.profiles, "profiles"),
        "where": _what(_entries(named), "objects"),
        "error": error,
        "when": when_of(given(request)).value,
        "action_url": reverse("swp:assign"),
        **_found(request, asked),
        **_reach(asked),
    }
    return render(request, "swp/_assign.html", context, status=422 if error and request.method == "POST" else 200)


def _found(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """What can be ticked beside what is chosen."""
    words = given(request).get("q", "").strip()[:100]
    if asked.picks == "profiles":
        return {"words": words, **_profiles(request, asked, words)}
    if asked.picks == "objects" and len(words) >= LEAST:
        return {"words": words, **_objects(request, asked, words)}
    return {"words": words, "found": [], "least": LEAST}


def _profiles(request: HttpRequest, asked: Asked, words: str) -> dict[str, Any]:
    rows = with_words(readable_profiles(request, Action.ASSIGN).filter(kind__in=USER_KINDS), words)
    rows = rows.exclude(pk__in=[one.pk for one in asked.profiles]).order_by("name", "pk")
    some = list(rows[: SHOWN + 1])
    guids = [key.guid for key in asked.keys if key.guid]
    has: dict[int, int] = {}
    if len(guids) == len(asked.keys):
        there = UserAssignment.objects.filter(target__guid__in=guids, profile__in=some[:SHOWN]).order_by()
        for pk, _ in there.values_list("profile_id", "target__guid").distinct():
            has[pk] = has.get(pk, 0) + 1
    return {
        "found": [_profile(one, taken=bool(guids) and has.get(one.pk, 0) == len(guids)) for one in some[:SHOWN]],
        "more": len(some) > SHOWN,
    }


def _objects(request: HttpRequest, asked: Asked, words: str) -> dict[str, Any]:
    """Searched in every linked Active Directory. One that cannot be asked is named, and does not hide the others."""
    found, failed, more = [], [], False
    chosen = set(map(str, asked.keys))
    for row in LinkedDirectory.objects.filter(kind=LinkedDirectory.Kind.AD):
        try:
            with opened(request, row) as directory:
                base = directory.link.base_dn
                entries = directory.search(words, base=base, subtree=True, kinds=TARGETS, size=SHOWN + 1).entries
        except AppError as refused:
            failed.append(refused)
            continue
        more = more or len(entries) > SHOWN
        found += [one for entry in entries[:SHOWN] if (one := _object(row, entry)).value not in chosen]
    return {"found": found, "more": more, "failed": failed}


def _reach(asked: Asked) -> dict[str, Any]:
    guids = {key.guid for key in asked.keys if key.guid}
    roots = [key.directory for key in asked.keys if key.guid is None]
    if roots:
        known = DirectoryObject.objects.filter(directory__in=roots, kind=ObjectKind.DOMAIN.value)
        guids |= set(known.values_list("guid", flat=True))
    return {"pairs": len(asked.profiles) * len(asked.keys), "reached": devices_of_objects(guids).count()}


def _who_gets_it(guids: set[UUID], when: When) -> str:
    count = devices_of_objects(guids).count()
    if not count:
        return "Users get it when they log in."
    here = "1 device where a user is logged in gets" if count == 1 else f"{count:,} devices with users logged in get"
    return f"{here} it {'now' if when.value == 'now' else 'at the next boot'}; others at the next login."


def _entries(named: Named) -> list[Entry]:
    return [entry for _, entries in named for entry in entries]


def _what(some: Sequence[Any], noun: str) -> str:
    if len(some) == 1:
        return f"“{some[0].name}”"
    return f"{len(some):,} {noun}"


def _profile(profile: Profile, *, taken: bool = False) -> Candidate:
    icon = WORDS[profile.kind].icon
    return Candidate("profile", profile.pk, profile.name, icon, profile.directory.name, taken=taken)


@dataclass(frozen=True)
class _Found:
    """An object of a directory as devices/_candidate.html shows it."""

    value: str
    label: str
    icon: str
    detail: str
    name: str = "object"
    note: str = ""
    taken: bool = False


def _object(row: LinkedDirectory, entry: Entry) -> _Found:
    guid = None if entry.kind is ObjectKind.DOMAIN else entry.guid
    detail = entry.account or entry.dn
    return _Found(str(Key(row.pk, guid)), entry.name, ICONS[entry.kind.value], detail, note=row.domain_name)
