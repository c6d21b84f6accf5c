"""Assigning values and groups of values: the dialog, removing, and undoing both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from ums.core.access import Action, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.ids import numbers
from ums.core.rest import MAX_IDS, all_of
from ums.core.tryout import previews
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.selectors import devices_of_targets
from ums.devices.views.actions import devices_get_it, given, when_of
from ums.devices.views.assigning import Asked, Assigning, Candidate
from ums.profiles import services
from ums.profiles.keys import group_list, template_assignment_list, value_list
from ums.profiles.models import TemplateAssignment, TemplateValue, ValueGroup

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ums.devices.services import When

QUAD = re.compile(r"([vg])([0-9]{1,18})([dr])([0-9]{1,18})")
"""Value or group, device or directory: how an Undo names what is to come back."""

CHANGED = ("templates", "assignments", "devices")


class _Values(Assigning):
    noun, one, search = "values", "value or group", "Search values and groups"
    nothing = "There is no value that you may assign."
    room, removal = "profiles:template_", "profiles:template_assignment_remove"
    sides, model = ("value", "group"), TemplateAssignment
    changed = CHANGED

    def objects(self, request: HttpRequest) -> list[Any]:
        sent, user = given(request), request.user
        # A drop says what it carries by `kind` and `ids`.
        dropped = {sent.get("kind", ""): sent.get("ids", "")}
        values = numbers(",".join([dropped.get("template_value", ""), *sent.getlist("value")]))
        groups = numbers(",".join([dropped.get("value_group", ""), *sent.getlist("group")]))
        return [
            *all_of(value_list(user=user), values, "template value"),
            *all_of(group_list(user=user), groups, "value group"),
        ]

    def found(self, request: HttpRequest, words: str) -> list[QuerySet[Any]]:
        groups = group_list(user=request.user, action=Action.ASSIGN).order_by("name", "pk")
        values = value_list(user=request.user, action=Action.ASSIGN).order_by("key__name", "pk")
        for word in words.split()[:10]:
            groups = groups.filter(Q(name__icontains=word) | Q(description__icontains=word))
            values = values.filter(
                Q(key__name__icontains=word) | Q(value__icontains=word) | Q(description__icontains=word)
            )
        return [groups, values]

    def candidate(self, one: Any) -> Candidate:
        if isinstance(one, TemplateValue):
            return Candidate("value", one.pk, str(one), "braces", one.description)
        return Candidate("group", one.pk, one.name, "boxes", note=f"group of {one.value_count}")

    def words(self, one: Any) -> str:
        return str(one)

    def assign(self, actor: Actor, asked: Asked, when: When) -> list[TemplateAssignment]:
        values = [one for one in asked.objects if isinstance(one, TemplateValue)]
        groups = [one for one in asked.objects if isinstance(one, ValueGroup)]
        return services.templates_assign(actor=actor, values=values, groups=groups, targets=asked.targets, when=when)


template_assign, template_assign_candidates, template_assign_reach = _Values().views()


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
