"""The page “Notices”: what was noticed and is open, what was settled, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ums.core.access import Action, may_somewhere
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.listing import AT_ONCE, Column, FilterBar, Sorting, chosen, listing, matching
from ums.notices import selectors, services
from ums.notices.kinds import KINDS
from ums.notices.models import Notice

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

SORTS = {"time": "last_at"}
COLUMNS = (
    Column("level", "Level", css="low"),
    Column("title", "What was noticed", fixed=True),
    Column("device", "Device", css="mid"),
    Column("count", "Times", css="num"),
    Column("time", "Last", "time"),
    Column("first", "First", css="rare"),
)
SETTLED = Column("settled", "Settled", css="mid")
CHANGED = ("notices",)


def _notices(query: QueryDict, user: object) -> tuple[FilterBar, QuerySet[Notice]]:
    """What an address means: `shown=settled` or, without it, the open ones, and the filter."""
    bar = FilterBar(query, selectors.fields())
    rows = selectors.notice_list(user=user).filter(settled_at__isnull=query.get("shown") != "settled")
    return bar, Notice.objects.none() if bar.error else selectors.apply_criteria(rows, bar.criteria)


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """Open ones, newest first; `shown=settled` those that were settled."""
    shown = "settled" if request.GET.get("shown") == "settled" else "open"
    bar, rows = _notices(request.GET, request.user)
    sorting = Sorting(request.GET, SORTS, "-time")
    page = listing(rows, request.GET, sorting.order)
    columns = [*COLUMNS, SETTLED] if shown == "settled" else COLUMNS
    context = {
        **bar.context(request, placeholder="Filter notices", keep=["sort", "shown"]),
        "shown": shown,
        "page": page,
        "rows": [(row, KINDS.get(row.kind, row.kind)) for row in page.items],
        "columns": sorting.columns(columns),
        "may_write": may_somewhere(request.user, Action.WRITE),
        "breadcrumbs": [("Notices", "")],
    }
    return render(request, "notices/list.html", context, status=422 if bar.error else 200)


@require_POST
def notices_settle(request: HttpRequest) -> HttpResponse:
    """Settle those that were selected."""
    rows = _chosen(request)
    services.notices_settle(actor=Actor.from_request(request), notices=rows)
    ids = ",".join(str(row.pk) for row in rows)
    words = f"“{rows[0].title}” is settled." if len(rows) == 1 else f"{len(rows):,} notices are settled."
    undo = f"{reverse('notices:notices_reopen')}?ids={ids}" if len(rows) <= 100 else ""
    return done(words, undo=undo, changed=CHANGED)


@require_POST
def notices_reopen(request: HttpRequest) -> HttpResponse:
    """Take it back."""
    rows = _chosen(request)
    count = services.notices_reopen(actor=Actor.from_request(request), notices=rows)
    return done("1 notice is open again." if count == 1 else f"{count:,} notices are open again.", changed=CHANGED)


def _chosen(request: HttpRequest) -> list[Notice]:
    """The notices of `ids`, in the form or the address, or all that a page shows. Raises AppError, Http404."""
    query = matching(request)
    if query is not None:
        rows = list(_notices(query, request.user)[1].order_by("pk")[:AT_ONCE])
    else:
        rows = list(selectors.notice_list(user=request.user).filter(pk__in=chosen(request)).order_by("pk"))
    if not rows:
        raise Http404("No such notice.")
    return rows
