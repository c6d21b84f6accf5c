"""Catalogues from files: our JSON, the definition of the original, or the apps of an `.ipm`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from ums.core.access import Action, require
from ums.core.errors import AppError
from ums.domain.formats.exchange import ExchangeError
from ums.domain.formats.ipm import read_apps
from ums.profiles.models import Catalogue
from ums.profiles.services.catalogues import catalogue_import, catalogue_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ums.core.actor import Actor

MAX_FILES = 10


@dataclass(frozen=True, slots=True)
class ImportedCatalogue:
    """A catalogue that came from a file, what happened to it (“new”, “replaced” or “unchanged”) and was adapted."""

    catalogue: Catalogue
    outcome: str
    report: tuple[str, ...] = ()


@transaction.atomic
def catalogue_files_import(
    *,
    actor: Actor,
    files: Mapping[str, bytes],
    name: str = "",
    version: str = "",
    os: str = "",
    confirmed: bool = False,
) -> list[ImportedCatalogue]:
    """Store the catalogues of some files: all of them or, when one is refused, none.

    files: content by file name. A `setup.def` may come with its `ui.json` and `translation.json`, and takes name,
    version and os; other files say themselves what they are. Raises AppError `catalogue_file_unknown`,
    `catalogue_invalid`, `catalogue_downgrade` unless it is confirmed, NotAllowed.
    """
    require(actor.user, Action.ADMINISTER)
    before = {(row.name, row.version): row.checksum for row in Catalogue.objects.defer("definition")}
    done = []
    parts = {key: content for key, content in files.items() if _part(key)}
    for key, content in files.items():
        if key in parts:
            continue
        if key.lower().endswith(".ipm"):
            done += _apps(actor, content, confirmed)
        elif key.lower().endswith(".json"):
            done.append((catalogue_store(actor=actor, definition=content, confirmed=confirmed), ()))
        else:
            raise _unknown(f"“{key[:100]}” is no catalogue.")
    if parts:
        by_part = {_part(key): content for key, content in parts.items()}
        if "setup.def" not in by_part:
            raise _unknown("The definition is missing: choose setup.def together with its pages and texts.")
        if missing := {key: ["Enter it."] for key, text in (("name", name), ("version", version)) if not text.strip()}:
            raise AppError("catalogue_invalid", "Say what the definition is for.", fields=missing)
        done.append(
            catalogue_import(
                actor=actor,
                name=name.strip(),
                version=version.strip(),
                os=os.strip(),
                definition=by_part["setup.def"],
                ui=by_part.get("ui.json", b""),
                translations=by_part.get("translation.json", b""),
                confirmed=confirmed,
            )
        )
    if not done:
        raise _unknown("Choose a file.")
    return [ImportedCatalogue(row, _outcome(before, row), report) for row, report in done]


def _apps(actor: Actor, content: bytes, confirmed: bool) -> list[tuple[Catalogue, tuple[str, ...]]]:
    try:
        apps = read_apps(content)
    except ExchangeError as error:
        raise AppError("catalogue_invalid", f"This .ipm cannot be read. {error}") from error
    if not apps:
        raise AppError("catalogue_invalid", "There is no app with a definition in this .ipm.")
    return [
        (catalogue_store(actor=actor, definition=app.definition, confirmed=confirmed), ())
        if app.own
        else catalogue_import(
            actor=actor,
            name=app.name,
            version=app.version,
            os=app.os,
            definition=app.definition,
            ui=app.ui,
            translations=app.translations,
            confirmed=confirmed,
        )
        for app in apps
    ]


def _part(name: str) -> str:
    """Which of the three files of a definition this is; "" for none."""
    name = name.lower()
    return "setup.def" if name.endswith(".def") else name if name in ("ui.json", "translation.json") else ""


def _outcome(before: Mapping[tuple[str, str], str], row: Catalogue) -> str:
    known = before.get((row.name, row.version))
    return "new" if known is None else "unchanged" if known == row.checksum else "replaced"


def _unknown(message: str) -> AppError:
    words = "There can be our JSON, an .ipm, or setup.def with ui.json and translation.json."
    return AppError("catalogue_file_unknown", f"{message} {words}", fields={"files": [message]})
