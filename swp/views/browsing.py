"""Linked directories, what lies in their containers, single objects, and searching them.

A page is there at once; what the directory has to say comes as a fragment. So a controller that does not answer is
something to read on a page, and never a page that hangs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from swp.browsing import (
    ROOT,
    directory_of,
    entry_at,
    forget,
    key_of,
    opened,
    require_users,
    sign_in,
    signed_in_as,
)
from swp.contents import SCOPES, Asked, first_part, listed, marks, next_part, path_of
from swp.kinds import CONTAINERS, ICONS, LABELS, TARGETS
from swp.ldap.types import Credentials, ObjectKind
from swp.models import DirectoryObject, LinkedDirectory
from swp.selectors import orphan_list
from swp.views.failures import told
from ums.core.access import Action, may, may_somewhere
from ums.core.answers import done
from ums.core.errors import AppError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from swp.contents import Part
    from swp.ldap.types import Entry

TITLE = "Shared Workplace Users"
CHANGED = ("swp-objects",)
GROUPS = 100
"""Groups of an object that its page names."""
KINDS = (("", "All objects"), ("user", "Users"), ("group", "Groups"), ("ou", "Organizational units"))


@require_safe
def directories(request: HttpRequest) -> HttpResponse:
    """The linked directories."""
    require_users(request)
    context = {
        "breadcrumbs": [(TITLE, "")],
        "directories": LinkedDirectory.objects.all(),
        "orphans": orphan_list(user=request.user).count(),
        "may_link": may(request.user, Action.ADMINISTER),
    }
    return render(request, "swp/users.html", context)


@require_safe
def object_page(request: HttpRequest, pk: int, at: str) -> HttpResponse:
    """The frame of a container's or of a single object's page; its contents come from `contents`."""
    require_users(request)
    row, key = directory_of(pk), key_of(f"{pk}-{at}")
    known = DirectoryObject.objects.filter(directory=row, guid=key.guid).first() if key.guid else None
    name = known.name if known else "" if key.guid else row.domain_name
    asked = Asked.of(request.GET)
    context = {
        "row": row,
        "key": key,
        "name": name,
        "asked": asked,
        "scopes": SCOPES,
        "kinds": KINDS,
        "breadcrumbs": [*_top(row), *([(name or "…", request.path)] if key.guid else [])],
        "contents_url": f"{reverse('swp:contents', args=[pk, at])}?{request.GET.urlencode()}",
        "signed_in_as": signed_in_as(request, row),
        "may_assign": may_somewhere(request.user, Action.ASSIGN),
    }
    return render(request, "swp/object.html", context)


@require_safe
@told
def contents(request: HttpRequest, pk: int, at: str) -> HttpResponse:
    """Fragment: what lies in a container, or what a single object is."""
    require_users(request)
    row, key = directory_of(pk), key_of(f"{pk}-{at}")
    asked = Asked.of(request.GET)
    with opened(request, row) as directory:
        entry = entry_at(directory, key.guid)
        above = path_of(directory, entry)
        groups = [] if entry.kind in CONTAINERS else directory.at(entry.member_of[:GROUPS])
        lists = entry.kind in CONTAINERS or asked.searching
        part = first_part(request, row, directory, entry, asked) if lists else None
    context = {
        "row": row,
        "key": key,
        "entry": entry,
        "icon": ICONS[entry.kind.value],
        "label": LABELS[entry.kind.value],
        "breadcrumbs": [*_top(row), *_above(row, above, entry)],
        "asked": asked,
        "takes": entry.kind in TARGETS,
        "may_assign": may_somewhere(request.user, Action.ASSIGN),
        "page_url": reverse("swp:object", args=[pk, at]),
    }
    if part is None:
        return render(request, "swp/_object.html", {**context, **_described(row, entry, groups)})
    return render(request, "swp/_contents.html", {**context, **_shown(row, asked, part)})


@require_safe
def contents_more(request: HttpRequest, pk: int, at: str) -> HttpResponse:
    """Fragment: the rows after those that are shown."""
    require_users(request)
    row, key = directory_of(pk), key_of(f"{pk}-{at}")
    asked = Asked.of(request.GET)
    try:
        with opened(request, row) as directory:
            entry = entry_at(directory, key.guid)
        part = next_part(request, row, entry, asked)
    except AppError as failed:
        return render(request, "swp/_more_failed.html", {"failed": failed, "retry_url": request.get_full_path()})
    may_assign = may_somewhere(request.user, Action.ASSIGN)
    context = {"row": row, "key": key, "asked": asked, "may_assign": may_assign, **_shown(row, asked, part)}
    return render(request, "swp/_rows.html", context)


@require_safe
def object_menu(request: HttpRequest, pk: int, at: str) -> HttpResponse:
    """What can be done with one object: the items of its menu. The directory is not asked."""
    require_users(request)
    row, key = directory_of(pk), key_of(f"{pk}-{at}")
    kind = request.GET.get("kind", "")
    context = {
        "row": row,
        "key": key,
        "at": at,
        "kind": kind if kind in LABELS else "",
        "takes": kind in TARGETS,
        "may_assign": may_somewhere(request.user, Action.ASSIGN),
    }
    return render(request, "swp/_menu.html", context)


@require_http_methods(["GET", "POST"])
def directory_sign_in(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog in which an administrator authenticates to a directory without a browse account."""
    require_users(request)
    row = directory_of(pk)
    context: dict[str, Any] = {"row": row, "action_url": request.path, "user": request.POST.get("user", "")[:320]}
    if request.method == "GET":
        return render(request, "swp/_sign_in.html", context)
    user, password = request.POST.get("user", "").strip()[:320], request.POST.get("password", "")[:1000]
    try:
        if not user or not password:
            # An empty password would be an anonymous bind, which says nothing about who asks.
            raise AppError("incomplete", "Type your user name and your password.")
        sign_in(request, row, Credentials(_full(user, row), password))
    except AppError as refused:
        return render(request, "swp/_sign_in.html", {**context, "error": refused}, status=422)
    return done(f"Signed in to {row}.", changed=CHANGED)


