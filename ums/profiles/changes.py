"""Which values two revisions differ in, for an editor whose base is no longer the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ums.domain.parameters import flat, settings_from_json
from ums.profiles.comparison import Sign, sign_of
from ums.profiles.content import unsealed

if TYPE_CHECKING:
    from ums.domain.parameters import Catalogue, Settings
    from ums.profiles.models import Revision


def keys_changed_since(catalogue: Catalogue, base: Revision | None, head: Revision) -> list[str]:
    """The keys in which `head` differs from `base`, secrets compared as they are; all set ones without a base."""
    old = unsealed(catalogue, base.content) if base else settings_from_json({})
    return sorted(changed_keys(old, unsealed(catalogue, head.content)))


def changed_keys(old: Settings, new: Settings) -> set[str]:
    """Paths and "serial:name" whose values differ."""
    before, after = flat(old), flat(new)
    return {key for key in before.keys() | after.keys() if sign_of(before.get(key), after.get(key)) is not Sign.SAME}
