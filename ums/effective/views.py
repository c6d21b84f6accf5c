"""The tab “Effective settings” of a device: each value, where it comes from, and why."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from swp.browsing import SignInNeeded
from swp.feature import SHARED_WORKPLACE
from ums.core.access import Action, may, restrict
from ums.core.errors import AppError
from ums.core.listing import FilterBar, address
from ums.core.rest import one_of
from ums.devices.pages import device_or_404, device_page
from ums.domain.effectiveness import Layer, Rank, explain_instance
from ums.domain.parameters import Value
from ums.effective.comparison import profile_on_device
from ums.effective.displays import warnings_of
from ums.effective.provenance import Ignored, ignored_in_instance, origin_of
from ums.effective.selectors import DeviceExplained, settings_explained
from ums.effective.table import FIELDS, ROWS, instance_name, lines_of, matching, page_titles, sections
from ums.effective.template_check import keys_missing
from ums.effective.whose import Whose, whose
from ums.features.selectors import is_enabled
from ums.profiles.comparison import side_of
from ums.profiles.models import Profile
from ums.profiles.pages import comparison_table
from ums.profiles.selectors import profile_list, revision_list

UNREADABLE = {"directory_unavailable", "directory_sign_in_needed", "browse_account_refused", "directory_not_for_users"}
"""What a directory answers instead of telling about a user."""


@require_safe
def device_settings(request: HttpRequest, pk: int) -> HttpResponse:
    """The table, filtered by what stands in the address."""
    frame = device_page(request.user, pk, "settings")
    device, asked_user = frame["device"], request.GET.get("user", "")
    try:
        seen = whose(request, device, asked_user)
    except AppError as failed:
        if failed.code not in UNREADABLE:
            raise
        return render(request, "effective/device_settings.html", {**frame, **_failed(request, failed)})
    explained = settings_explained(device=device, login=seen.login)
    bar = FilterBar(request.GET, FIELDS)
    titles = page_titles(explained.catalogue)
    lines = lines_of(explained)
    found = [] if bar.error else matching(lines, bar.criteria, titles)
    # What is set is what one comes for; the bare address shows that.
    overview = not request.GET.keys() - {"at", "user"}
    if overview:
        found = [line for line in found if line.layer or line.ignored]
    at = _position(request, len(found))
    part = found[at : at + ROWS]
    context = {
        **frame,
        "explained": explained,
        "sections": sections(part, titles),
        "total": len(found),
        "all": len(lines),
        "set_count": sum(bool(line.layer or line.ignored) and not line.removed for line in lines),
        "overridden_count": sum(line.losers > 0 for line in lines),
        "ignored_count": sum(line.ignored > 0 for line in lines),
        **_paging(request, at, len(found)),
        "readable": _readable(request.user, [line.layer for line in part if line.layer]),
        "overview": overview,
        "quick": bar.text or " ".join(f"{token.key}:{token.value}" for token in bar.tokens),
        **_with_user(request, seen, asked_user),
        "warnings": warnings_of(device, explained),
        **bar.context(request, placeholder="Filter by parameter, path or value", keep=("show", "user")),
    }
    return render(request, "effective/device_settings.html", context)


@require_safe
def parameter_explained(request: HttpRequest, pk: int) -> HttpResponse:
    """Dialog: why a parameter (`?path=`) has its value, or why a free instance (`?serial=`) is there."""
    device = device_or_404(request.user, pk)
    seen = whose(request, device, request.GET.get("user", ""))
    explained = settings_explained(device=device, login=seen.login)
    path, serial = request.GET.get("path", ""), request.GET.get("serial", "")
    context = _instance_why(explained, serial) if serial else _parameter_why(explained, path)
    layers = [layer for layer, *_ in context["steps"]] + [one.layer for one in context["ignored"]]
    context["readable"] = _readable(request.user, [*layers, *filter(None, [context.get("removed_by")])])
    context["key"] = path or serial
    context["local"] = Rank.LOCAL
    return render(request, "effective/_explained.html", context)


def _position(request: HttpRequest, count: int) -> int:
    """The row that the page begins with."""
    asked = request.GET.get("at", "")
    return min(int(asked), count) if asked.isascii() and asked.isdecimal() and len(asked) < 8 else 0


def _paging(request: HttpRequest, at: int, count: int) -> dict[str, Any]:
    """Which rows the page shows, and where the others are."""
    last = min(at + ROWS, count)
    return {
        "first": at + 1 if at < last else 0,
        "last": last,
        "previous_url": address(request.GET, at=str(max(0, at - ROWS))) if at else "",
        "next_url": address(request.GET, at=str(at + ROWS)) if at + ROWS < count else "",
    }


def _with_user(request: HttpRequest, seen: Whose, asked: str) -> dict[str, Any]:
    """What effective/_whose.html and the links of the page need. asked: the user as it stands in the address."""
    return {
        "whose": seen,
        "may_pick": may(request.user, Action.USERS) and is_enabled(SHARED_WORKPLACE),
        "user_query": urlencode({"user": asked}) if asked else "",
    }


def _failed(request: HttpRequest, failed: AppError) -> dict[str, Any]:
    """In place of the table: why the directory could not be asked, and what to do about it."""
    sign_in = reverse("swp:sign_in", args=[failed.directory.pk]) if isinstance(failed, SignInNeeded) else ""
    return {"failed": failed, "sign_in_url": sign_in, "retry_url": request.get_full_path()}


@require_safe
def template_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment of a profile's page: its template keys that have no value on some of its devices."""
    profile: Profile = one_of(profile_list(user=request.user), pk, "profile")
    return render(
        request, "effective/_template_check.html", {"missing": keys_missing(user=request.user, profile=profile)}
    )


