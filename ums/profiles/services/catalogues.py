"""Storing parameter catalogues."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import AppError
from ums.core.validation import clean
from ums.domain.parameters import CatalogueError, parse_catalogue
from ums.profiles.models import Catalogue

if TYPE_CHECKING:
    from ums.core.actor import Actor

BUILTIN = Path(__file__).resolve().parent.parent / "catalogues"
MAX_BYTES = 32 * 1024 * 1024


@transaction.atomic
def catalogue_store(*, actor: Actor, definition: bytes) -> Catalogue:
    """Store a catalogue (docs/catalogues.md), or replace the one of the same name and version.

    The same content again changes nothing. Raises AppError `catalogue_invalid`, NotAllowed.
    """
    require(actor.user, Action.ADMINISTER)
    if len(definition) > MAX_BYTES:
        raise AppError("catalogue_invalid", f"A catalogue has {MAX_BYTES // 2**20} MB at most.")
    checksum = hashlib.sha256(definition).hexdigest()
    if known := Catalogue.objects.filter(checksum=checksum).first():
        return known
    try:
        parsed = parse_catalogue(msgspec.json.decode(definition))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, CatalogueError) as error:
        raise AppError("catalogue_invalid", f"This is not a catalogue: {error}") from error
    row = Catalogue.objects.filter(name=parsed.name, version=parsed.version).first() or Catalogue()
    before = {"checksum": row.checksum} if row.pk else None
    row.name, row.version, row.os = parsed.name, parsed.version, parsed.os
    row.definition, row.checksum = definition.decode(), checksum
    clean(row)
    row.save()
    record(actor=actor, action="catalogue.stored", target=row, before=before, after={"checksum": checksum})
    return row


def builtin_catalogues_store(*, actor: Actor) -> list[Catalogue]:
    """Store the catalogues that come with this version. Called at each start; quick when they are there."""
    return [catalogue_store(actor=actor, definition=path.read_bytes()) for path in sorted(BUILTIN.glob("*.json"))]
