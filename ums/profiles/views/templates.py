"""Template keys and groups of their values: lists, and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ums.core.access import Action, may, may_somewhere, restrict, subtree
from ums.core.ids import numbers
from ums.core.listing import Column, FilterBar, Sorting, listing
from ums.core.paging import Order
from ums.core.rest import one_of
from ums.devices.models import Directory, DirectoryKind
from ums.devices.places import DeviceDirectories
from ums.devices.selectors import directory_path
from ums.domain.criteria import Field, Kind
from ums.domain.parameters import StaticKey
from ums.profiles.keys import (
    STATIC_HELP,
    assignments_of,
    devices_of_assignments,
    group_list,
    key_list,
    profiles_by_key,
    template_assignment_list,
    value_list,
    values_shown,
)
from ums.profiles.models import KeyType, Profile, TemplateAssignment, TemplateKey, ValueGroup
from ums.profiles.views.asked import with_words

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import QueryDict

TITLE = DirectoryKind.TEMPLATE.label
KEY_FIELDS = (Field("type", Kind.CHOICE, "What its values are", tuple(KeyType.choices)),)
KEY_SORTS = {"name": "name", "type": "type", "values": "value_count", "assigned": "assignment_count"}
KEY_COLUMNS = (
    Column("name", "Key", "name", fixed=True),
    Column("type", "Type", "type", css="mid"),
    Column("description", "Description", css="low"),
    Column("values", "Values", "values", css="num"),
    Column("assigned", "Assignments", "assigned", css="num"),
    Column("used", "Used by", css="num"),
)
GROUP_SORTS = {"name": "name", "values": "value_count", "assigned": "assignment_count"}
GROUP_COLUMNS = (
    Column("name", "Group", "name", fixed=True),
    Column("values", "Values", "values"),
    Column("description", "Description", css="low"),
    Column("assigned", "Assignments", "assigned", css="num"),
)
VALUES_SHOWN = 500
"""Values of one key on its page."""


@require_safe
def template_key_list(request: HttpRequest) -> HttpResponse:
    """The keys below a directory that the filter lets through."""
    bar = FilterBar(request.GET, KEY_FIELDS)
    sorting = Sorting(request.GET, KEY_SORTS, "name")
    directory = template_directory_of(request, request.GET)
    rows: Any = with_words(_within(key_list(user=request.user), directory), " ".join(bar.criteria.words))
    for (_, excluded), terms in bar.criteria.by_key().items():
        kinds = [term.wanted for term in terms]
        rows = rows.exclude(type__in=kinds) if excluded else rows.filter(type__in=kinds)
    page = listing(rows.none() if bar.error else rows, request.GET, sorting.order)
    users = profiles_by_key(profiles=_readable(request)) if page.items else {}
    context = {
        **_frame(request, directory, "keys", bar),
        "columns": sorting.columns(KEY_COLUMNS),
        "page": page,
        "lines": [(key, len(users.get(key.name, ()))) for key in page.items],
        "create_url": _create_url(request, directory, "profiles:template_key_create"),
        "static": [(key.value, STATIC_HELP[key]) for key in StaticKey],
    }
    return render(request, "profiles/template_keys.html", context)


@require_safe
def value_group_list(request: HttpRequest) -> HttpResponse:
    """The groups below a directory that the filter lets through."""
    bar = FilterBar(request.GET, ())
    sorting = Sorting(request.GET, GROUP_SORTS, "name")
    directory = template_directory_of(request, request.GET)
    rows: Any = with_words(_within(group_list(user=request.user), directory), " ".join(bar.criteria.words))
    page = listing(
        rows.none() if bar.error else rows.prefetch_related(values_shown(user=request.user)), request.GET, sorting.order
    )
    context = {
        **_frame(request, directory, "groups", bar),
        "columns": sorting.columns(GROUP_COLUMNS),
        "page": page,
        "create_url": _create_url(request, directory, "profiles:value_group_create"),
    }
    return render(request, "profiles/value_groups.html", context)


@require_safe
def template_key_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A key: its values, where each is assigned, and which profiles use it."""
    key = key_of(request, pk)
    values = value_list(user=request.user).filter(key=key).prefetch_related("groups").order_by("pk")
    users = profiles_by_key(profiles=_readable(request)).get(key.name, [])
    context = {
        **object_frame(request, key),
        **_assigned(request, assignments_of(keys=[key])),
        "key": key,
        "values": list(values[:VALUES_SHOWN]),
        "users": [(profile, _first_use(profile, key.name)) for profile in users],
    }
    return render(request, "profiles/template_key.html", context)


