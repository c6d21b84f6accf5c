"""The list of files, one file, and its content for those who may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ums.core.access import Action, may, may_somewhere
from ums.core.errors import NotAllowed
from ums.core.listing import Column, FilterBar, Sorting, listing
from ums.core.paging import Order
from ums.devices.places import DeviceDirectories
from ums.devices.selectors import directory_path
from ums.files.answers import content_answer
from ums.files.reach import devices_of_files
from ums.files.selectors import copies_of_content, file_assignment_list
from ums.files.views.asked import FIELDS, directory_of, file_of, listed_files

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

    from ums.devices.models import Directory

SORTS = {"name": "name", "size": "size", "assigned": "assignment_count", "changed": "updated_at"}
COLUMNS = (
    Column("name", "Name", "name", fixed=True),
    Column("path", "Path on the device", css="mid"),
    Column("kind", "Kind", css="low"),
    Column("size", "Size", "size", css="num"),
    Column("directory", "Directory", css="rare"),
    Column("assigned", "Assignments", "assigned", css="num"),
    Column("changed", "Last change", "changed", css="low"),
)


@require_safe
def file_list(request: HttpRequest) -> HttpResponse:
    """Files below a directory that the filter lets through."""
    directory = directory_of(request, request.GET)
    bar = FilterBar(request.GET, FIELDS)
    sorting = Sorting(request.GET, SORTS, "name")
    rows = listed_files(request, request.GET, bar.criteria)
    place = f"?directory={directory.pk}" if directory else ""
    writable = may(request.user, Action.WRITE, directory) if directory else may_somewhere(request.user, Action.WRITE)
    context = {
        "directory": directory,
        "breadcrumbs": breadcrumbs(directory),
        "columns": sorting.columns(COLUMNS),
        "page": listing(rows.none() if bar.error else rows, request.GET, sorting.order),
        "create_url": f"{reverse('files:file_create')}{place}" if writable else "",
        "list_url": f"{reverse('files:file_list')}{place}",
        "may_read": may_somewhere(request.user, Action.READ),
        "may_transfer": may(request.user, Action.TRANSFER),
        **bar.context(request, placeholder="Filter by name, description or path", keep=("directory", "sort")),
    }
    return render(request, "files/list.html", context)


@require_safe
def file_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What a file is, where it goes, and which devices it reaches."""
    file, user = file_of(request, pk), request.user
    rows = file_assignment_list(user=user).filter(file=file)
    page = listing(rows, request.GET, Order("id", "pk"))
    directories = DeviceDirectories(user)
    reached = devices_of_files(files=[file])
    context = {
        "file": file,
        "breadcrumbs": [*breadcrumbs(file.directory), (file.name, request.path)],
        "page": page,
        "lines": [
            (
                row,
                directories.path(row.device.directory_id) if row.device else directories.above(row.directory_id or 0),
                directories.total(row.directory_id),
            )
            for row in page.items
        ],
        "reached": reached.count(),
        "waiting": reached.filter(state__pending=True).count(),
        "servers": copies_of_content(content=file.content),
        "may_retry": may(user, Action.ADMINISTER),
        "may_write": may(user, Action.WRITE, file),
        "may_assign": may(user, Action.ASSIGN, file),
    }
    return render(request, "files/detail.html", context)


@require_safe
def file_menu(request: HttpRequest, pk: int) -> HttpResponse:
    """What can be done with one file: the items of its menu."""
    file = file_of(request, pk)
    context: dict[str, Any] = {
        "file": file,
        "may_write": may(request.user, Action.WRITE, file),
        "may_assign": may(request.user, Action.ASSIGN, file),
    }
    return render(request, "files/_menu.html", context)


@require_safe
def file_content(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The content as a download. Raises NotAllowed for a secret."""
    file = file_of(request, pk)
    if file.secret:
        raise NotAllowed("The content of a private key is given to devices only.")
    return content_answer(request, file.content, file.device_path.rpartition("/")[2])


def breadcrumbs(directory: Directory | None) -> list[tuple[str, str]]:
    """From the root of the tree to the directory."""
    url = reverse("files:file_list")
    below = directory_path(directory=directory)[1:] if directory else []
    return [("Files", url), *((step.name, f"{url}?directory={step.pk}") for step in below)]
