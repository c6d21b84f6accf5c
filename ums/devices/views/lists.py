"""The list of devices, its rows read anew, and its CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ums.core.access import Action, may, may_somewhere, restrict
from ums.core.errors import AppError
from ums.core.listing import FilterBar
from ums.devices import tables
from ums.devices.filters import FIELDS
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.pages import directory_crumbs
from ums.devices.rows import rows_html
from ums.devices.selection import ListQuery, id_of
from ums.devices.selectors import directory_root
from ums.domain.criteria import Kind

if TYPE_CHECKING:
    from django.http import HttpRequest

    from ums.core.paging import Keys, Order

MAX_ROWS = 200
MOMENTS = (
    ("<1h", "In the last hour"),
    (">1d", "More than a day ago"),
    (">7d", "More than 7 days ago"),
    ("never", "Never"),
)


@require_safe
def device_list(request: HttpRequest) -> HttpResponse:
    """All devices, or those below `directory`, that fit the filter; 100 a page."""
    user, query = request.user, ListQuery.of(request.GET)
    order = tables.order_of(request.GET.get("sort", ""))
    directory = _directory(user, query)
    context = {
        "directory": directory,
        "place": directory or _root(user),
        "breadcrumbs": directory_crumbs(user, directory),
        "query": query,
        **_filter(request),
        "may_command": may_somewhere(user, Action.COMMAND),
        "may_assign": may_somewhere(user, Action.ASSIGN),
        "may_write": may_somewhere(user, Action.WRITE),
    }
    context["may_create"] = bool(context["place"]) and may(user, Action.WRITE, context["place"])
    context["clear_url"] = f"{reverse('devices:device_list')}?{ListQuery(directory=query.directory).address()}"
    try:
        context.update(_page(request, query, order))
    except AppError as error:
        context.update({"error": error, "devices": [], "total": 0})
        return render(request, "devices/list.html", context, status=422)
    if not context["total"] and not query.text and directory is None:
        context.update({"may_enrol": may_somewhere(user, Action.ENROL), "server": f"https://{request.get_host()}"})
    return render(request, "devices/list.html", context)


def _page(request: HttpRequest, query: ListQuery, order: Order) -> dict[str, Any]:
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    total = query.devices(user=request.user, action=Action.READ).order_by().count()
    newest = Device.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    keys = tables.page_of(request.user, query, order, after=after, before=before)
    devices = tables.rows_of(request.user, keys.ids)
    first = max(1, id_of(request.GET.get("at", "")) or 1) if keys.previous else 1
    url, sort = reverse("devices:device_list"), _sort(order)
    return {
        "devices": devices,
        "rows": rows_html(devices),
        "columns": tables.heads(query, order, url),
        "total": total,
        "first": min(first, max(total, 1)),
        "last": min(first + len(devices) - 1, total),
        **_turns(url, query, sort, keys, first),
        "csv_url": f"{reverse('devices:device_export')}?{query.address(sort=sort)}",
        "added_url": f"{reverse('devices:device_added')}?{query.address(sort=sort, newest=newest)}",
    }


def _turns(url: str, query: ListQuery, sort: str, keys: Keys, first: int) -> dict[str, str]:
    forward = {"after": keys.next, "at": first + len(keys.ids)}
    back = {"before": keys.previous, "at": max(1, first - tables.PAGE)}
    return {
        "next_url": f"{url}?{query.address(sort=sort, **forward)}" if keys.next else "",
        "previous_url": f"{url}?{query.address(sort=sort, **back)}" if keys.previous else "",
    }


def _sort(order: Order) -> str:
    return "" if order.text == tables.DEFAULT_SORT else order.text


def _directory(user: Any, query: ListQuery) -> Directory | None:
    if query.directory is None:
        return None
    directories = restrict(Directory.objects.filter(kind=DirectoryKind.DEVICE, pk=query.directory), user, Action.BROWSE)
    directory = directories.first()
    if directory is None:
        raise Http404("No such directory.")
    return None if directory.parent_id is None else directory


def _root(user: Any) -> Directory | None:
    root = directory_root()
    return root if may(user, Action.READ, root) else None


def _filter(request: HttpRequest) -> dict[str, Any]:
    """Context of components/filter_bar.html, with some moments to choose from."""
    context = FilterBar(request.GET, FIELDS).context(request, placeholder="Filter devices", keep=("directory", "sort"))
    moments = {field.key for field in FIELDS if field.kind is Kind.MOMENT}
    for field in context["filter_fields"]:
        if field["key"] in moments:
            field["options"] = MOMENTS
    return {**context, "filter_tools": "devices/_list_tools.html"}


@require_safe
def device_rows(request: HttpRequest) -> HttpResponse:
    """Rows of the list by `ids`; who may not read a device gets no row."""
    ids = [pk for pk in map(id_of, request.GET.get("ids", "").split(",")) if pk]
    return HttpResponse(rows_html(tables.rows_of(request.user, ids[:MAX_ROWS])))


@require_safe
def device_added(request: HttpRequest) -> HttpResponse:
    """“12 new, show”: how many devices came into this list after it was read."""
    query, newest = ListQuery.of(request.GET), id_of(request.GET.get("newest", ""))
    added = tables.added_since(request.user, query, newest or 0)
    sort = request.GET.get("sort", "")
    url = f"{reverse('devices:device_list')}?{query.address(sort=sort)}"
    return render(request, "devices/_added.html", {"added": added, "url": url})


@require_safe
def device_export(request: HttpRequest) -> StreamingHttpResponse:
    """What the list shows, as CSV."""
    query, order = ListQuery.of(request.GET), tables.order_of(request.GET.get("sort", ""))
    query.devices(user=request.user, action=Action.READ)  # a wrong filter is refused before the file begins
    lines = tables.csv_lines(request.user, query, order)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="devices-{timezone.now():%Y-%m-%d}.csv"'
    return response
