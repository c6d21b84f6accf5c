"""Parameter catalogues: the list, importing, one with its pages, deleting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import retarget

from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.listing import Column, Sorting, listing
from ums.profiles import services
from ums.profiles.catalogue_forms import CatalogueImportForm
from ums.profiles.content import catalogue_of
from ums.profiles.models import Catalogue
from ums.profiles.selectors import catalogue_uses, profiles_made_with
from ums.profiles.services.catalogue_files import MAX_FILES
from ums.profiles.services.catalogues import MAX_BYTES

if TYPE_CHECKING:
    from ums.domain.parameters import Catalogue as Parsed
    from ums.domain.parameters import Page

SORTS = {"name": "name", "os": "os", "parameters": "parameter_count", "imported": "imported_at"}
COLUMNS = (
    Column("name", "Name", "name", fixed=True),
    Column("version", "Version"),
    Column("os", "For devices with", "os", css="mid"),
    Column("parameters", "Parameters", "parameters", css="num"),
    Column("pages", "Pages", css="num low"),
    Column("profiles", "Profiles", css="num mid"),
    Column("imported", "Imported", "imported", css="low"),
)
SHOWN = 200
"""Hits of the search that one page shows."""


@require_safe
def catalogue_list(request: HttpRequest) -> HttpResponse:
    """All catalogues with the number of profiles that are based on them."""
    require(request.user, Action.ADMINISTER)
    sorting = Sorting(request.GET, SORTS, "name")
    context = {
        "breadcrumbs": [("Parameter Catalogues", "")],
        "columns": sorting.columns(COLUMNS),
        "page": listing(catalogue_uses(), request.GET, sorting.order),
    }
    return render(request, "profiles/catalogues.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def catalogue_import(request: HttpRequest) -> HttpResponse:
    """The dialog that takes files; by POST the report of what was stored, or why nothing was."""
    require(request.user, Action.ADMINISTER)
    form = CatalogueImportForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "form": form,
        "action_url": request.path,
        "megabytes": MAX_BYTES // 2**20,
        "most": MAX_FILES,
    }
    if request.method != "POST" or not form.is_valid():
        template = "profiles/_catalogue_refused.html" if form.errors else "profiles/_catalogue_import.html"
        return render(request, template, context, status=422 if form.errors else 200)
    try:
        actor = Actor.from_request(request)
        imported = services.catalogue_files_import(actor=actor, files=_files(request), **form.cleaned_data)
    except AppError as error:
        context |= {"error": error, "downgrade": error.code == "catalogue_downgrade"}
        return render(request, "profiles/_catalogue_refused.html", context, status=422)
    answer = render(request, "profiles/_catalogue_imported.html", {"imported": imported})
    answer["HX-Trigger"] = json.dumps({"ums:changed": {"what": ["catalogues"]}})
    return retarget(answer, "#dialog-body")


@require_safe
def catalogue_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The pages with the number of their parameters; those of one page, or what the search finds."""
    row = _row(request, pk)
    parsed = catalogue_of(row)
    words, page = request.GET.get("q", "").strip(), parsed.pages.get(request.GET.get("page", ""))
    found = parsed.search(words) if words else list(parsed.on_page(page.id)) if page else []
    context = {
        "catalogue": row,
        "breadcrumbs": [("Parameter Catalogues", reverse("profiles:catalogue_list")), (str(row), "")],
        "tree": _tree(parsed, None, page.id if page else "", 0),
        "page": page,
        "trail": " › ".join(step.title for step in parsed.trail(page.id)) if page else "",
        "words": words,
        "found": [(parameter, parsed.class_of(parameter.path)) for parameter in found[:SHOWN]],
        "more": max(0, len(found) - SHOWN),
        "total": len(found),
        "titles": parsed.pages,
        "profiles": profiles_made_with(catalogue=row).count(),
        "classes": len(parsed.classes),
    }
    return render(request, "profiles/catalogue.html", context)


@require_safe
def catalogue_menu(request: HttpRequest, pk: int) -> HttpResponse:
    """What can be done with one: the items of its menu."""
    return render(request, "profiles/_catalogue_menu.html", {"catalogue": _row(request, pk)})


@require_http_methods(["GET", "HEAD", "POST"])
def catalogue_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a catalogue that nothing was made with."""
    row = _row(request, pk)
    if request.method == "POST":
        services.catalogue_delete(actor=Actor.from_request(request), catalogue=row)
        return done(f"Deleted {row}.", changed=["catalogues"], redirect=reverse("profiles:catalogue_list"))
    using = profiles_made_with(catalogue=row)
    context = {"catalogue": row, "using": using[:5], "count": using.count(), "action_url": request.path}
    return render(request, "profiles/_catalogue_delete.html", context)


def _row(request: HttpRequest, pk: int) -> Catalogue:
    require(request.user, Action.ADMINISTER)
    row = Catalogue.objects.defer("definition").filter(pk=pk).first()
    if row is None:
        raise Http404("There is no such catalogue.")
    return row


def _files(request: HttpRequest) -> dict[str, bytes]:
    """The files of the form by name. Raises AppError when they are too many or too large."""
    files = request.FILES.getlist("files")
    if len(files) > MAX_FILES or sum(file.size or 0 for file in files) > MAX_BYTES:
        limit = f"{MAX_FILES} files of {MAX_BYTES // 2**20} MB in all"
        raise AppError("file_too_large", f"At most {limit} can be imported at once.", status=413)
    return {(file.name or "")[:200]: file.read() for file in files}


def _tree(parsed: Parsed, parent: str | None, current: str, level: int) -> list[dict[str, Any]]:
    """The pages below one, each with the number of parameters on it and below it."""
    return [_node(parsed, page, current, level) for page in parsed.children(parent)]


def _node(parsed: Parsed, page: Page, current: str, level: int) -> dict[str, Any]:
    children = _tree(parsed, page.id, current, level + 1)
    return {
        "page": page,
        "level": level,
        "current": page.id == current,
        "open": any(child["open"] or child["current"] for child in children),
        "count": len(parsed.on_page(page.id)) + sum(child["count"] for child in children),
        "children": children,
    }
