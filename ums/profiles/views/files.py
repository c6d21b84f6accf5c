"""The tab “Files” of a profile, and the profiles of a file."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.core.access import Action, require, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.ids import as_text, numbers
from ums.core.rest import MAX_IDS, all_of, one_of
from ums.devices.services import When
from ums.files.models import File
from ums.files.selectors import file_list
from ums.files.views.asked import NO_FILE, candidate_of, with_words
from ums.profiles import services
from ums.profiles.files import profile_file_list
from ums.profiles.models import ProfileFile
from ums.profiles.selectors import devices_of_profiles
from ums.profiles.views.asked import devices_get_it, given, profile_of, when_of
from ums.profiles.views.editor import page_context

SHOWN = 100
"""Files in the dialog; the search narrows."""


@require_safe
def profile_files(request: HttpRequest, pk: int) -> HttpResponse:
    """Which files come with the profile."""
    profile = profile_of(request, pk)
    rows = profile_file_list(user=request.user).filter(profile=profile).order_by("file__name", "pk")[:MAX_IDS]
    return render(request, "profiles/files.html", {**page_context(request, profile), "tab": "files", "rows": rows})


@require_safe
def profiles_of_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment of a file's page."""
    file = one_of(restrict(File.objects.all(), request.user, Action.READ), pk, "file")
    rows = profile_file_list(user=request.user).filter(file=file).order_by("profile__name", "pk")[:MAX_IDS]
    return render(request, "profiles/_of_file.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def profile_files_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose files that shall come with the profile."""
    profile = profile_of(request, pk)
    require(request.user, Action.WRITE, profile)
    asked = given(request)
    when, error = when_of(asked), None
    reached = devices_of_profiles(profiles=[pk]).count()
    if request.method == "POST":
        ids = numbers(",".join(asked.getlist("file")))
        files = all_of(restrict(File.objects.all(), request.user, Action.READ), ids, "file")
        if files:
            actor = Actor.from_request(request)
            made = services.profile_files_assign(actor=actor, profiles=[profile], files=files, when=when)
            return _done(f"{len(made):,} {'file' if len(made) == 1 else 'files'} added.", reached, when, made)
        error = AppError("nothing_chosen", "Tick at least one file.")
    words = asked.get("q", "").strip()[:100]
    rows = with_words(file_list(user=request.user, action=Action.ASSIGN), words).order_by("name", "pk")
    taken = set(ProfileFile.objects.filter(profile=profile).values_list("file_id", flat=True))
    context = {
        "profile": profile,
        "error": error,
        "words": words,
        "found": [replace(candidate_of(file), taken=file.pk in taken) for file in rows[:SHOWN]],
        "one": "file",
        "nothing": NO_FILE,
        "reached": reached,
        "when": when.value,
        "action_url": request.path,
    }
    return render(request, "profiles/_files_add.html", context, status=422 if error else 200)


def _done(text: str, reached: int, when: When, made: list[ProfileFile]) -> HttpResponse:
    undo = f"{reverse('profiles:profile_files_remove')}?ids={as_text([row.pk for row in made])}" if made else ""
    return done(text, detail=devices_get_it(reached, when), undo=undo, changed=["profiles", "files"])


@require_POST
def profile_files_remove(request: HttpRequest) -> HttpResponse:
    """Files do not come with their profile any more."""
    asked = {**request.GET.dict(), **request.POST.dict()}
    rows = list(profile_file_list(user=request.user).filter(pk__in=numbers(asked.get("ids", ""))))
    if not rows:
        raise Http404("This is gone already.")
    removed = services.profile_files_unassign(actor=Actor.from_request(request), rows=rows, when=when_of(asked))
    text = f"“{removed[0][1].name}” removed." if len(removed) == 1 else f"{len(removed):,} files removed."
    return done(text, changed=["profiles", "files"])
