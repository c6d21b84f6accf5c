"""What an imported profile is based on: the catalogue that its file names, the nearest one, or a stand-in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from ums.audit.services import record
from ums.core.access import Action, may
from ums.core.errors import AppError
from ums.core.validation import clean
from ums.domain.parameters import Settings, unknown_to
from ums.domain.parameters.fileformat import FORMAT
from ums.profiles.content import catalogue_of
from ums.profiles.exchanging import UNKNOWN_VERSION, nearest
from ums.profiles.models import Catalogue
from ums.profiles.services.catalogues import catalogue_import, catalogue_store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ums.core.actor import Actor
    from ums.domain.formats.exchange import Basis, ExchangedCatalogue, ExchangedProfile


class Bases:
    """The catalogues that are known, to choose from for the profiles of one file."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self.rows = list(Catalogue.objects.defer("definition"))

    def take(self, catalogues: Iterable[ExchangedCatalogue]) -> list[tuple[str, str]]:
        """Store the catalogues of a file that are not there yet, if the importer may. Returns (name, what was done)."""
        told = []
        for one in catalogues:
            if any((row.name, row.version) == (one.name, one.version) and not stands_in(row) for row in self.rows):
                told.append((str(one), "is there already"))
            elif self._actor.user is not None and not may(self._actor.user, Action.ADMINISTER):
                told.append((str(one), "is left out: only who manages the network may import catalogues"))
            else:
                told.append((str(one), self._store(one)))
        return told

    def choose(self, profile: ExchangedProfile) -> tuple[Catalogue, str]:
        """The row for a profile, and what a person should know about the choice ("" when it is what the file says).

        Of several apps the one counts that knows most of the values. A firmware of which nothing is known gets a
        stand-in: a catalogue without parameters, that an import of the same name and version replaces.
        """
        wanted = profile.apps or (profile.based_on,)
        found = [(row, app) for app in wanted if (row := nearest(app, self.rows))]
        if found:
            row, app = min(found, key=lambda pair: _missing(pair[0], profile.settings))
            if app.version in ("", row.version):
                return row, ""
            return row, f"{app} is not known here; it will be based on {row.version}."
        of_os = [row for row in self.rows if row.os in {app.os for app in wanted} and not stands_in(row)]
        best = min(of_os, key=lambda row: _missing(row, profile.settings), default=None)
        count = len(profile.settings.values) + len(profile.settings.instances)
        if best is not None and _missing(best, profile.settings) < count:
            return best, f"{wanted[0]} is not known here; it will be based on {best}, which is for the same OS."
        row = self._stand_in(wanted[0])
        return row, f"{wanted[0]} is not known here; none of its parameters can be checked until it is imported."

    def _store(self, one: ExchangedCatalogue) -> str:
        told: tuple[str, ...] = ()
        try:
            if one.own:
                row = catalogue_store(actor=self._actor, definition=one.definition)
            else:
                row, told = catalogue_import(
                    actor=self._actor,
                    name=one.name,
                    version=one.version,
                    os=one.os,
                    definition=one.definition,
                    ui=one.ui,
                    translations=one.translations,
                )
        except AppError as error:
            return f"is left out. {error.message.rstrip('.')}"
        self.rows = [known for known in self.rows if known.pk != row.pk] + [row]
        return f"is imported; {len(told):,} details are adapted" if told else "is imported"

    def _stand_in(self, basis: Basis) -> Catalogue:
        name, version = basis.name.strip()[:100] or "Unknown firmware", basis.version.strip()[:50] or UNKNOWN_VERSION
        definition = msgspec.json.encode(
            {
                "format": FORMAT,
                "name": name,
                "version": version,
                "os": basis.os.strip()[:50] or "unknown",
                "pages": [],
                "classes": [],
                "parameters": [],
            }
        ).decode()
        checksum = hashlib.sha256(definition.encode()).hexdigest()
        row = Catalogue(name=name, version=version, os=basis.os.strip()[:50] or "unknown")
        row.definition, row.checksum = definition, checksum
        clean(row)
        row.save()
        record(actor=self._actor, action="catalogue.stored", target=row, after={"checksum": checksum, "stand_in": True})
        self.rows.append(row)
        return row


def stands_in(row: Catalogue) -> bool:
    """Whether a catalogue has no parameters: it holds the place of one that nobody imported yet."""
    return not catalogue_of(row).parameters


def _missing(row: Catalogue, settings: Settings) -> int:
    return len(unknown_to(catalogue_of(row), settings))