@require_POST
def directory_sign_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget the credentials."""
    require_users(request)
    row = directory_of(pk)
    forget(request, row)
    return done(f"Signed out of {row}.", changed=CHANGED)


def _shown(row: LinkedDirectory, asked: Asked, part: Part) -> dict[str, Any]:
    following: dict[str, str | int] = {
        "q": asked.words,
        "scope": asked.scope,
        "type": asked.kind,
        "token": part.token,
        "at": part.at,
    }
    return {
        "part": part,
        "lines": listed(row, part.entries),
        "count": part.at + part.held,
        "more_query": urlencode(following) if part.token else "",
    }


def _described(row: LinkedDirectory, entry: Entry, groups: list[Entry]) -> dict[str, Any]:
    """Of a single object. Its groups are those that it is a direct member of; there may be tens of thousands."""
    known = DirectoryObject.objects.filter(directory=row, guid=entry.guid).first()
    return {
        "guid": str(entry.guid),
        "known": known,
        "marks": marks(entry),
        "groups": [
            (one.name, reverse("swp:object", args=[row.pk, str(one.guid)]))
            for one in sorted(groups, key=lambda one: one.name.casefold())
        ],
        "groups_more": max(0, len(entry.member_of) - GROUPS),
    }


def _full(user: str, row: LinkedDirectory) -> str:
    """A name without its domain is one of the directory that is signed in to."""
    return user if "@" in user or "\\" in user or "=" in user else f"{user}@{row.domain_name}"


def _top(row: LinkedDirectory) -> list[tuple[str, str]]:
    return [(TITLE, reverse("swp:users")), (row.domain_name, reverse("swp:object", args=[row.pk, ROOT]))]


def _above(row: LinkedDirectory, above: list[Entry], entry: Entry) -> list[tuple[str, str]]:
    """Breadcrumbs below the domain."""
    chain = [one for one in (*above, entry) if one.kind is not ObjectKind.DOMAIN]
    return [(one.name, reverse("swp:object", args=[row.pk, str(one.guid)])) for one in chain]
