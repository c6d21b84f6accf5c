"""What holds for all linked directories."""

from __future__ import annotations

from django.db import transaction

from swp.linked import workplace_settings
from swp.models import SharedWorkplaceSettings
from ums.audit.services import changed, record
from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.validation import clean

FIELDS = ("all_domains", "refresh_minutes", "history_days")


@transaction.atomic
def workplace_settings_set(*, actor: Actor, **values: bool | int) -> SharedWorkplaceSettings:
    """Change FIELDS; what is not given stays. Raises NotAllowed, AppError `invalid`.

    It takes effect at the next login, search and sign-in; who is logged in keeps the groups that were read.
    """
    require(actor.user, Action.ADMINISTER)
    if unknown := values.keys() - set(FIELDS):
        raise TypeError(f"not settings of Shared Workplace: {sorted(unknown)}")
    row = workplace_settings()
    before = _words(row)
    for name, value in values.items():
        setattr(row, name, value)
    clean(row, but=["only"] if row.pk else ())
    row.save()
    old, new = changed(before, _words(row))
    record(actor=actor, action="shared_workplace.settings_changed", target=row, before=old, after=new)
    return row


def _words(row: SharedWorkplaceSettings) -> dict[str, bool | int]:
    return {name: getattr(row, name) for name in FIELDS}
