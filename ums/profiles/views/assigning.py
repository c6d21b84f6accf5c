"""The dialog “Assign…” of profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.core.access import Action
from ums.devices.views.assigning import Asked, Assigning, Candidate
from ums.profiles import services
from ums.profiles.kinds import WORDS
from ums.profiles.models import Assignment, Profile
from ums.profiles.views.asked import chosen_profiles, readable_profiles, with_words

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from ums.core.actor import Actor
    from ums.devices.services import When


class _Profiles(Assigning):
    noun, one, search = "profiles", "profile", "Search profiles"
    nothing = "There is no profile that you may assign."
    room, removal = "profiles:", "profiles:assignment_remove"
    sides, model = ("profile",), Assignment
    changed = ("assignments", "profiles", "devices")

    def objects(self, request: HttpRequest) -> list[Profile]:
        return chosen_profiles(request)

    def found(self, request: HttpRequest, words: str) -> list[QuerySet[Any]]:
        return [with_words(readable_profiles(request, Action.ASSIGN), words).order_by("name", "pk")]

    def candidate(self, one: Profile) -> Candidate:
        return Candidate("profile", one.pk, one.name, WORDS[one.kind].icon, one.directory.name)

    def assign(self, actor: Actor, asked: Asked, when: When) -> list[Assignment]:
        return services.profiles_assign(actor=actor, profiles=asked.objects, targets=asked.targets, when=when)


assign, assign_candidates, assign_reach = _Profiles().views()
