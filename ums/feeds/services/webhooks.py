"""Webhooks: a matter of the whole network. Each one is told what its owner, who made it, may see."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import transaction

from ha.clock import shared_now
from ums.audit.services import changed, record
from ums.core.access import Action, limit_of, require
from ums.core.crypto import seal
from ums.core.errors import AppError, NotAllowed
from ums.core.validation import clean
from ums.events.numbering import events_numbered
from ums.feeds.filters import MAX_KINDS, kind_choices
from ums.feeds.models import Delivery, Webhook

if TYPE_CHECKING:
    from collections.abc import Collection

    from ums.core.actor import Actor

TEST = "webhook.test"
PROPERTIES = ("name", "url", "kinds", "enabled")


@transaction.atomic
def webhook_create(
    *, actor: Actor, name: str, url: str, kinds: Collection[str] = (), enabled: bool = True
) -> tuple[Webhook, str]:
    """A webhook of the actor, from now on, and its secret, which nobody can see again.

    Raises NotAllowed, also with a token that expires or is limited, AppError `invalid`.
    """
    require(actor.user, Action.ADMINISTER)
    limit = limit_of(actor.user) if actor.user is not None else None
    if limit is not None and not limit.lends:
        raise NotAllowed("A token that expires or is limited cannot make webhooks: they would reach further.")
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    owner = None if actor.user is None else actor.user.pk
    row = Webhook(owner_id=owner, secret=seal(secret), position=events_numbered(), **_given(name, url, kinds, enabled))
    clean(row)
    row.save(force_insert=True)
    record(actor=actor, action="webhook.created", target=row, after=_words(row))
    return row, secret


@transaction.atomic
def webhook_update(
    *,
    actor: Actor,
    webhook: Webhook,
    name: str | None = None,
    url: str | None = None,
    kinds: Collection[str] | None = None,
    enabled: bool | None = None,
) -> Webhook:
    """Change what is given. Raises NotAllowed, AppError `invalid`."""
    require(actor.user, Action.ADMINISTER)
    row = Webhook.objects.select_for_update().get(pk=webhook.pk)
    before = _words(row)
    wanted = _given(
        row.name if name is None else name,
        row.url if url is None else url,
        row.kinds if kinds is None else kinds,
        row.enabled if enabled is None else enabled,
    )
    if wanted["enabled"] and not row.enabled:
        row.position = events_numbered()  # what happened while it was switched off is not for it
    for key, value in wanted.items():
        setattr(row, key, value)
    clean(row)
    row.save()
    old, new = changed(before, _words(row))
    record(actor=actor, action="webhook.updated", target=row, before=old, after=new)
    return row


@transaction.atomic
def webhook_renew_secret(*, actor: Actor, webhook: Webhook) -> str:
    """Another secret from now on, which nobody can see again. Raises NotAllowed."""
    require(actor.user, Action.ADMINISTER)
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    webhook.secret = seal(secret)
    webhook.save(update_fields=["secret"])
    record(actor=actor, action="webhook.secret_renewed", target=webhook)
    return secret


@transaction.atomic
def webhook_delete(*, actor: Actor, webhook: Webhook) -> None:
    """Delete a webhook with its log. Raises NotAllowed."""
    require(actor.user, Action.ADMINISTER)
    record(actor=actor, action="webhook.deleted", target=webhook, before=_words(webhook))
    webhook.delete()


@transaction.atomic
def webhook_resume(*, actor: Actor, webhook: Webhook) -> Webhook:
    """Go on where it was paused: what waits is tried now, what happened since is told. Raises NotAllowed."""
    require(actor.user, Action.ADMINISTER)
    row = Webhook.objects.select_for_update().get(pk=webhook.pk)
    if row.paused_at is not None:
        row.paused_at = row.failing_since = None
        row.failures = 0
        row.save(update_fields=["paused_at", "failing_since", "failures"])
        row.deliveries.filter(state=Delivery.State.WAITING).update(due_at=shared_now())
        record(actor=actor, action="webhook.resumed", target=row)
    return row


@transaction.atomic
def webhook_test(*, actor: Actor, webhook: Webhook) -> Delivery:
    """Send a test: a delivery as others are, of the kind TEST. Raises NotAllowed."""
    require(actor.user, Action.ADMINISTER)
    now = shared_now()
    told = {"kind": TEST, "time": now.isoformat(), "data": {"webhook": webhook.name, "by": actor.name}}
    row = Delivery(webhook=webhook, kind=TEST, body=json.dumps(told), due_at=now, created_at=now)
    row.save(force_insert=True)
    record(actor=actor, action="webhook.tested", target=webhook)
    return row


def _given(name: str, url: str, kinds: Collection[str], enabled: bool) -> dict[str, Any]:
    """Checked as far as the model does not do it. Raises AppError `invalid`."""
    known = {choice for choice, _ in kind_choices()}
    if (unknown := [kind for kind in kinds if kind not in known]) or len(kinds) > MAX_KINDS:
        message = f"There is no kind of events “{unknown[0][:50]}”." if unknown else f"{MAX_KINDS} kinds at most."
        raise AppError("invalid", message, fields={"kinds": [message]})
    url = url.strip()
    try:
        parts = urlsplit(url)
        named = bool(parts.username or parts.password)
        _ = parts.port
    except ValueError:
        parts, named = None, False
    if parts is None or named or parts.fragment:
        message = "An https address, without a name, a password or a fragment in it."
        raise AppError("invalid", message, fields={"url": [message]})
    return {"name": name.strip(), "url": url, "kinds": sorted(set(kinds)), "enabled": enabled}


def _words(row: Webhook) -> dict[str, Any]:
    """For the audit log. What stands behind the host may be a secret of the receiver."""
    parts = urlsplit(row.url)
    values = {key: getattr(row, key) for key in PROPERTIES}
    return {**values, "url": f"https://{parts.hostname}{f':{parts.port}' if parts.port else ''}"}
