"""Moving and deleting devices: marked ones, or all that a filter shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.core.access import Action
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError, NotAllowed
from ums.core.trial import current_trial
from ums.core.tryout import previews
from ums.devices import services
from ums.devices.models import Directory, DirectoryKind
from ums.devices.selection import Chosen, Selection, chosen, id_of, taken
from ums.devices.selectors import directory_list
from ums.devices.services import When
from ums.devices.views.picking import picked, picker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, QueryDict


@previews
@require_http_methods(["GET", "POST"])
def devices_move(request: HttpRequest) -> HttpResponse:
    """Ask where to, or move. A drop names the directory as `target_id`."""
    if request.method == "GET":
        return _ask_move(request, request.GET)
    given, user = request.POST, request.user
    try:
        directory = picked(user, given.get("directory", ""), DirectoryKind.DEVICE)
        selected = taken(selection=Selection.of(given), user=user, action=Action.WRITE, expect=given.get("expect", ""))
        when = when_of(given)
        actor = Actor.from_request(request)
        moved = services.devices_move(actor=actor, devices=selected, directory=directory, when=when)
    except AppError as error:
        return _ask_move(request, given, error)
    if not moved:
        return done(f"They are in {directory.name} already.", level="info")
    what = moved[0].name if len(moved) == 1 else f"{len(moved):,} devices"
    undo = f"{reverse('devices:devices_move_back')}?{urlencode({'request': actor.request_id, 'when': when.value})}"
    return done(
        f"Moved {what} to {directory.name}.",
        detail=when_in_words(when),
        undo=undo,
        changed=["devices", "directories"],
    )


def given(request: HttpRequest) -> QueryDict:
    """What was sent: a form's fields, or the address."""
    return request.POST if request.method == "POST" and request.POST else request.GET


def when_of(given: Mapping[str, str]) -> When:
    """When a change reaches the devices, out of a form: now unless it says otherwise."""
    return When.NEXT_BOOT if given.get("when") == When.NEXT_BOOT.value else When.NOW


def when_in_words(when: When) -> str:
    """For the toast."""
    return "Changed settings go out at the next boot." if when is When.NEXT_BOOT else "Changed settings go out now."


def devices_get_it(count: int, when: When) -> str:
    """For the toast: how many devices get what was assigned, and when."""
    if not count:
        return "It reaches no device yet."
    devices = "1 device gets" if count == 1 else f"{count:,} devices get"
    return f"{devices} it {'now' if when is When.NOW else 'at the next boot'}."


def _ask_move(request: HttpRequest, given: Mapping[str, str], error: AppError | None = None) -> HttpResponse:
    selection = Selection.of(given)
    target: Directory | None = None
    wanted = given.get("directory") or given.get("target_id", "")
    if wanted:
        target = directory_list(user=request.user).filter(pk=id_of(wanted) or 0).first()
    context = {
        **_asked(request, selection),
        "target": target if given.get("target_id") else None,
        **picker(request.user, DirectoryKind.DEVICE, chosen=target.pk if target else None),
        "when": when_of(given).value,
        "target_id": given.get("target_id", ""),
        "action_url": reverse("devices:devices_move"),
    }
    return answer(request, "devices/_move.html", context, error)


@require_POST
def devices_move_back(request: HttpRequest) -> HttpResponse:
    """Undo a move: exactly those devices go back to where each was, unless they were moved again."""
    back = services.devices_move_back(
        actor=Actor.from_request(request), request_id=request.GET.get("request", ""), when=when_of(request.GET)
    )
    text = f"Moved {len(back):,} {'device' if len(back) == 1 else 'devices'} back."
    return done(text, changed=["devices", "directories"])


MANY_TARGETS = 2000
"""A profile for more devices than this belongs to a directory."""


@require_safe
def devices_assign(request: HttpRequest) -> HttpResponse:
    """On to the dialog “Assign…” with the selected devices as targets. Raises AppError `too_many_targets`."""
    devices = Selection.of(request.GET).devices(user=request.user, action=Action.ASSIGN)
    ids = list(devices.order_by("pk").values_list("pk", flat=True)[: MANY_TARGETS + 1])
    if not ids:
        raise NotAllowed("You lack the permission to assign profiles to these devices.")
    if len(ids) > MANY_TARGETS:
        raise AppError(
            "too_many_targets",
            f"These are more than {MANY_TARGETS:,} devices. Assign the profile to their directory instead.",
        )
    return redirect(f"{reverse('profiles:assign')}?{urlencode({'device': ','.join(map(str, ids))})}")


@previews
@require_http_methods(["GET", "POST"])
def device_delete(request: HttpRequest) -> HttpResponse:
    """Ask, or delete."""
    if request.method == "GET":
        return _ask_delete(request, request.GET)
    given = request.POST
    try:
        selected = taken(
            selection=Selection.of(given), user=request.user, action=Action.WRITE, expect=given.get("expect", "")
        )
        if len(selected) > 1 and not current_trial() and given.get("confirm", "").strip() != str(len(selected)):
            raise AppError("not_confirmed", f"Type {len(selected)} to confirm.")
        services.devices_delete(actor=Actor.from_request(request), devices=selected)
    except AppError as error:
        return _ask_delete(request, given, error)
    what = selected[0].name if len(selected) == 1 else f"{len(selected):,} devices"
    page = "" if given.get("leave") != "1" else reverse("devices:device_list")
    return done(f"Deleted {what}.", changed=["devices", "directories"], redirect=page)


def _ask_delete(request: HttpRequest, given: Mapping[str, str], error: AppError | None = None) -> HttpResponse:
    context = {
        **_asked(request, Selection.of(given)),
        "leave": given.get("leave", ""),
        "action_url": reverse("devices:device_delete"),
    }
    return answer(request, "devices/_delete.html", context, error)


def _asked(request: HttpRequest, selection: Selection) -> dict[str, Any]:
    found: Chosen = chosen(selection=selection, user=request.user, action=Action.WRITE, read=Action.READ)
    if not found.count:
        raise NotAllowed("You lack the permission to change these devices.")
    return {"chosen": found, "fields": selection.fields}


def answer(request: HttpRequest, template: str, context: dict[str, Any], error: AppError | None) -> HttpResponse:
    """A dialog: as asked for, or again with what is wrong (403 stays 403, all else is 422)."""
    if error is None:
        return render(request, template, context)
    if isinstance(error, NotAllowed):
        raise error
    return render(request, template, {**context, "error": error}, status=422)
