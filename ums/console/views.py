"""The frame of the console: start page, search, counters, the tree's branches, and where a drop leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from ha.clock import shared_now
from swp.browsing import require_users
from ums.console.navigation import KINDS, DirectoryTree, tree, user_nodes
from ums.console.search import search
from ums.core.access import Action, restrict
from ums.devices.models import Device
from ums.devices.selectors import directory_list
from ums.domain.presence import LATE_AFTER, LOST_AFTER
from ums.notices.selectors import open_count

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page is the list of all devices."""
    return redirect("devices:device_list")


@require_safe
def search_results(request: HttpRequest) -> HttpResponse:
    """Results below the search box, or as a page when the form was sent without script."""
    text = request.GET.get("q", "")
    context = {"q": text, "groups": search(request.user, text)}
    template = "console/_search.html" if request.htmx else "console/search.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_safe
def counters(request: HttpRequest) -> HttpResponse:
    """How many devices are online, and how many need a look."""
    now = shared_now()
    connected = Q(presence__connected=True)
    late = connected & Q(presence__last_contact__lt=now - LATE_AFTER, presence__last_contact__gte=now - LOST_AFTER)
    numbers = restrict(Device.objects.order_by(), request.user, Action.READ).aggregate(
        total=Count("pk"),
        online=Count("pk", filter=connected & Q(presence__last_contact__gte=now - LATE_AFTER)),
        warnings=Count("pk", filter=late | ~Q(state__error="")),
    )
    url = reverse("devices:device_list")
    context = {
        **numbers,
        "notices": open_count(user=request.user),
        "online_url": f"{url}?f=status:online",
        "warnings_url": f"{url}?f=needs:attention",
    }
    return render(request, "components/counters.html", context)


@require_safe
def tree_items(request: HttpRequest) -> HttpResponse:
    """The tree of a page: opened as a fresh page shows it, or, with `open`, where it was open before."""
    opened = None
    if "open" in request.GET:
        opened = frozenset(int(pk) for pk in request.GET["open"].split(",") if pk.isdecimal() and len(pk) < 19)
    nodes = tree(request.user, request.GET.get("location", ""), opened)
    return render(request, "components/tree_items.html", {"tree": nodes})


@require_safe
def tree_children(request: HttpRequest, pk: int) -> HttpResponse:
    """The directories inside one directory."""
    level = request.GET.get("level", "")
    for kind in KINDS:
        if directory_list(user=request.user, kind=kind).filter(pk=pk).exists():
            directories = DirectoryTree(request.user, kind)
            nodes = directories.nodes(pk, int(level) if level.isdecimal() and len(level) < 3 else 2)
            return render(request, "components/tree_nodes.html", {"nodes": nodes})
    raise Http404


@require_safe
def users_children(request: HttpRequest, pk: int, at: str) -> HttpResponse:
    """The containers inside a container of a linked directory."""
    require_users(request)
    level = request.GET.get("level", "")
    nodes = user_nodes(request, pk, at, int(level) if level.isdecimal() and len(level) < 3 else 3)
    return render(request, "components/tree_nodes.html", {"nodes": nodes})


DROPS = {
    ("profile", "swp-object"): "swp:assign",
    ("profile", "directory"): "profiles:assign",
    ("profile", "device"): "profiles:assign",
    ("profile", "profile-directory"): "profiles:profiles_move",
    ("template_value", "directory"): "profiles:template_assign",
    ("template_value", "device"): "profiles:template_assign",
    ("value_group", "directory"): "profiles:template_assign",
    ("value_group", "device"): "profiles:template_assign",
    ("file", "directory"): "files:assign",
    ("file", "device"): "files:assign",
    ("file", "file-directory"): "files:files_move",
    ("file-directory", "file-directory"): "devices:directory_move",
    ("device", "directory"): "devices:devices_move",
    ("directory", "directory"): "devices:directory_move",
    ("profile-directory", "profile-directory"): "devices:directory_move",
}


@require_safe
def drop(request: HttpRequest) -> HttpResponse:
    """Something was dropped on something: on to the dialog that asks and does it."""
    kind = request.GET.get("kind", "")
    name = DROPS.get((kind, request.GET.get("target", "")))
    if name is None:
        raise Http404
    if name == "devices:directory_move":
        ids = request.GET.get("ids", "")
        if not (ids.isascii() and ids.isdecimal()):
            raise Http404
        return redirect(f"{reverse(name, args=[ids])}?{request.GET.urlencode()}")
    return redirect(f"{reverse(name)}?{request.GET.urlencode()}")


@require_safe
def live_poll(request: HttpRequest) -> HttpResponse:
    """What a page asks while its socket is down: is the server there?"""
    return HttpResponse(status=204)


def server_error(request: HttpRequest) -> HttpResponse:
    """A defect: the answer names the request, so that its log lines can be found. It needs no database."""
    context = {"request_id": getattr(request, "request_id", "")}
    if request.path.startswith(reverse("api:unknown")):
        title = "The server failed. Report the request id."
        body = {"type": "about:blank", "title": title, "status": 500, "code": "server_error", **context}
        return JsonResponse(body, status=500, content_type="application/problem+json")
    return HttpResponse(render_to_string("500.html", context), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came without its token: another tab signed in or out, or cookies are off."""
    if request.headers.get("HX-Request"):
        told = {
            "code": "csrf",
            "message": "This page is out of date.",
            "detail": "Somebody signed in or out in another tab. Copy what you typed, then reload the page.",
        }
        return JsonResponse(told, status=403)
    return render(request, "403.html", {"reason": "csrf"}, status=403)
