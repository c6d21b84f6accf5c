"""What revisions hold, with readable secrets: read in bulk, and remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models.functions import Coalesce

from ums.core.among import among
from ums.core.trial import current_trial
from ums.domain.contribution import contribution
from ums.domain.parameters import keys_used
from ums.profiles.content import catalogue_of, unsealed
from ums.profiles.models import Revision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ums.domain.contribution import Contribution
    from ums.domain.effectiveness import Layer
    from ums.domain.parameters import Catalogue, Settings, Value
    from ums.domain.per_user import Restrictions
    from ums.effective.layers import Part

    Layers = dict[tuple[Part, int, Restrictions], "tuple[Content, Any, Layer]"]


@dataclass(frozen=True, slots=True)
class Content:
    """A revision. `keys`: names of the template keys in it."""

    catalogue: Catalogue
    settings: Settings
    overwrite_sessions: bool
    keys: frozenset[str]


MAX_REMEMBERED = 4096
_REMEMBERED: dict[tuple[int, str], Content] = {}
"""Revisions never change, but what is a secret in them does with their catalogue: kept by its checksum too."""


class Contents:
    """The content of many revisions: at most two queries. `layers`: those of another one, to be shared."""

    def __init__(self, revision_ids: Iterable[int], layers: Layers | None = None) -> None:
        self._found = _contents(set(revision_ids))
        self._contributions: dict[Any, Contribution] = {}
        self.layers: Layers = {} if layers is None else layers
        """What parts come to, by the part, the identity of its content, which is kept here, and what restricts it."""

    def __getitem__(self, revision_id: int) -> Content:
        return self._found[revision_id]

    def contribution(self, part: Part, keys: Mapping[str, Value], per_user: Restrictions) -> tuple[Any, Contribution]:
        """What a part contributes where template keys have these values, and a name of it: the same name is the same
        contribution, also of another `Contents`. per_user: what profiles of users cannot set on the device.
        """
        content = self._found[part.revision_id]
        used: tuple[Any, ...] = ()
        if content.keys:
            used = tuple(sorted((name, keys[name], type(keys[name])) for name in content.keys & keys.keys()))
        limits = per_user if part.rank.is_of_user else None
        name = (part.revision_id, content.catalogue, limits, used)
        found = self._contributions.get(name)
        if found is None:
            if len(self._contributions) >= MAX_REMEMBERED:
                self._contributions.clear()
            found = contribution(content.catalogue, content.settings, keys, per_user=limits)
            self._contributions[name] = found
        return name, found


def _contents(pks: Collection[int]) -> dict[int, Content]:
    checksums = dict(
        Revision.objects.filter(pk__in=among(pks))
        .order_by()
        .values_list("pk", Coalesce("based_on__checksum", "profile__based_on__checksum"))
    )
    known = {pk: content for pk in pks if (content := _REMEMBERED.get((pk, checksums[pk])))}
    if len(known) == len(checksums):
        return known
    read = _read([pk for pk in pks if pk not in known])
    # A revision that was made in a trial will be gone, and its key may belong to another one then.
    if current_trial() is None:
        if len(_REMEMBERED) + len(read) > MAX_REMEMBERED:
            _REMEMBERED.clear()
        _REMEMBERED.update({(pk, checksums[pk]): content for pk, content in read.items()})
    return {**known, **read}


def _read(pks: Collection[int]) -> dict[int, Content]:
    rows = (
        Revision.objects.filter(pk__in=among(pks))
        .select_related("based_on", "profile__based_on")
        .defer("based_on__definition", "profile__based_on__definition")
    )
    found = {}
    for row in rows:
        catalogue = catalogue_of(row.based_on or row.profile.based_on)
        settings = unsealed(catalogue, row.content)
        found[row.pk] = Content(catalogue, settings, row.overwrite_sessions, frozenset(keys_used(settings)))
    return found
