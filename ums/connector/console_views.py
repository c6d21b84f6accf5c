"""First-authentication keys in the console: all of it needs the permission to manage them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.connector import services
from ums.connector.forms import KeyForm, NewKeysForm, last_day
from ums.connector.key_criteria import FIELDS, apply_criteria, with_state
from ums.connector.models import Authority, EnrolmentKey
from ums.connector.selectors import authority_certificate, enrolment_key_list
from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.csvfile import csv_answer
from ums.core.errors import AppError
from ums.core.listing import AT_ONCE, Column, FilterBar, Sorting, chosen, listing, matching

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseBase

SORTS = {
    "name": "name",
    "kind": "kind",
    "state": "state",
    "used": "used_count",
    "created": "created_at",
    "expires": "expires_at",
    "last-use": "last_used_at",
}
COLUMNS = (
    Column("name", "Name", "name", fixed=True),
    Column("kind", "Kind", "kind", css="mid"),
    Column("state", "State", "state"),
    Column("unit-id", "Unit ID", css="low"),
    Column("directory", "Directory", css="low"),
    Column("used", "Used", "used", css="num"),
    Column("last-use", "Last use", "last-use", css="mid"),
    Column("expires", "Expires", "expires", css="rare"),
    Column("by", "Created by", css="rare"),
    Column("created", "Created", "created", css="rare"),
)
KEY_FILE = "first-authentication.key"


@require_safe
def key_list(request: HttpRequest) -> HttpResponseBase:
    """A page of keys, without their texts."""
    bar, keys = _filtered(request, request.GET)
    sorting = Sorting(request.GET, SORTS, "-created")
    context = {
        **bar.context(request, placeholder="Filter keys", keep=["sort"]),
        **_agent(request),
        "page": listing(keys, request.GET, sorting.order),
        "columns": sorting.columns(COLUMNS),
        "breadcrumbs": [("First-authentication Keys", "")],
    }
    return render(request, "connector/keys.html", context, status=422 if bar.error else 200)


@require_http_methods(["GET", "POST"])
def key_create(request: HttpRequest) -> HttpResponseBase:
    """The dialog that makes keys, and then shows their texts."""
    require(request.user, Action.ENROL)
    form = NewKeysForm(_sent(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.enrolment_keys_create(actor=Actor.from_request(request), **form.arguments())
        except AppError as error:
            form.complain(error)
        else:
            return _shown(request, [(one.key, one.secret) for one in made], made=True)
    context = {"form": form, "action_url": reverse("connector:key_create")}
    return render(request, "connector/_create.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def key_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Name, directory and end of a key."""
    key = _key(request, pk)
    initial = {"name": key.name, "directory": key.directory_id, "last_day": last_day(key)}
    form = KeyForm(_sent(request), initial=initial, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.enrolment_key_update(
                actor=Actor.from_request(request),
                key=key,
                name=data["name"],
                directory=data["directory"],
                expires_at=form.expires_at(key),
            )
        except AppError as error:
            form.complain(error)
        else:
            return done(f"Saved “{key.name}”.", changed=["keys"])
    context = {"form": form, "key": key, "action_url": reverse("connector:key_edit", args=[pk])}
    return render(request, "connector/_edit.html", context, status=422 if form.is_bound else 200)


@require_POST
def key_reveal(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The text of a key, in a dialog. Who looked is recorded, hence POST."""
    key = _key(request, pk)
    secret = services.enrolment_key_reveal(actor=Actor.from_request(request), key=key)
    return _shown(request, [(key, secret)])


@require_POST
def key_export(request: HttpRequest) -> HttpResponseBase:
    """The chosen keys with their texts as a file, `format` csv or txt. Each counts as shown."""
    keys = _chosen(request)
    actor = Actor.from_request(request)
    with transaction.atomic():
        shown = [(key, services.enrolment_key_reveal(actor=actor, key=key)) for key in keys]
    if request.POST.get("format") == "txt":
        answer = HttpResponse("".join(f"{secret}\n" for _, secret in shown), content_type="text/plain; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{KEY_FILE if len(shown) == 1 else "keys.txt"}"'
        answer["Cache-Control"] = "no-store"
        return answer
    rows = [
        (key.name, key.get_kind_display(), key.unit_id, secret, key.expires_at.isoformat() if key.expires_at else "")
        for key, secret in shown
    ]
    return csv_answer(request, "keys.csv", ("name", "kind", "unit id", "key", "expires"), rows)


@require_POST
def key_enable(request: HttpRequest) -> HttpResponseBase:
    """Let devices use the chosen keys again."""
    return _switched(request, enable=True)


@require_POST
def key_disable(request: HttpRequest) -> HttpResponseBase:
    """Let no device in with the chosen keys."""
    return _switched(request, enable=False)


@require_http_methods(["GET", "POST"])
def key_delete(request: HttpRequest) -> HttpResponseBase:
    """Asks, then deletes the chosen keys."""
    keys = _chosen(request)
    if request.method == "POST":
        with transaction.atomic():
            for key in keys:
                services.enrolment_key_delete(actor=Actor.from_request(request), key=key)
        return done(f"Deleted {_named(keys)}.", changed=["keys"])
    context = {
        "keys": keys[:100],
        "more": len(keys) - 100,
        "named": _named(keys),
        "usable": sum(key.state == "active" for key in keys),  # type: ignore[attr-defined]
        "ids": ",".join(str(key.pk) for key in keys),
        "action_url": reverse("connector:key_delete"),
    }
    return render(request, "connector/_delete.html", context)


@require_safe
def key_menu(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What can be done with one key."""
    return render(request, "connector/_menu.html", {"key": _key(request, pk)})


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with, be it nothing."""
    return request.POST if request.method == "POST" else None


def _filtered(request: HttpRequest, query: QueryDict) -> tuple[FilterBar, QuerySet[EnrolmentKey]]:
    require(request.user, Action.ENROL)
    bar = FilterBar(query, FIELDS)
    keys = apply_criteria(with_state(enrolment_key_list(user=request.user)), bar.criteria)
    return bar, EnrolmentKey.objects.none() if bar.error else keys


def _key(request: HttpRequest, pk: int) -> EnrolmentKey:
    require(request.user, Action.ENROL)
    return get_object_or_404(with_state(enrolment_key_list(user=request.user)), pk=pk)


def _chosen(request: HttpRequest) -> list[EnrolmentKey]:
    """The keys of a bulk action: by their ids, or all that a filter means. What is gone meanwhile is left out."""
    if (query := matching(request)) is not None:
        bar, keys = _filtered(request, query)
        if bar.error:
            raise AppError("filter_invalid", bar.error)
        found = list(keys[: AT_ONCE + 1])
        if len(found) > AT_ONCE:
            raise AppError("too_many", f"More than {AT_ONCE:,} keys match. Filter for fewer.")
        return found
    _, keys = _filtered(request, QueryDict())
    return list(keys.filter(pk__in=chosen(request)))


def _switched(request: HttpRequest, *, enable: bool) -> HttpResponse:
    keys = _chosen(request)
    actor = Actor.from_request(request)
    with transaction.atomic():
        for key in keys:
            (services.enrolment_key_enable if enable else services.enrolment_key_disable)(actor=actor, key=key)
    return done(f"{'Enabled' if enable else 'Disabled'} {_named(keys)}.", changed=["keys"])


def _shown(request: HttpRequest, shown: list[tuple[EnrolmentKey, str]], *, made: bool = False) -> HttpResponse:
    """The dialog with the texts of keys."""
    context = {
        **_agent(request),
        "shown": shown,
        "made": made,
        "named": _named([key for key, _ in shown]),
        "ids": ",".join(str(key.pk) for key, _ in shown),
        "all_text": "\n".join(secret for _, secret in shown),
    }
    answer = render(request, "connector/_secrets.html", context)
    answer["Cache-Control"] = "no-store"
    if made:
        answer["HX-Trigger"] = '{"ums:changed": {"what": ["keys"]}}'
    return answer


def _agent(request: HttpRequest) -> dict[str, Any]:
    """The command line that makes a machine a device of this server."""
    # Always TLS, also when a proxy in front of this server ends it.
    server = f"https://{request.get_host()}"
    own = authority_certificate(purpose=Authority.Purpose.WEB)
    trust = f" --fingerprint {own.fingerprint(hashes.SHA256()).hex()}" if own else ""
    return {"agent_command": f"ums agent --server {server} --key-file {KEY_FILE}{trust}", "key_file": KEY_FILE}


def _named(keys: list[EnrolmentKey]) -> str:
    """ "the key “Ward 3”" or "25 keys"."""
    return f"the key “{keys[0].name}”" if len(keys) == 1 else f"{len(keys):,} keys"
