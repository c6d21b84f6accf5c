"""Dialogs that lead to the effective settings of a user on a device: from the device, and from the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from swp.browsing import SignInNeeded, directory_of, key_of, opened, require_users
from swp.ldap.types import ObjectKind
from swp.models import DirectoryObject, LinkedDirectory
from ums.core.errors import AppError
from ums.core.ids import numbers
from ums.devices.pages import device_or_404
from ums.devices.selectors import device_list
from ums.effective.whose import key_of_user

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from ums.devices.models import Device

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A line to choose: it leads to the settings."""

    label: str
    detail: str
    note: str
    url: str


@require_safe
def user_pick(request: HttpRequest, pk: int) -> HttpResponse:
    """Dialog: with which user to look at the settings of a device."""
    require_users(request)
    device = device_or_404(request.user, pk)
    directories = LinkedDirectory.objects.filter(kind=LinkedDirectory.Kind.AD)
    context = {"device": device, "directories": directories, "found": _recent_users(device)}
    return render(request, "effective/_user_pick.html", context)


@require_safe
def user_candidates(request: HttpRequest, pk: int) -> HttpResponse:
    """Its list: users of the chosen directory that match, or those who logged in last."""
    require_users(request)
    device = device_or_404(request.user, pk)
    words, chosen = request.GET.get("q", "").strip(), numbers(request.GET.get("directory", ""))
    if not words or not chosen:
        return render(request, "effective/_pick_found.html", {"found": _recent_users(device), "nothing": NOBODY_YET})
    row = directory_of(chosen[0])
    context: dict[str, object] = {"nothing": f"No user of {row} matches “{words}”."}
    try:
        with opened(request, row) as directory:
            page = directory.search(
                words, base=directory.link.base_dn, subtree=True, kinds=(ObjectKind.USER,), size=SHOWN
            )
            context["found"] = [
                Found(one.name, one.account, one.mail, _settings(device.pk, f"{row.pk}-{one.guid}"))
                for one in page.entries
            ]
    except AppError as failed:
        sign_in = reverse("swp:sign_in", args=[row.pk]) if isinstance(failed, SignInNeeded) else ""
        context |= {"failed": failed, "sign_in_url": sign_in, "retry_url": request.get_full_path()}
    return render(request, "effective/_pick_found.html", context)


@require_safe
def device_pick(request: HttpRequest, key: str) -> HttpResponse:
    """Dialog: on which device to look at the settings of a user; `?name=` is how the page calls one without a row."""
    require_users(request)
    named = key_of(key)
    if named.guid is None:
        raise Http404("This is the top of a domain, and no user.")
    known = DirectoryObject.objects.filter(directory=named.directory, guid=named.guid).first()
    name = known.name if known else request.GET.get("name", "this user")[:200]
    context = {"key": key, "name": name, "found": _devices(request, key, "")}
    return render(request, "effective/_device_pick.html", context)


@require_safe
def device_candidates(request: HttpRequest, key: str) -> HttpResponse:
    """Its list: devices that match; at first those where the user is logged in, or logged in last."""
    require_users(request)
    words = request.GET.get("q", "").strip()
    nothing = f"No device that you may read matches “{words}”." if words else "There is no device that you may read."
    return render(request, "effective/_pick_found.html", {"found": _devices(request, key, words), "nothing": nothing})


NOBODY_YET = "Nobody has logged in yet. Search for a user by name, account or mail address."


def _recent_users(device: Device) -> list[Found]:
    """Who logged in at this device last, then anywhere."""
    users = DirectoryObject.objects.filter(kind=ObjectKind.USER.value, gone_at=None, directory__kind="ad")
    here = users.filter(logins__device=device).order_by("-logins__login_at")[:SHOWN]
    others = users.filter(logins__isnull=False).order_by("-seen_at", "-pk").distinct()[:SHOWN]
    rows = dict.fromkeys([*here.select_related("directory"), *others.select_related("directory")])
    return [
        Found(one.name, one.account, str(one.directory), _settings(device.pk, key_of_user(one)))
        for one in list(rows)[:SHOWN]
    ]


def _devices(request: HttpRequest, key: str, words: str) -> list[Found]:
    named = key_of(key)
    if named.guid is None:
        raise Http404("This is the top of a domain, and no user.")
    rows = device_list(user=request.user)
    there = set(
        rows.filter(user_session__user__guid=named.guid, user_session__user__directory=named.directory)
        .order_by()
        .values_list("pk", flat=True)[:SHOWN]
    )
    if words:
        rows = rows.filter(name__icontains=words)
    first = list(rows.filter(pk__in=there).order_by("name", "pk"))
    others = list(rows.exclude(pk__in=there).order_by("name", "pk")[:SHOWN])
    return [
        Found(
            one.name,
            one.directory.name,
            "logged in here" if one.pk in there else "",
            _settings(one.pk, "" if one.pk in there else key),
        )
        for one in [*first, *others][:SHOWN]
    ]


def _settings(device_id: int, key: str) -> str:
    url = reverse("effective:device_settings", args=[device_id])
    return f"{url}?{urlencode({'user': key})}" if key else url
