"""The dialog “Assign…”, whatever is assigned: from objects to directories and devices, the other way, or both given.

Drag and drop, cut and paste, the buttons and the menus all end here: one dialog, one POST. A room says what its objects
are (`Assigning`); this is the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.ids import as_text
from ums.core.rest import MAX_IDS
from ums.core.tryout import previews
from ums.devices.selectors import devices_of_targets
from ums.devices.views.actions import devices_get_it, given, when_of
from ums.devices.views.targets import SHOWN, Targets, reach, taken, target_candidates, targets_asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse

    from ums.devices.services import When

    View = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class Candidate:
    """An object as devices/_candidate.html shows it. `name` is that of its field, and of its side of an assignment."""

    name: str
    value: int
    label: str
    icon: str
    detail: str = ""
    note: str = ""
    taken: bool = False


@dataclass(frozen=True)
class Asked(Targets):
    """What is to be assigned to what. Either side may still be empty: it is picked in the dialog."""

    objects: list[Any]
    picks: str
    """Which side is picked: `targets`, the noun of the objects in the plural, or nothing."""


class Assigning(ABC):
    """The dialog for one kind of objects."""

    noun: ClassVar[str]
    """In the plural; names the side in addresses too."""
    one: ClassVar[str]
    """What is to be ticked."""
    search: ClassVar[str]
    """Label of the search for objects."""
    nothing: ClassVar[str]
    """Where there is no object at all."""
    room: ClassVar[str]
    """Before the names of the routes: “profiles:”; `assign`, `assign_candidates` … follow."""
    removal: ClassVar[str]
    """Name of the route that takes assignments away."""
    sides: ClassVar[tuple[str, ...]]
    """Fields of an assignment that name an object, as the fields of the form are called."""
    model: ClassVar[type[Model]]
    """The assignments."""
    changed: ClassVar[tuple[str, ...]]
    """What pages show that reads itself again."""

    @abstractmethod
    def objects(self, request: HttpRequest) -> list[Any]:
        """The objects that are named. Raises Http404."""

    @abstractmethod
    def found(self, request: HttpRequest, words: str) -> list[QuerySet[Any]]:
        """What may be assigned and has all the words, in order."""

    @abstractmethod
    def candidate(self, one: Any) -> Candidate:
        """How an object is shown."""

    @abstractmethod
    def assign(self, actor: Actor, asked: Asked, when: When) -> list[Any]:
        """Assign, answering what is new."""

    def words(self, one: Any) -> str:
        """How an object is called in titles and toasts."""
        return f"“{one}”"

    def views(self) -> tuple[View, View, View]:
        """The dialog, the fragment that a search finds, and the one that tells the reach."""
        dialog = require_http_methods(["GET", "HEAD", "POST"])(self.dialog)
        return previews(dialog), require_safe(self.candidates), require_safe(self.reached)

    def dialog(self, request: HttpRequest) -> HttpResponse:
        """The dialog, and what it does."""
        asked = self._asked(request)
        for one in [
            *([] if asked.picks == self.noun else asked.objects),
            *([] if asked.picks == "targets" else asked.targets),
        ]:
            require(request.user, Action.ASSIGN, one)
        error = None
        if request.method == "POST":
            try:
                return self._assigned(request, asked)
            except AppError as refused:
                if refused.status == 403:
                    raise
                error = refused
        context = {
            **self._context(request, asked),
            **self._reach(asked),
            "error": error,
            "q": given(request).get("q", ""),
            "when": when_of(given(request)).value,
            "action_url": reverse(f"{self.room}assign"),
            "candidates_url": reverse(f"{self.room}assign_candidates"),
            "reach_url": reverse(f"{self.room}assign_reach"),
            "search_label": self.search if asked.picks == self.noun else "Search directories and devices",
            "what": self._what(asked.objects),
        }
        return render(request, "devices/_assign.html", context, status=422 if error else 200)

    def candidates(self, request: HttpRequest) -> HttpResponse:
        """Fragment: what the search finds; what is ticked stays on top."""
        return render(request, "devices/_assign_candidates.html", self._context(request, self._asked(request)))

    def reached(self, request: HttpRequest) -> HttpResponse:
        """Fragment: how many devices the choice reaches."""
        return render(request, "devices/_assign_reach.html", self._reach(self._asked(request)))

    def _asked(self, request: HttpRequest) -> Asked:
        sent = given(request)
        targets, objects = targets_asked(sent, request.user), self.objects(request)
        picks = sent.get("picks", "")
        if picks not in (self.noun, "targets"):
            picks = "" if objects and targets.targets else "targets" if objects else self.noun
        return Asked(targets.devices, targets.directories, objects, picks)

    def _what(self, objects: list[Any]) -> str:
        return self.words(objects[0]) if len(objects) == 1 else f"{len(objects):,} {self.noun}"

    def _existing(self, objects: list[Any]) -> QuerySet[Any]:
        """The assignments of these objects."""
        ids: dict[str, list[int]] = {side: [] for side in self.sides}
        for one in objects:
            ids[self.candidate(one).name].append(one.pk)
        of = Q(pk__in=[])
        for side, some in ids.items():
            of |= Q(**{f"{side}__in": some})
        return self.model._default_manager.filter(of)

    def _assigned(self, request: HttpRequest, asked: Asked) -> HttpResponse:
        """Assign, and answer with an Undo that removes exactly what is new."""
        if not asked.objects or not asked.targets:
            missing = self.one if asked.targets else "directory or device"
            raise AppError("nothing_chosen", f"Tick at least one {missing}.")
        when = when_of(request.POST)
        made = self.assign(Actor.from_request(request), asked, when)
        if not made:
            return done("All of this was assigned already.", level="info")
        where = str(asked.targets[0]) if len(asked.targets) == 1 else f"{len(asked.targets):,} places"
        count = devices_of_targets(targets={one.target for one in made}).count()
        undo = f"{reverse(self.removal)}?ids={as_text([one.pk for one in made])}&when={when.value}"
        return done(
            f"Assigned {self._what(asked.objects)} to {where}.",
            detail=devices_get_it(count, when),
            undo=undo if len(made) <= MAX_IDS else "",
            changed=self.changed,
        )

    def _context(self, request: HttpRequest, asked: Asked) -> dict[str, Any]:
        """What is chosen, and what can be picked."""
        context = {"asked": asked, "noun": self.noun, "chosen": [self.candidate(one) for one in asked.objects]}
        words = given(request).get("q", "").strip()[:100]
        if asked.picks == self.noun:
            found = self._objects(request, words, asked)
            return {**context, "words": words, "one": self.one, "nothing": self.nothing, **found}
        if not asked.picks:
            return context
        targets = target_candidates(
            user=request.user,
            words=words,
            ticked=asked,
            existing=self._existing(asked.objects),
            count=len(asked.objects),
        )
        return {**context, "words": words, **targets}

    def _objects(self, request: HttpRequest, words: str, asked: Asked) -> dict[str, Any]:
        there = self.model._default_manager.filter(asked.on)
        has = {side: taken(there, side, len(asked.targets)) for side in self.sides}
        found: list[Candidate] = []
        more = False
        for rows in self.found(request, words):
            ids = [one.pk for one in asked.objects if isinstance(one, rows.model)]
            some = list(rows.exclude(pk__in=ids)[: SHOWN + 1])
            found += [self.candidate(one) for one in some[:SHOWN]]
            more = more or len(some) > SHOWN
        return {"found": [replace(one, taken=one.value in has[one.name]) for one in found], "more": more}

    def _reach(self, asked: Asked) -> dict[str, Any]:
        pairs = len(asked.objects) * len(asked.targets)
        existing = self._existing(asked.objects).filter(asked.on).count() if pairs else 0
        return reach(asked.targets, pairs=pairs, existing=existing)
