"""`ums token …`: who may read the data directory of a server may make network tokens."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import django

from ums.core.actor import SYSTEM
from ums.core.private import write_private
from ums.project.columns import columns
from ums.project.command import command
from ums.project.node.setup import require_installation, secret_from
from ums.project.prepare import StartError

if TYPE_CHECKING:
    import argparse


@command
def create(options: argparse.Namespace) -> None:
    """Write a token file."""
    _set_up()
    from django.db import transaction

    from ha.selectors import server_addresses
    from ha.services import token_create

    out = options.out.expanduser().resolve()
    if out.exists():
        raise StartError(f"{out} exists. Remove it, or choose another with --out.")
    passphrase = secret_from(options.passphrase_file, "UMS_TOKEN_PASSPHRASE")
    with transaction.atomic():
        row, text = token_create(
            actor=SYSTEM,
            servers=options.server or server_addresses(),
            days=options.days,
            passphrase=passphrase,
            revoke_others=options.revoke_others,
        )
        write_private(out, text)
    print(f"{out}: token {row.pk}, good until {row.expires_at:%Y-%m-%d %H:%M} UTC.")
    if not passphrase:
        print("It has no passphrase: who has the file can join.", file=sys.stderr)


@command
def show(options: argparse.Namespace) -> None:
    """Print all tokens."""
    _set_up()
    from django.utils import timezone

    from ha.models import NetworkToken

    rows = []
    for row in NetworkToken.objects.all():
        state = "revoked" if row.revoked_at else "expired" if row.expires_at <= timezone.now() else "good"
        times = [f"{time:%Y-%m-%d %H:%M}" for time in (row.created_at, row.expires_at)]
        rows.append([str(row.pk), state, *times, row.author_name])
    print(columns(["Id", "State", "Made (UTC)", "Expires (UTC)", "By"], rows))


@command
def revoke(options: argparse.Namespace) -> None:
    """Let one token stop working, or all."""
    _set_up()
    from ha.models import NetworkToken
    from ha.services import token_revoke

    which = {"revoked_at": None} if options.all else {"pk": options.id}
    revoked = [token_revoke(actor=SYSTEM, token=token) for token in NetworkToken.objects.filter(**which)]
    if not revoked and not options.all:
        raise StartError(f"There is no token {options.id}. “ums token list” prints them.")
    print(f"Revoked: {len(revoked)}.")


def _set_up() -> None:
    """Raises StartError, OSError, ValueError, ImproperlyConfigured."""
    require_installation()
    django.setup()
