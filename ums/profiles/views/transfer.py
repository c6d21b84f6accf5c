"""Exporting profiles to a file, and importing them: a file, what is in it, decisions, and what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from ums.core.access import Action, may_somewhere
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError, NotAllowed
from ums.core.rest import all_of
from ums.core.tryout import previews
from ums.domain.formats.exchange import MAX_FILE
from ums.domain.formats.files import Format
from ums.profiles import services
from ums.profiles.forms import ImportForm
from ums.profiles.services.planning import Decision
from ums.profiles.views.asked import chosen_profiles, directory_of, kind_of, may_all, readable_profiles, when_of
from ums.profiles.views.lists import breadcrumbs

if TYPE_CHECKING:
    from ums.profiles.services.planning import ImportPlan

MEDIA_TYPES = {".ipm": "application/zip", ".zip": "application/zip", ".xml": "application/xml", ".toml": "text/plain"}
FORMATS = {one.value: one for one in Format}
DECISIONS = {one.value: one for one in Decision}
SHOWN = 20
"""Refused values and unknown parameters that are listed for one profile."""
AT_ONCE = 2**20
"""Bytes of a file up to which what changes is shown without being asked for: it travels once more with each change."""


@require_http_methods(["GET", "HEAD", "POST"])
def profiles_export(request: HttpRequest) -> HttpResponse:
    """The dialog that asks for the format; by POST the file."""
    profiles = chosen_profiles(request)
    if not profiles:
        raise Http404("No profile is named.")
    if request.method == "POST":
        kind = FORMATS.get(request.POST.get("format", ""))
        if kind is None:
            raise AppError("format_unknown", "Choose .ipm, XML or TOML.")
        data, name = services.profiles_export(
            actor=Actor.from_request(request),
            profiles=profiles,
            kind=kind,
            secrets=bool(request.POST.get("secrets")),
        )
        return download(data, name)
    context = {
        "profiles": profiles,
        "may_secrets": may_all(request, Action.WRITE, profiles),
        "action_url": request.path,
    }
    return render(request, "profiles/_export.html", context)


@previews
@require_http_methods(["GET", "HEAD", "POST"])
def profiles_import(request: HttpRequest) -> HttpResponse:
    """The page that takes a file; by POST the import itself."""
    if not may_somewhere(request.user, Action.WRITE):
        raise NotAllowed("You lack the permission to write in any directory of profiles.")
    directory = directory_of(request, request.GET)
    kind = kind_of(request.GET, directory)
    form = ImportForm(request.POST or None, user=request.user, kind=kind, directory=directory)
    if request.method == "POST":
        return _import(request, form)
    context = {
        "form": form,
        "breadcrumbs": [*breadcrumbs(kind, directory), ("Import", request.get_full_path())],
        "list_url": f"{reverse('profiles:profile_list')}?{request.GET.urlencode()}",
        "megabytes": MAX_FILE // 2**20,
    }
    return render(request, "profiles/import.html", context)


@require_POST
def import_plan(request: HttpRequest) -> HttpResponse:
    """What is in the file that was chosen, and what importing it would do."""
    form = ImportForm(request.POST, user=request.user, kind="standard", directory=None)
    return _plan(request, form, None)


@require_POST
def import_undo(request: HttpRequest) -> HttpResponse:
    """Take an import back: `undo` names profiles with the revision that they had, "7:0,8:3"."""
    pairs = dict(_pairs(request.POST.get("undo", "")))
    profiles = all_of(readable_profiles(request), list(pairs), "profile")
    if not profiles:
        raise Http404("No profile is named.")
    deleted, restored = services.profiles_import_undo(
        actor=Actor.from_request(request), profiles=[(profile, pairs[profile.pk]) for profile in profiles]
    )
    told = [f"deleted {deleted:,}" if deleted else "", f"rolled back {restored:,}" if restored else ""]
    url = f"{reverse('profiles:profile_list')}?kind={profiles[0].kind}"
    return done(f"The import was taken back: {' and '.join(filter(None, told))}.", redirect=url)


def download(data: bytes, name: str) -> HttpResponse:
    """A file of exported profiles."""
    suffix = f".{name.rpartition('.')[2]}"
    answer = HttpResponse(data, content_type=MEDIA_TYPES.get(suffix, "application/octet-stream"))
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["Cache-Control"] = "no-store"
    return answer


def uploaded(request: HttpRequest) -> tuple[bytes, str]:
    """The file of a form and its name. Raises AppError when there is none or it is too large."""
    file = request.FILES.get("file")
    if file is None:
        raise AppError("file_missing", "Choose a file.")
    if (file.size or 0) > MAX_FILE:
        raise AppError("file_too_large", f"The file is larger than {MAX_FILE // 2**20} MB.", status=413)
    file.seek(0)
    return file.read(), (file.name or "")[:200]


def _import(request: HttpRequest, form: ImportForm) -> HttpResponse:
    if not form.is_valid():
        return _plan(request, form, None)
    try:
        data, name = uploaded(request)
        plan, made = services.profiles_import(
            actor=Actor.from_request(request),
            data=data,
            name=name,
            decisions=_decisions(request),
            when=when_of(request.POST),
            **form.options,
        )
    except AppError as error:
        return _plan(request, form, error)
    context = {
        "plan": plan,
        "made": made,
        "skipped": len(plan.profiles) - len(made),
        "undo": ",".join(f"{one.profile.pk}:{one.before}" for one in made),
        "list_url": f"{reverse('profiles:profile_list')}?{request.GET.urlencode()}",
    }
    return reswap(retarget(render(request, "profiles/_imported.html", context), "#import"), "outerHTML")


def _plan(request: HttpRequest, form: ImportForm, refused: AppError | None) -> HttpResponse:
    """The table of decisions, with what was refused above it."""
    plan: ImportPlan | None = None
    data = b""
    try:
        if not form.is_valid():
            raise AppError("invalid", "Choose where the profiles go.")
        data, _ = uploaded(request)
        plan = services.import_plan(actor=Actor.from_request(request), data=data, **form.where)
    except AppError as error:
        refused = error
    decisions = _decisions(request)
    context: dict[str, Any] = {
        "plan": plan,
        "rows": [(one, decisions.get(one.number, one.proposed)) for one in plan.profiles] if plan else [],
        "existing": sum(one.state == "exists" for one in plan.profiles) if plan else 0,
        "refused_count": sum(len(one.content.refused) for one in plan.profiles) if plan else 0,
        "decisions": list(Decision),
        "duplicates": request.POST.get("duplicates", ""),
        "leave_out": bool(request.POST.get("leave_out")),
        "error": refused,
        "shown": SHOWN,
        "preview_url": reverse("profiles:profiles_import"),
        "preview_ask": len(data) > AT_ONCE,
    }
    return render(request, "profiles/_import_plan.html", context, status=422 if refused else 200)


def _decisions(request: HttpRequest) -> dict[int, Decision]:
    found = {}
    for key, value in _fields(request.POST):
        number = key.removeprefix("decision-")
        if key != number and number.isascii() and number.isdecimal() and len(number) < 6 and value in DECISIONS:
            found[int(number)] = DECISIONS[value]
    return found


def _fields(form: QueryDict) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in form.items()]


def _pairs(text: str) -> list[tuple[int, int]]:
    found = []
    for part in text.split(","):
        left, _, right = part.partition(":")
        if not (part.isascii() and left.isdecimal() and right.isdecimal() and len(part) < 30):
            raise Http404("These are no profiles.")
        found.append((int(left), int(right)))
    return found
