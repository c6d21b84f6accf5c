"""The editor of a profile: its page, what it edits as JSON, and saving."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from ums.core.access import Action, may
from ums.core.actor import Actor
from ums.core.errors import AppError
from ums.core.rest import one_of
from ums.core.tryout import previews
from ums.devices.services import When
from ums.domain.parameters import settings_to_json
from ums.profiles import services
from ums.profiles.changes import keys_changed_since
from ums.profiles.content import MASK, catalogue_of, definition_packed, masked
from ums.profiles.keys import keys_to_name
from ums.profiles.kinds import WORDS
from ums.profiles.models import Profile, ProfileKind, Revision
from ums.profiles.selectors import catalogue_list, devices_of_profile, revision_list
from ums.profiles.views.asked import devices_get_it, profile_of
from ums.profiles.views.lists import breadcrumbs

if TYPE_CHECKING:
    from ums.domain.parameters import Catalogue


class Save(msgspec.Struct, forbid_unknown_fields=True):
    """What the editor posts: the wire form of settings, and how to save them."""

    base: int
    settings: dict[str, Any]
    overwrite_sessions: bool
    comment: str = ""
    when: When = When.NOW


def page_context(request: HttpRequest, profile: Profile) -> dict[str, Any]:
    """What every tab of a profile shows."""
    return {
        "profile": profile,
        "words": WORDS[profile.kind],
        "breadcrumbs": [*breadcrumbs(profile.kind, profile.directory), (profile.name, "")],
        "may_write": may(request.user, Action.WRITE, profile),
        "may_assign": may(request.user, Action.ASSIGN, profile),
    }


@require_safe
def profile_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor. What it edits comes with it; what can be set comes as JSON of its own (`catalogue_data`)."""
    profile = profile_of(request, pk)
    assert profile.head is not None, "a profile has a revision"
    data = {**_as_json(catalogue_of(profile.based_on), profile.head), "keys": keys_to_name(user=request.user)}
    context = {
        **page_context(request, profile),
        "tab": "settings",
        "catalogue_url": _catalogue_url(profile),
        "data": json.dumps(data, ensure_ascii=False),
        "reached": devices_of_profile(profile=profile).count(),
        "mask": MASK,
    }
    return render(request, "profiles/editor.html", context)


@require_safe
def catalogue_data(request: HttpRequest, pk: int, checksum: str) -> HttpResponse:
    """A catalogue as it was stored (docs/catalogues.md). The checksum in the address lets browsers keep it.

    With `kind` (and `use_case`) only the part that profiles of that kind may set.
    """
    rows = catalogue_list(user=request.user).filter(checksum=checksum).defer("definition")
    row = one_of(rows, pk, "catalogue")
    kind, use_case = request.GET.get("kind", ""), request.GET.get("use_case", "")
    packed = definition_packed(row.pk, row.checksum, *((kind, use_case) if kind in ProfileKind.values else ("", "")))
    # What is packed here is the same for everybody who may read it, and holds no secret and nothing that was sent.
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(packed if zipped else gzip.decompress(packed), content_type="application/json")
    if zipped:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@previews
@require_POST
def profile_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what the editor posts. 422: values are refused; 409: somebody else saved, with what that was."""
    profile = profile_of(request, pk)
    base = 0
    try:
        body = _parsed(request.body)
        base = body.base
        actor = Actor.from_request(request)
        revision = services.profile_save(actor=actor, profile=profile, **msgspec.structs.asdict(body))
    except AppError as error:
        if error.code == "profile_changed":
            return JsonResponse(_conflict(request, profile, error, base), status=error.status)
        status = 422 if error.code == "settings_invalid" else error.status
        return JsonResponse({"code": error.code, "message": error.message, "fields": error.fields}, status=status)
    if revision.number == body.base:
        return JsonResponse({"number": revision.number, "message": "Nothing has changed.", "detail": ""})
    reached = devices_of_profile(profile=profile).count()
    detail = devices_get_it(reached, body.when) if reached else "It is not assigned to any device yet."
    return JsonResponse({"number": revision.number, "message": f"Saved revision {revision.number}.", "detail": detail})


def _catalogue_url(profile: Profile) -> str:
    """Where the editor reads what can be set: all, or what the kind may set."""
    kind = {} if WORDS[profile.kind].takes_all else {"kind": profile.kind, "use_case": profile.use_case}
    args = [profile.based_on_id, profile.based_on.checksum]
    return reverse("profiles:catalogue_data", args=args, query=kind or None)


def _parsed(body: bytes) -> Save:
    try:
        return msgspec.json.decode(body, type=Save)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AppError("invalid", f"This is not what the editor sends: {error}") from error


def _conflict(request: HttpRequest, profile: Profile, error: AppError, base: int) -> dict[str, Any]:
    """The head, and the keys in which it differs from what the editor started from."""
    revisions = revision_list(user=request.user, profile=profile)
    head = revisions.first()
    assert head is not None, "a profile that changed has a revision"
    catalogue = catalogue_of(profile.based_on)
    changed = keys_changed_since(catalogue, revisions.filter(number=base).first(), head)
    return {"code": error.code, "message": error.message, "head": {**_as_json(catalogue, head), "changed": changed}}


def _as_json(catalogue: Catalogue, revision: Revision) -> dict[str, Any]:
    """A revision as the editor reads it, secrets masked."""
    return {
        "number": revision.number,
        "author": revision.author_name,
        "at": revision.created_at.isoformat(timespec="seconds"),
        "comment": revision.comment,
        "overwrite_sessions": revision.overwrite_sessions,
        "settings": settings_to_json(masked(catalogue, revision.content)),
    }
