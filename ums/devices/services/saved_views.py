"""Saved views: filters of the device list under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import NotAllowed
from ums.core.validation import clean
from ums.devices.filters import apply_filter
from ums.devices.models import Device, SavedView

if TYPE_CHECKING:
    from ums.core.actor import Actor
    from ums.devices.models import Directory


@transaction.atomic
def saved_view_create(
    *, actor: Actor, name: str, filter: str = "", directory: Directory | None = None, shared: bool = False
) -> SavedView:
    """Save a filter for oneself, or for all administrators. It shows everybody no more than they may read.

    Raises NotAllowed, AppError `filter_invalid`, `invalid`.
    """
    if actor.user is None:
        raise NotAllowed("A view belongs to an administrator.")
    if directory is not None:
        require(actor.user, Action.BROWSE, directory)
    apply_filter(Device.objects.all(), filter)
    view = SavedView(owner=actor.user, name=name.strip(), filter=filter, directory=directory, shared=shared)
    clean(view)
    view.save(force_insert=True)
    after = {"filter": filter, "directory": str(directory) if directory else None, "shared": shared}
    record(actor=actor, action="saved_view.created", target=view, after=after)
    return view


@transaction.atomic
def saved_view_delete(*, actor: Actor, view: SavedView) -> None:
    """Delete a view. Raises NotAllowed unless it is one's own; superusers may delete each."""
    if actor.user is not None and actor.user.pk != view.owner_id and not actor.user.is_superuser:
        raise NotAllowed("This view is another administrator's.")
    record(actor=actor, action="saved_view.deleted", target=view, before={"filter": view.filter})
    view.delete()
