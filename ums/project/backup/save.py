"""`ums backup`: database, keys, certificates and files of this host's installation in one file, while it runs."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import django

from ums import __version__
from ums.project.backup import archive, postgresql, sqlite
from ums.project.backup.archive import FORMAT, Manifest, Part, part_of
from ums.project.backup.progress import Progress, size
from ums.project.command import command
from ums.project.node.setup import require_installation, secret_from
from ums.project.prepare import StartError, data_directory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

PASSPHRASE = "UMS_BACKUP_PASSPHRASE"
SCRATCH = ".backup"
KEPT = ("node.toml", "node.id", "datasources.toml", "tls/ca.pem", "tls/server.pem", "tls/server.key")
"""Files of the data directory that a backup has, when they are there."""


@command
def backup(options: argparse.Namespace) -> None:
    """Make a backup, or verify one."""
    passphrase = secret_from(options.passphrase_file, PASSPHRASE)
    if options.verify:
        verify(options.verify, passphrase)
    else:
        _backup(options.out.expanduser().resolve(), passphrase)


def verify(path: Path, passphrase: str) -> None:
    """Read a whole backup and say what it is. Raises AppError when it is not whole, OSError."""
    with archive.opened(path, passphrase) as reader:
        reader.parts(None, Progress("read", reader.manifest.size).added)
    describe(reader.manifest)
    print("It is whole.")


def describe(manifest: Manifest) -> None:
    """Print what a backup is of."""
    files = sum(part.name.startswith("files/") for part in manifest.parts)
    database = {"sqlite": "embedded database", "postgresql": "PostgreSQL database"}[manifest.database]
    print(f"A backup of {manifest.host}, made {manifest.made:%Y-%m-%d %H:%M} UTC by UMS {manifest.version}:")
    print(f"  network {manifest.network or 'none yet'}, {database}, files on disk: {files}, {size(manifest.size)}")
    if manifest.absent:
        print(f"  contents that this host did not have, and other servers should have: {len(manifest.absent)}")


def _backup(out: Path, passphrase: str) -> None:
    require_installation()
    if out.exists():
        raise StartError(f"{out} exists. Remove it, or choose another with --out.")
    if not os.access(out.parent, os.W_OK | os.X_OK):
        raise StartError(f"{out.parent} cannot be written. Choose another place with --out.")
    django.setup()
    from django.conf import settings

    with _scratch(settings.UMS_DATA) as scratch:
        manifest = _gathered(settings.UMS_DATA, scratch)
        _written(out, manifest, scratch, passphrase)
    describe(manifest)
    print(f"{out}: {size(out.stat().st_size)}.")
    if not passphrase:
        print("It has no passphrase: who has the file has all keys and secrets.", file=sys.stderr)


@contextmanager
def _scratch(data: Path) -> Iterator[Path]:
    """Where the parts are put together: on the disk of the data directory, so that contents can be linked."""
    try:
        with data_directory(data, "backup"):
            scratch = data / SCRATCH
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(mode=0o700)
            try:
                yield scratch
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except StartError as error:
        if "runs already" in str(error):
            raise StartError(f"Another backup of {data} is being made. Wait for its end.") from error
        raise


def _gathered(data: Path, scratch: Path) -> Manifest:
    """All parts below `scratch`. Raises StartError, OSError, DatabaseError."""
    from django.conf import settings
    from django.db.migrations.recorder import MigrationRecorder

    from ha.models import Network
    from ums.audit.services import record
    from ums.core.actor import SYSTEM

    network = Network.objects.first()
    record(actor=SYSTEM, action="installation.saved", name=socket.gethostname())
    # Before and after: what is deleted or comes while the database is being read is in its picture, or not.
    contents = _linked(scratch)
    database = _database(scratch)
    contents |= _linked(scratch)
    for name in KEPT:
        with suppress(FileNotFoundError):
            (scratch / name).parent.mkdir(mode=0o700, exist_ok=True)
            shutil.copyfile(data / name, scratch / name)
    (scratch / "secret.key").write_text(settings.UMS_MASTER_KEY + "\n")
    present = [name for name in (*KEPT, "secret.key") if (scratch / name).exists()]
    parts = [part_of(scratch, name) for name in (database, *present)]
    files = [part_of(scratch, _place(sha256)) for sha256 in sorted(contents) if (scratch / _place(sha256)).exists()]
    whole = [part for part in files if part.name.endswith(part.sha256)]
    migrations = MigrationRecorder.Migration.objects.values_list("app", "name")
    return Manifest(
        format=FORMAT,
        version=__version__,
        made=datetime.now(UTC),
        host=socket.gethostname(),
        network=str(network.pk) if network else "",
        database="sqlite" if settings.UMS_EMBEDDED_DATABASE else "postgresql",
        migrations=tuple(sorted(f"{app}.{name}" for app, name in migrations)),
        parts=(*parts, *whole),
        absent=_absent(contents, whole),
    )


def _database(scratch: Path) -> str:
    from django.conf import settings

    embedded = settings.UMS_EMBEDDED_DATABASE
    name = "database.sqlite3" if embedded else "database.dump"
    progress = Progress("database")

    def watch() -> None:
        with suppress(FileNotFoundError):
            progress.reached((scratch / name).stat().st_size)

    if embedded:
        sqlite.dump(Path(settings.DATABASES["default"]["NAME"]).resolve(), scratch / name, watch)
    else:
        postgresql.dump(settings.UMS_DATABASE_URL, scratch / name, watch)
    return name


def _linked(scratch: Path) -> set[str]:
    """SHA-256 of the contents that lie on disks alone; those that this host has are kept below `scratch`."""
    from ums.files.models import FileContent
    from ums.files.store import store

    needed = set(FileContent.objects.filter(in_database=False).values_list("pk", flat=True))
    for sha256 in needed:
        kept = scratch / _place(sha256)
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError, FileExistsError):
            os.link(store().path(sha256), kept)
    return needed


def _place(sha256: str) -> str:
    return f"files/{sha256[:2]}/{sha256}"


def _absent(contents: set[str], files: Sequence[Part]) -> tuple[str, ...]:
    """Also those that are damaged on this disk."""
    return tuple(sorted(contents - {part.sha256 for part in files}))


def _written(out: Path, manifest: Manifest, scratch: Path, passphrase: str) -> None:
    """The file is whole or not there, and only its owner reads it."""
    temporary = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    progress = Progress("written", manifest.size)
    with open(temporary, "xb", opener=partial(os.open, mode=0o600)) as file:
        try:
            archive.write(file, manifest, scratch, passphrase=passphrase, told=progress.added)
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(out)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
