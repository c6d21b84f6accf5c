"""Which servers hold a content: rows that a server writes about itself, and those for what others have yet to fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ha.models import Node
from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import Conflict
from ums.files.models import ContentCopy, CopyState, FileContent
from ums.live.messages import ContentsChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Collection

    from ums.core.actor import Actor

MOST = 500
"""Rows made by one statement."""


def copies_wanted(content: FileContent, *, held: bool = False) -> None:
    """Every server is to have a content; `held`: this one has it. A server by itself needs no rows."""
    if not settings.UMS_NODE:
        return
    nodes = Node.objects.filter(has_server=True).values_list("pk", flat=True)
    rows = [ContentCopy(content=content, node_id=node) for node in nodes]
    ContentCopy.objects.bulk_create(rows, ignore_conflicts=True)
    if held:
        own = ContentCopy.objects.filter(content=content, node=UUID(settings.UMS_NODE.id))
        copies_in_state(ids=own.values_list("pk", flat=True), state=CopyState.HELD)


def copies_completed(*, node_id: UUID) -> None:
    """The rows that a server lacks: of contents from before it joined."""
    missing = FileContent.objects.filter(sealed=False).exclude(copies__node=node_id)
    while rows := [ContentCopy(content=content, node_id=node_id) for content in missing.order_by("pk")[:MOST]]:
        ContentCopy.objects.bulk_create(rows, ignore_conflicts=True)


def copies_in_state(*, ids: Collection[int], state: CopyState, error: str = "") -> None:
    """What has become of copies; those that are gone meanwhile stay so. What is held has just been checked."""
    now = timezone.now()
    checked = {"checked_at": now} if state == CopyState.HELD else {}
    ContentCopy.objects.filter(pk__in=ids).update(state=state, error=error[:500], at=now, **checked)


@transaction.atomic
def copy_retry(*, actor: Actor, copy: ContentCopy) -> None:
    """Have a server try again at once what has failed. Raises NotAllowed, Conflict `copy_not_failed`."""
    require(actor.user, Action.ADMINISTER)
    failed = ContentCopy.objects.select_for_update().filter(pk=copy.pk, state=CopyState.FAILED).first()
    if failed is None:
        raise Conflict("copy_not_failed", "This server has not failed to fetch it, or tries again already.")
    copies_in_state(ids=[failed.pk], state=CopyState.WAITING)
    record(actor=actor, action="content_copy.retried", target=copy, before={"error": failed.error})
    publish_on_commit(ContentsChanged())
