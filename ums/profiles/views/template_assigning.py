"""Assigning values and groups of values: the dialog, removing, and undoing both. In the manner of `assigning`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.core.access import Action, require, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.ids import as_text, numbers
from ums.core.rest import MAX_IDS, all_of
from ums.core.tryout import previews
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.places import DeviceDirectories
from ums.devices.selectors import devices_of_targets
from ums.profiles import services
from ums.profiles.keys import group_list, template_assignment_list, value_list
from ums.profiles.models import TemplateAssignment, TemplateValue, ValueGroup
from ums.profiles.views.asked import devices_get_it, given, when_of

SHOWN = 100
"""Candidates in the list; the search narrows."""

QUAD = re.compile(r"([vg])([0-9]{1,18})([dr])([0-9]{1,18})")
"""Value or group, device or directory: how an Undo names what is to come back."""

CHANGED = ["templates", "assignments", "devices"]


@dataclass(frozen=True)
class Asked:
    """What is to be assigned to what. Either side may still be empty: it is picked in the dialog."""

    values: list[TemplateValue]
    groups: list[ValueGroup]
    devices: list[Device]
    directories: list[Directory]
    picks: str
    """Which side is picked: `values`, `targets` or nothing."""

    @property
    def objects(self) -> list[TemplateValue | ValueGroup]:
        """Values and groups."""
        return [*self.values, *self.groups]

    @property
    def targets(self) -> list[Device | Directory]:
        """Both kinds."""
        return [*self.directories, *self.devices]


@previews
@require_http_methods(["GET", "HEAD", "POST"])
def template_assign(request: HttpRequest) -> HttpResponse:
    """The dialog, and what it does."""
    asked = _asked(request)
    for one in [
        *([] if asked.picks == "values" else asked.objects),
        *([] if asked.picks == "targets" else asked.targets),
    ]:
        require(request.user, Action.ASSIGN, one)
    error = None
    if request.method == "POST":
        try:
            return _assigned(request, asked)
        except AppError as refused:
            if refused.status == 403:
                raise
            error = refused
    context = {
        "asked": asked,
        "error": error,
        "q": given(request).get("q", ""),
        "when": when_of(given(request)),
        "action_url": reverse("profiles:template_assign"),
        **(_candidates(request, asked) if asked.picks else {}),
        **_reach(asked),
    }
    return render(request, "profiles/_template_assign.html", context, status=422 if error else 200)


@require_safe
def template_assign_candidates(request: HttpRequest) -> HttpResponse:
    """Fragment: what the search finds; what is ticked stays on top."""
    asked = _asked(request)
    return render(request, "profiles/_template_candidates.html", {"asked": asked, **_candidates(request, asked)})


@require_safe
def template_assign_reach(request: HttpRequest) -> HttpResponse:
    """Fragment: how many devices the choice reaches."""
    return render(request, "profiles/_assign_reach.html", _reach(_asked(request)))


@previews
@require_POST
def template_assignment_remove(request: HttpRequest) -> HttpResponse:
    """Take assignments away. The Undo of the toast brings exactly these back."""
    asked = {**request.GET.dict(), **request.POST.dict()}
    rows = template_assignment_list(user=request.user).filter(pk__in=numbers(asked.get("ids", "")))
    assignments = list(rows[:MAX_IDS])
    if not assignments:
        raise Http404("This assignment is gone already.")
    when = when_of(asked)
    removed = services.templates_unassign(actor=Actor.from_request(request), assignments=assignments, when=when)
    if not removed:
        raise Http404("This assignment is gone already.")
    quads = ".".join(
        f"{'v' if isinstance(one, TemplateValue) else 'g'}{one.pk}{'d' if isinstance(at, Device) else 'r'}{at.pk}"
        for one, at in removed
    )
    one, target = removed[0]
    text = f"Removed {one} from {target}." if len(removed) == 1 else f"Removed {len(removed):,} assignments."
    reached = devices_of_targets(targets={target for _, target in removed}).count()
    undo = f"{reverse('profiles:template_assignments_restore')}?quads={quads}&when={when.value}"
    return done(text, detail=devices_get_it(reached, when), undo=undo, changed=CHANGED)


@require_POST
def template_assignments_restore(request: HttpRequest) -> HttpResponse:
    """Undo of a removal: assign what `quads` names."""
    asked, user = {**request.GET.dict(), **request.POST.dict()}, request.user
    found = [match for part in asked.get("quads", "").split(".")[:MAX_IDS] if (match := QUAD.fullmatch(part))]
    if not found:
        raise Http404("This is no list of assignments.")
    rows: dict[str, Any] = {
        "v": value_list(user=user),
        "g": group_list(user=user),
        "d": restrict(Device.objects.all(), user, Action.READ),
        "r": restrict(Directory.objects.filter(kind=DirectoryKind.DEVICE), user, Action.READ),
    }
    known = {
        sign: {
            row.pk: row
            for row in all_of(queryset, {int(m[at + 1]) for m in found for at in (1, 3) if m[at] == sign}, "object")
        }
        for sign, queryset in rows.items()
    }
    made = 0
    with transaction.atomic():
        for match in found:
            given_side = {"values" if match[1] == "v" else "groups": [known[match[1]][int(match[2])]]}
            made += len(
                services.templates_assign(
                    actor=Actor.from_request(request),
                    targets=[known[match[3]][int(match[4])]],
                    when=when_of(asked),
                    **given_side,
                )
            )
    return done("1 assignment is back." if made == 1 else f"{made:,} assignments are back.", changed=CHANGED)


def _asked(request: HttpRequest) -> Asked:
    sent, user = given(request), request.user
    devices, directories = sent.getlist("device"), sent.getlist("directory")
    if target_id := sent.get("target_id", ""):
        (devices if sent.get("target") == "device" else directories).append(str(target_id))
    # A drop says what it carries by `kind` and `ids`.
    dropped = {sent.get("kind", ""): sent.get("ids", "")}
    value_ids = numbers(",".join([dropped.get("template_value", ""), *sent.getlist("value")]))
    group_ids = numbers(",".join([dropped.get("value_group", ""), *sent.getlist("group")]))
    values = all_of(value_list(user=user), value_ids, "template value")
    groups = all_of(group_list(user=user), group_ids, "value group")
    rows = restrict(Directory.objects.filter(kind=DirectoryKind.DEVICE), user, Action.READ)
    found_directories = all_of(rows, numbers(",".join(directories)), "directory")
    found_devices = all_of(restrict(Device.objects.all(), user, Action.READ), numbers(",".join(devices)), "device")
    picks = sent.get("picks", "")
    if picks not in ("values", "targets"):
        some = values or groups
        picks = "" if some and (devices or directories) else "targets" if some else "values"
    return Asked(values, groups, found_devices, found_directories, picks)


def _assigned(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Assign, and answer with an Undo that removes exactly what is new."""
    if not asked.objects or not asked.targets:
        missing = "value or group" if asked.targets else "directory or device"
        raise AppError("nothing_chosen", f"Tick at least one {missing}.")
    when = when_of(request.POST)
    made = services.templates_assign(
        actor=Actor.from_request(request), values=asked.values, groups=asked.groups, targets=asked.targets, when=when
    )
    if not made:
        return done("All of this was assigned already.", level="info")
    who = str(asked.objects[0]) if len(asked.objects) == 1 else f"{len(asked.objects):,} values"
    where = str(asked.targets[0]) if len(asked.targets) == 1 else f"{len(asked.targets):,} places"
    reached = devices_of_targets(targets={one.target for one in made}).count()
    undo = f"{reverse('profiles:template_assignment_remove')}?ids={as_text([one.pk for one in made])}&when={when.value}"
    return done(
        f"Assigned {who} to {where}.",
        detail=devices_get_it(reached, when),
        undo=undo if len(made) <= MAX_IDS else "",
        changed=CHANGED,
    )