@require_safe
def value_group_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A group: its values, and where it is assigned."""
    group = group_of(request, pk)
    context = {
        **object_frame(request, group),
        **_assigned(request, assignments_of(groups=[group])),
        "group": group,
        "values": list(value_list(user=request.user).filter(groups=group).order_by("key__name", "pk")),
    }
    return render(request, "profiles/value_group.html", context)


def key_of(request: HttpRequest, pk: int) -> TemplateKey:
    """The key, or Http404."""
    found: TemplateKey = one_of(key_list(user=request.user), pk, "template key")
    return found


def group_of(request: HttpRequest, pk: int) -> ValueGroup:
    """The group, or Http404."""
    found: ValueGroup = one_of(group_list(user=request.user), pk, "value group")
    return found


def template_directory_of(request: HttpRequest, query: QueryDict) -> Directory | None:
    """The directory of keys that an address names. Raises Http404 when it may not be browsed."""
    if not (ids := numbers(query.get("directory", ""))):
        return None
    rows = Directory.objects.filter(kind=DirectoryKind.TEMPLATE)
    found: Directory = one_of(restrict(rows, request.user, Action.BROWSE), ids[0], "directory")
    return found


def object_frame(request: HttpRequest, row: TemplateKey | ValueGroup) -> dict[str, Any]:
    """What the pages of a key and of a group share."""
    return {
        "breadcrumbs": [*_breadcrumbs(row.directory), (str(row), "")],
        "may_write": may(request.user, Action.WRITE, row),
        "may_assign": may(request.user, Action.ASSIGN, row),
    }


def _assigned(request: HttpRequest, rows: QuerySet[TemplateAssignment]) -> dict[str, Any]:
    """Where it counts, as far as one may see it, and how many devices that reaches."""
    visible = template_assignment_list(user=request.user).filter(pk__in=rows.order_by().values("pk"))
    page = listing(visible, request.GET, Order("id", "pk"))
    directories = DeviceDirectories(request.user)
    lines = []
    for row in page.items:
        lies_in = directories.path(row.device.directory_id) if row.device else directories.above(row.directory_id or 0)
        lines.append((row, lies_in, directories.total(row.directory_id)))
    reached = devices_of_assignments(assignments=rows).count() if page.items else 0
    return {"page": page, "lines": lines, "reached": reached}


def _first_use(profile: Profile, name: str) -> str:
    """The path, or "serial:name", of a value in which the profile uses a key."""
    return next((key for key, text in expressions_of(profile).items() if f"{{{name}}}" in text.replace("§", "")), "")


def expressions_of(profile: Profile) -> dict[str, str]:
    """The expressions of the head of a profile by path or "serial:name"; never secrets, which cannot be expressions."""
    assert profile.head is not None, "profiles_by_key leaves others out"
    content = profile.head.content
    found = {path: given["expression"] for path, given in content["values"].items() if isinstance(given, dict)}
    for serial, instance in content["instances"].items():
        values = instance["values"].items()
        found.update({f"{serial}:{name}": given["expression"] for name, given in values if isinstance(given, dict)})
    return found


def _frame(request: HttpRequest, directory: Directory | None, tab: str, bar: FilterBar) -> dict[str, Any]:
    place = f"?directory={directory.pk}" if directory else ""
    keys_url, groups_url = (reverse(f"profiles:{name}") + place for name in ("template_key_list", "value_group_list"))
    noun = "keys" if tab == "keys" else "groups"
    return {
        "title": directory.name if directory and directory.parent_id else TITLE,
        "directory": directory,
        "breadcrumbs": _breadcrumbs(directory),
        "tab": tab,
        "keys_url": keys_url,
        "groups_url": groups_url,
        "list_url": keys_url if tab == "keys" else groups_url,
        "may_read": may_somewhere(request.user, Action.READ),
        **bar.context(request, placeholder=f"Filter {noun} by name or description", keep=("directory", "sort")),
    }


def _create_url(request: HttpRequest, directory: Directory | None, name: str) -> str:
    writable = may(request.user, Action.WRITE, directory) if directory else may_somewhere(request.user, Action.WRITE)
    return reverse(name) + (f"?directory={directory.pk}" if directory else "") if writable else ""


def _within(rows: Any, directory: Directory | None) -> Any:
    return rows.filter(directory__in=subtree([directory.pk])) if directory else rows


def _readable(request: HttpRequest) -> QuerySet[Profile]:
    return restrict(Profile.objects.all(), request.user, Action.READ)


def _breadcrumbs(directory: Directory | None) -> list[tuple[str, str]]:
    url = reverse("profiles:template_key_list")
    below = directory_path(directory=directory)[1:] if directory else []
    return [(TITLE, url), *((step.name, f"{url}?directory={step.pk}") for step in below)]
