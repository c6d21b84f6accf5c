"""The login history, of all and of one user, and who is logged in where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from swp import history as logged
from swp import services
from swp.history import FIELDS, WORDS, apply_criteria
from swp.models import DirectoryObject, Login, Session
from ums.core.access import Action, may, require, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.csvfile import csv_answer
from ums.core.listing import Column, FilterBar, Listing, Sorting, address, listing
from ums.devices.models import Device
from ums.domain.protocol import LoginOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

SORTS = {"time": "login_at"}
COLUMNS = (
    Column("time", "Logged in", "time", fixed=True),
    Column("user", "User", fixed=True),
    Column("domain", "Domain", css="rare"),
    Column("device", "Device"),
    Column("result", "Result"),
    Column("out", "Logged out", css="mid"),
    Column("kind", "Kind", css="low"),
)
SESSION_COLUMNS = (
    Column("user", "User", fixed=True),
    Column("domain", "Domain", css="low"),
    Column("device", "Device"),
    Column("directory", "Directory", css="mid"),
    Column("since", "Since", "since"),
    Column("checked", "Groups read", css="low"),
)
HEAD = ("login", "logout", "user", "domain", "device", "unit_id", "result", "end", "kind", "detail")


@require_safe
def login_list(request: HttpRequest) -> HttpResponse:
    """Logins at all devices that one may read."""
    context = {**history(request), "breadcrumbs": [("Login History", "")], "shown": "all"}
    return render(request, "logins/list.html", context, status=422 if context["filter_error"] else 200)


@require_safe
def user_logins(request: HttpRequest, pk: int) -> HttpResponse:
    """Logins of one user of a linked directory."""
    require(request.user, Action.USERS)
    user = get_object_or_404(DirectoryObject.objects.select_related("directory"), pk=pk)
    crumbs = [("Login History", reverse("logins:login_list")), (user.name, "")]
    context = {**history(request, user=user), "breadcrumbs": crumbs, "shown": "user", "of_user": user}
    return render(request, "logins/list.html", context, status=422 if context["filter_error"] else 200)


@require_safe
def login_export(request: HttpRequest) -> HttpResponseBase:
    """All logins that the filter means, as CSV; `device` and `user` name one of them by id."""
    bar = FilterBar(request.GET, FIELDS)
    logins = apply_criteria(logged.login_list(user=request.user), bar.criteria)
    for name in ("device", "user"):
        if text := request.GET.get(name, ""):
            known = text.isascii() and text.isdecimal() and len(text) < 19
            logins = logins.filter(**{f"{name}_id": int(text)}) if known else logins.none()
    return csv_answer(request, "logins.csv", HEAD, _lines(Login.objects.none() if bar.error else logins))


def _lines(logins: QuerySet[Login]) -> Iterator[tuple[object, ...]]:
    for row in logged.login_stream(logins=logins):
        yield (
            row.login_at.isoformat(timespec="seconds"),
            row.logoff_at.isoformat(timespec="seconds") if row.logoff_at else "",
            row.user_name,
            row.domain,
            row.device_name,
            row.device.unit_id if row.device else "",
            LoginOutcome(row.outcome).name,
            row.end,
            row.kind,
            row.detail,
        )


def history(request: HttpRequest, **of: Any) -> dict[str, Any]:
    """Context of logins/_table.html: the logins that the address means, of a `device` or a `user`."""
    bar = FilterBar(request.GET, FIELDS)
    logins = apply_criteria(logged.login_list(user=request.user).filter(**of), bar.criteria)
    sorting = Sorting(request.GET, SORTS, "-time")
    page: Listing[Login] = listing(Login.objects.none() if bar.error else logins, request.GET, sorting.order)
    columns = [column for column in COLUMNS if column.key not in of]
    extra = {name: str(row.pk) for name, row in of.items()}
    return {
        **bar.context(request, placeholder="Filter logins", keep=["sort"]),
        "page": page,
        "rows": [(row, WORDS[LoginOutcome(row.outcome)]) for row in page.items],
        "columns": sorting.columns(columns),
        "named": {column.key for column in columns},
        "may_users": may(request.user, Action.USERS),
        "csv_url": reverse("logins:login_export") + address(request.GET, **extra),
    }


@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    """Who is logged in now, and where."""
    rows = logged.session_list(user=request.user)
    if words := request.GET.get("q", "").strip()[:100]:
        rows = rows.filter(login__user_name__icontains=words) | rows.filter(device__name__icontains=words)
    sorting = Sorting(request.GET, {"since": "since"}, "-since")
    page: Listing[Session] = listing(rows, request.GET, sorting.order)
    context = {
        "page": page,
        "rows": _endable(page.items, request.user),
        "columns": sorting.columns(SESSION_COLUMNS),
        "may_users": may(request.user, Action.USERS),
        "breadcrumbs": [("Login History", reverse("logins:login_list")), ("Logged in now", "")],
        "filter_url": request.path,
        "filter_text": words,
        "filter_placeholder": "User or device",
        "filter_used": bool(words),
    }
    return render(request, "logins/now.html", context)


def _endable(rows: list[Session], user: Any) -> list[tuple[Session, bool]]:
    """Each with whether `user` may log the user out there: one query for all."""
    devices = Device.objects.filter(pk__in=[row.pk for row in rows]).order_by()
    allowed = set(restrict(devices, user, Action.COMMAND).values_list("pk", flat=True))
    return [(row, row.pk in allowed) for row in rows]


@require_http_methods(["GET", "HEAD", "POST"])
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Log a user out at a device: a dialog, since work may be lost there."""
    session = logged.session_list(user=request.user).filter(pk=pk).first()
    if session is None:
        raise Http404("Nobody is logged in there.")
    require(request.user, Action.COMMAND, session.device)
    if request.method != "POST":
        return render(request, "logins/_end.html", {"session": session, "action_url": request.path})
    services.session_end(actor=Actor.from_request(request), session=session)
    return done(f"{session.login.user_name} is logged out at {session.device.name}.", changed=["sessions", "device"])