def _candidates(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    words = given(request).get("q", "").strip()[:100]
    return _objects(request.user, words, asked) if asked.picks == "values" else _targets(request.user, words, asked)


def _objects(user: Any, words: str, asked: Asked) -> dict[str, Any]:
    values, groups = value_list(user=user, action=Action.ASSIGN), group_list(user=user, action=Action.ASSIGN)
    for word in words.split()[:10]:
        values = values.filter(Q(key__name__icontains=word) | Q(value__icontains=word) | Q(description__icontains=word))
        groups = groups.filter(Q(name__icontains=word) | Q(description__icontains=word))
    found = list(values.exclude(pk__in=[one.pk for one in asked.values]).order_by("key__name", "pk")[: SHOWN + 1])
    some = list(groups.exclude(pk__in=[one.pk for one in asked.groups]).order_by("name", "pk")[: SHOWN + 1])
    there = TemplateAssignment.objects.filter(Q(device__in=asked.devices) | Q(directory__in=asked.directories))
    return {
        "words": words,
        "found": found[:SHOWN],
        "found_groups": some[:SHOWN],
        "more": len(found) > SHOWN or len(some) > SHOWN,
        "taken": _taken(there, "value_id", len(asked.targets)),
        "taken_groups": _taken(there, "group_id", len(asked.targets)),
    }


def _targets(user: Any, words: str, asked: Asked) -> dict[str, Any]:
    directories = DeviceDirectories(user, Action.ASSIGN)
    ticked = {directory.pk for directory in asked.directories}
    lines, more = directories.lines(words, SHOWN)
    devices: list[Device] = []
    if words:
        rows = restrict(Device.objects.all(), user, Action.ASSIGN).select_related("directory")
        for word in words.split()[:10]:
            rows = rows.filter(search__contains=word.lower())
        devices = list(rows.exclude(pk__in=[device.pk for device in asked.devices]).order_by("name", "pk")[:SHOWN])
    there = TemplateAssignment.objects.filter(Q(value__in=asked.values) | Q(group__in=asked.groups))
    return {
        "words": words,
        "whole": not words,
        "ticked": directories.of(ticked),
        "lines": [line for line in lines if line.pk not in ticked],
        "devices": devices,
        "more": more,
        "taken": _taken(there, "directory_id", len(asked.objects)),
        "taken_devices": _taken(there.filter(device__in=devices), "device_id", len(asked.objects)),
    }


def _taken(rows: Any, side: str, all_of_them: int) -> set[int]:
    """Which of one side have everything of the other side already."""
    counted: dict[int, int] = {}
    for pk in rows.exclude(**{side: None}).order_by().values_list(side, flat=True):
        counted[pk] = counted.get(pk, 0) + 1
    return {pk for pk, count in counted.items() if count >= all_of_them}


def _reach(asked: Asked) -> dict[str, Any]:
    pairs = len(asked.objects) * len(asked.targets)
    on = Q(device__in=asked.devices) | Q(directory__in=asked.directories)
    of = Q(value__in=asked.values) | Q(group__in=asked.groups)
    existing = TemplateAssignment.objects.filter(on, of).count() if pairs else 0
    reached = devices_of_targets(targets=asked.targets).count() if asked.targets else 0
    return {"pairs": pairs, "existing": existing, "reached": reached, "many": reached >= 1000, "targets": asked.targets}
