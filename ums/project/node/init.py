"""`ums node init`: the first node of a High Availability network, and its token."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ha import nodefile, requirements
from ha.token import FILE_NAME
from ums.core.errors import AppError
from ums.core.private import write_private
from ums.project.command import command
from ums.project.node.setup import HARMLESS, data_of, host_checks, node_of, require_all, secret_from, staging
from ums.project.prepare import PASSWORD_FILE, SUPERUSER, StartError, database, superuser

if TYPE_CHECKING:
    import argparse

    from ha.nodefile import NodeFile


@command
def init(options: argparse.Namespace) -> None:
    """Check the host, prepare the database, write node and token."""
    data = data_of(options)
    url = "" if options.embedded else options.database or secret_from(options.database_file, "UMS_DATABASE_URL")
    redis_url = options.redis or secret_from(options.redis_file, "UMS_REDIS_URL")
    passphrase = secret_from(options.passphrase_file, "UMS_TOKEN_PASSPHRASE")
    token_out = (options.token_out or Path(FILE_NAME)).expanduser().resolve()
    node = replace(node_of(options, data), redis_url=redis_url)
    # A server by itself may become a node, with its key; the embedded database begins anew.
    becomes = (data / "secret.key").exists() and not options.embedded
    require_all(
        [
            *host_checks(node, data, may_hold=None if becomes else HARMLESS),
            *requirements.database(url, embedded=options.embedded),
            *([requirements.redis_answers(redis_url)] if redis_url else []),
            _token_check(token_out),
        ]
    )
    with staging(data) as new:
        if becomes:
            shutil.copy2(data / "secret.key", new)
        name = "ums.sqlite3"
        os.environ["UMS_DATABASE_URL"] = f"sqlite:///{new / name}" if options.embedded else url
        node = replace(node, database_url=f"sqlite:///{data / name}" if options.embedded else url)
        node, password = _install(new, node, token_out, passphrase, options.days)
    _greet(node, data, token_out, password)


def _install(new: Path, node: NodeFile, token_out: Path, passphrase: str, days: int) -> tuple[NodeFile, str | None]:
    """Rows, keys and files; the rows all or none."""
    os.environ["UMS_DATA"] = str(new)
    os.environ["UMS_REDIS_URL"] = node.redis_url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")
    import django

    django.setup()
    database()
    from django.conf import settings
    from django.db import connections, transaction

    from ha.selectors import server_addresses
    from ha.services import network_ensure, node_ensure, token_create
    from ums.core.actor import SYSTEM
    from ums.project.tls import server_files

    write_private(new / "secret.key", settings.UMS_MASTER_KEY + "\n")
    with transaction.atomic():
        node = replace(node, network=str(network_ensure().pk))
        node_ensure(node=node)
        _own_authority()
        server_files(new, node.bind, node.address)
        password = superuser(new)
        _, text = token_create(actor=SYSTEM, servers=server_addresses(), days=days, passphrase=passphrase)
        nodefile.write(new, node)
        write_private(token_out, text)
    connections.close_all()
    return node, password


def _own_authority() -> None:
    """A database that another installation uses has its own master key."""
    from ums.connector.issuer import WebIssuer

    try:
        WebIssuer().sign(b"")
    except AppError as error:
        raise StartError(
            "The database belongs to another installation, with another master key. Join its network by a token "
            "(ums node join), put its secret.key into the data directory, or name an empty database."
        ) from error


def _token_check(path: Path) -> requirements.Check:
    """The token is written last; that it can be written is known first."""
    needed, advice = "a new file that can be written", "Choose another with --token-out."
    if path.exists():
        return requirements.Check("Token file", f"{path} exists", needed, False, advice)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return requirements.Check("Token file", f"{path.parent} cannot be written", needed, False, advice)
    return requirements.Check("Token file", "can be written", needed, True)


def _greet(node: NodeFile, data: Path, token_out: Path, password: str | None) -> None:
    print(f"\nThe network {node.network} has its first node, {node.name}.")
    print(f"  data directory    {data}")
    print(f"  network token     {token_out}   (keep it safe: who has it can join)")
    print(f"  console           https://{node.address}:{node.web_port}/webapp/")
    if password:
        print(f"  sign in as        {SUPERUSER}")
        print(f"  password          {password}   (shown this once; also in {data / PASSWORD_FILE})")
    print(f"Start it with:      ums node start --data {data}")
