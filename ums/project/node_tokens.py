"""`ums token …`: who may read the data directory of a server may make network tokens."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django
from django.core.exceptions import ImproperlyConfigured

from ums.core.actor import SYSTEM
from ums.core.errors import AppError
from ums.core.private import write_private
from ums.project.columns import columns
from ums.project.node_setup import require_installation, secret_from
from ums.project.prepare import StartError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def create(options: argparse.Namespace) -> int:
    """Write a token file."""
    out = options.out.expanduser().resolve()
    with _failures() as failed:
        from django.db import transaction

        from ha.services.joining import server_addresses
        from ha.services.tokens import token_create

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
    return len(failed)


def show(options: argparse.Namespace) -> int:
    """Print all tokens."""
    with _failures() as failed:
        from django.utils import timezone

        from ha.models import NetworkToken

        rows = []
        for row in NetworkToken.objects.all():
            state = "revoked" if row.revoked_at else "expired" if row.expires_at <= timezone.now() else "good"
            times = [f"{time:%Y-%m-%d %H:%M}" for time in (row.created_at, row.expires_at)]
            rows.append([str(row.pk), state, *times, row.author_name])
        print(columns(["Id", "State", "Made (UTC)", "Expires (UTC)", "By"], rows))
    return len(failed)


def revoke(options: argparse.Namespace) -> int:
    """Let one token stop working, or all."""
    with _failures() as failed:
        from ha.models import NetworkToken
        from ha.services.tokens import token_revoke

        tokens = NetworkToken.objects.filter(revoked_at=None)
        if not options.all:
            tokens = NetworkToken.objects.filter(pk=options.id)
        revoked = [token_revoke(actor=SYSTEM, token=token) for token in tokens]
        if not revoked and not options.all:
            raise StartError(f"There is no token {options.id}. “ums token list” prints them.")
        print(f"Revoked: {len(revoked)}.")
    return len(failed)


@contextmanager
def _failures() -> Iterator[list[str]]:
    """Django is set up. A failure becomes a line, and an entry of the list that is given."""
    failed: list[str] = []
    from django.db import DatabaseError

    try:
        require_installation()
        django.setup()
        yield failed
    except (StartError, AppError, OSError, ValueError, ImproperlyConfigured) as error:
        failed.append(str(error))
    except DatabaseError as error:
        what = (str(error).strip() or type(error).__name__).splitlines()[0]
        failed.append(f"the database cannot be used: {what}")
    for line in failed:
        print(f"ums: {line}", file=sys.stderr)
