"""Administrators who come from linked directories: who they are, importing them, what they may do everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from swp import services
from swp.browsing import SignInNeeded, opened, sign_in
from swp.ldap.types import Credentials, ObjectKind
from swp.linked import administrator_list as administrators
from swp.linked import linked_directory_list
from swp.models import DirectoryAdministrator, LinkedDirectory
from swp.services.administrators import MAX_IMPORTED, allowed_everywhere
from swp.views.directories import HEADING
from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.listing import Column, Sorting, listing

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

COLUMNS = (
    Column("name", "Name", "name", fixed=True),
    Column("kind", "Type"),
    Column("account", "Signs in as", css="mid"),
    Column("directory", "Directory", "directory", css="low"),
    Column("permissions", "Allowed everywhere"),
    Column("seen", "Last seen there", "seen", css="rare"),
)
SORTS = {"name": "name", "directory": "directory__domain_name", "seen": "seen_at"}
FOUND = 50
"""Lines of a search."""


@require_safe
def administrator_list(request: HttpRequest) -> HttpResponse:
    """The imported users and groups."""
    require(request.user, Action.ADMINISTER)
    sorting = Sorting(request.GET, SORTS, "name")
    page = listing(administrators(user=request.user), request.GET, sorting.order)
    context = {
        "page": page,
        "columns": sorting.columns(COLUMNS),
        "linked": LinkedDirectory.objects.exists(),
        "breadcrumbs": [(HEADING, reverse("swp:directory_list")), ("Administrators", "")],
    }
    return render(request, "swp/administrators.html", context)


@require_http_methods(["GET", "POST"])
def administrators_import(request: HttpRequest) -> HttpResponse:
    """The dialog that finds users and groups; a POST lets those in that are ticked."""
    require(request.user, Action.ADMINISTER)
    rows = list(linked_directory_list(user=request.user))
    context: dict[str, Any] = {"directories": rows, "actions": Action.choices, "action_url": request.path}
    if request.method == "GET":
        return render(request, "swp/_administrators_import.html", context)
    row = _directory(request)
    try:
        with opened(request, row) as directory:
            entries = list(directory.entries(_guids(request)))
        made = services.administrators_import(
            actor=Actor.from_request(request),
            directory=row,
            entries=entries,
            actions=_actions(request),
        )
    except AppError as error:
        context |= {"error": error.message, "chosen": row.pk, "ticked": _actions(request)}
        return render(request, "swp/_administrators_import.html", context, status=422)
    told = f"“{made[0].name}” may" if len(made) == 1 else f"{len(made)} users and groups may"
    return done(f"{told} sign in from now on.", changed=["administrators"])


@require_POST
def administrator_candidates(request: HttpRequest) -> HttpResponse:
    """Users and groups that fit a search; or the question as whom the directory may be asked."""
    require(request.user, Action.ADMINISTER)
    row, text = _directory(request), request.POST.get("find", "").strip()
    context: dict[str, Any] = {"directory": row, "text": text}
    try:
        if user := request.POST.get("directory_user", "").strip():
            sign_in(request, row, Credentials(user, request.POST.get("directory_password", "")))
        if text:
            kinds = frozenset({ObjectKind.USER, ObjectKind.GROUP})
            with opened(request, row) as directory:
                found = directory.search(text, kinds=kinds, size=FOUND)
            context |= {"entries": found.entries, "more": bool(found.cookie), "known": _known(row)}
    except SignInNeeded as error:
        context |= {"sign_in": True, "why": error.message}
    except AppError as error:
        context |= {"sign_in": not row.browse_user and error.code == "directory_refused", "error": error.message}
    return render(request, "swp/_administrator_candidates.html", context)


@require_http_methods(["GET", "POST"])
def administrator_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """What one may do everywhere."""
    row = _administrator(request, pk)
    if request.method == "POST":
        services.administrator_actions_set(
            actor=Actor.from_request(request), administrator=row, actions=_actions(request)
        )
        return done(f"The permissions of “{row.name}” are saved.", changed=["administrators"])
    context = {
        "administrator": row,
        "actions": Action.choices,
        "ticked": {grant.action for grant in allowed_everywhere(row)},
        "action_url": request.path,
    }
    return render(request, "swp/_administrator_edit.html", context)


@require_http_methods(["GET", "POST"])
def administrator_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks, and lets one in no longer."""
    row = _administrator(request, pk)
    if request.method == "POST":
        services.administrator_remove(actor=Actor.from_request(request), administrator=row)
        return done(f"“{row.name}” may no longer sign in here.", changed=["administrators"])
    context = {"administrator": row, "action_url": request.path}
    return render(request, "swp/_administrator_remove.html", context)


def _administrator(request: HttpRequest, pk: int) -> DirectoryAdministrator:
    require(request.user, Action.ADMINISTER)
    return get_object_or_404(administrators(user=request.user), pk=pk)


def _directory(request: HttpRequest) -> LinkedDirectory:
    pk = request.POST.get("directory", "")
    known = pk.isascii() and pk.isdecimal() and len(pk) < 19
    return get_object_or_404(linked_directory_list(user=request.user), pk=int(pk) if known else 0)


def _actions(request: HttpRequest) -> list[str]:
    return [action for action in request.POST.getlist("action") if action in Action.values]


def _guids(request: HttpRequest) -> list[UUID]:
    found = []
    for text in request.POST.getlist("guid")[: MAX_IMPORTED + 1]:
        try:
            found.append(UUID(text))
        except ValueError:
            raise AppError("invalid", "This is no user or group of a directory.") from None
    return found


def _known(row: LinkedDirectory) -> set[UUID]:
    return set(DirectoryAdministrator.objects.filter(directory=row, imported=True).values_list("guid", flat=True))
