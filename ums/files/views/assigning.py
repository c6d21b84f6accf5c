"""The dialog “Assign…” of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.core.access import Action
from ums.devices.views.assigning import Asked, Assigning, Candidate
from ums.files import services
from ums.files.models import File, FileAssignment
from ums.files.selectors import file_list
from ums.files.views.asked import NO_FILE, candidate_of, chosen_files, with_words

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from ums.core.actor import Actor
    from ums.devices.services import When


class _Files(Assigning):
    noun, one, search, nothing = "files", "file", "Search files", NO_FILE
    room, removal = "files:", "files:assignment_remove"
    sides, model = ("file",), FileAssignment
    changed = ("assignments", "files", "devices")

    def objects(self, request: HttpRequest) -> list[File]:
        return chosen_files(request)

    def found(self, request: HttpRequest, words: str) -> list[QuerySet[Any]]:
        return [with_words(file_list(user=request.user, action=Action.ASSIGN), words).order_by("name", "pk")]

    def candidate(self, one: File) -> Candidate:
        return candidate_of(one)

    def assign(self, actor: Actor, asked: Asked, when: When) -> list[FileAssignment]:
        return services.files_assign(actor=actor, files=asked.objects, targets=asked.targets, when=when)


assign, assign_candidates, assign_reach = _Files().views()