def _parameter_why(explained: DeviceExplained, path: str) -> dict[str, Any]:
    found = next((one for one in explained.parameters if one.path == path), None)
    if found is None:
        raise Http404("There is no such parameter.")
    explanation, parameter = found.explanation, found.parameter
    setting: list[tuple[Layer, Value | None]] = [*explanation.losers]
    if explanation.winner:
        setting.insert(0, (explanation.winner, explanation.value))
    catalogue = explained.catalogue
    titles = page_titles(catalogue)
    cls = catalogue.classes.get(path) if catalogue else None
    return {
        "title": parameter.label if parameter else cls.label if cls else path,
        "page": titles.get(parameter.page, "") if parameter else "",
        "parameter": parameter,
        "value": explanation.value,
        "steps": [(layer, value, origin_of(explained, layer, path)) for layer, value in setting],
        "ignored": [
            Ignored(layer, reason, origin=origin_of(explained, layer, path)) for layer, reason in explanation.ignored
        ],
        "default": explanation.default,
        "rule": explanation.rule,
    }


def _instance_why(explained: DeviceExplained, serial: str) -> dict[str, Any]:
    why = explain_instance(explained.effective, serial)
    if why.winner is None and why.removed_by is None:
        raise Http404("There is no such instance.")
    shown = next((one for one in explained.instances if one.serial == serial), None)
    catalogue = explained.catalogue
    layers = [*([why.winner] if why.winner else []), *why.losers]
    cls = layers[0].instances[serial].cls
    label = shown.label if shown else catalogue.classes[cls].label if catalogue and cls in catalogue.classes else cls
    values = shown.instance.values if shown else {}
    name = instance_name(catalogue, cls, layers[0].instances[serial].values)
    return {
        "title": name,
        "page": label if label != name else "",
        "instance": [
            (
                catalogue and catalogue.find(f"{cls}.{rel}"),
                rel,
                value,
                origin_of(explained, layers[0], f"{serial}:{rel}"),
            )
            for rel, value in values.items()
        ],
        "steps": [(layer, None, None) for layer in layers],
        "ignored": ignored_in_instance(explained, serial, layers),
        "removed_by": why.removed_by,
        "rule": why.rule,
        "serial": serial,
    }


def _readable(user: Any, layers: list[Layer]) -> set[int]:
    """Profiles among the layers that the user may open: one query."""
    ids = {layer.id for layer in layers if layer.rank is not Rank.LOCAL}
    return set(restrict(Profile.objects.filter(pk__in=ids), user, Action.READ).values_list("pk", flat=True))


@require_safe
def device_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """What a profile (`?profile=`) sets beside what the device has."""
    device = device_or_404(request.user, pk)
    asked = request.GET.get("profile", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        raise Http404("Name the profile.")
    profile: Profile = one_of(profile_list(user=request.user), int(asked), "profile")
    revision = revision_list(user=request.user, profile=profile).filter(head_of=profile).first()
    if revision is None:
        raise Http404("The profile has no revision.")
    found = profile_on_device(profile=profile, side=side_of(revision), device=device)
    context = {
        "device": device,
        "profile": profile,
        "revision": revision,
        "found": found,
        "left_title": profile.name,
        "right_title": device.name,
        "notes": True,
        "breadcrumbs": [(device.name, reverse("effective:device_settings", args=[pk])), ("Compare", "")],
        **comparison_table(request, found.groups, keep=("profile",)),
    }
    return render(request, "effective/compare.html", context)
