"""The page “Transfer directory”: what people have put there by WebDAV, and which servers have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ums.core.access import Action, require
from ums.core.listing import Column, FilterBar, Sorting, listing
from ums.domain.transfer import MOUNT
from ums.files.listed import entry_list, lines

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SORTS = {"name": "name", "changed": "updated_at"}
COLUMNS = (
    Column("name", "Name", "name", fixed=True),
    Column("path", "Path", css="mid"),
    Column("size", "Size", css="num"),
    Column("author", "By", css="low"),
    Column("changed", "Last change", "changed", css="low"),
)
SERVERS = Column("servers", "Servers", css="mid")


@require_safe
def transfer_list(request: HttpRequest) -> HttpResponse:
    """All files and directories, by name or by age."""
    require(request.user, Action.TRANSFER)
    bar = FilterBar(request.GET, ())
    sorting = Sorting(request.GET, SORTS, "name")
    rows = entry_list(user=request.user, words=" ".join(bar.criteria.words))
    page = listing(rows.none() if bar.error else rows, request.GET, sorting.order)
    alone = not settings.UMS_NODE
    drive = request.build_absolute_uri(f"{MOUNT}/")
    context = {
        "page": page,
        "lines": lines(page.items),
        "alone": alone,
        "columns": sorting.columns(COLUMNS if alone else (*COLUMNS, SERVERS)),
        "address": drive,
        "empty_text": f"Open {drive} as a network drive (WebDAV), with your name and your password or an API token. "
        "What you put there is on all servers.",
        "list_url": request.path,
        "breadcrumbs": [("Files", reverse("files:file_list")), ("Transfer directory", "")],
        **bar.context(request, placeholder="Filter by name", keep=("sort",)),
    }
    return render(request, "files/transfer.html", context)
