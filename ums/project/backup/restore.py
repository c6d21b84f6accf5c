"""`ums restore`: an installation from a backup. All is tried beside what is there, and takes its place at last."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ha import nodefile
from ha.watchdog.configuration import PROGRAMS, Places
from ums import __version__
from ums.project.backup import archive, sqlite
from ums.project.backup.postgresql import Target
from ums.project.backup.progress import Progress
from ums.project.backup.save import KEPT, PASSPHRASE, SCRATCH, describe
from ums.project.command import command
from ums.project.node.setup import HARMLESS, STAGING, data_of, secret_from, staging
from ums.project.node.start import held
from ums.project.prepare import StartError, database

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from ums.project.backup.archive import Manifest

EMBEDDED = "ums.sqlite3"
REPLACED = ("secret.key", *KEPT, EMBEDDED, f"{EMBEDDED}-wal", f"{EMBEDDED}-shm")
"""Files of the data directory that a restore replaces."""


@command
def restore(options: argparse.Namespace) -> None:
    """Restore a backup into data directory and database. When it fails all is as it was before."""
    data = data_of(options)
    passphrase = secret_from(options.passphrase_file, PASSPHRASE)
    _require_rest(data)
    _require_empty(data, replace_it=options.replace)
    with archive.opened(options.file, passphrase) as reader:
        manifest = reader.manifest
        describe(manifest)
        _require_older(manifest)
        with staging(data) as new:
            _step(1, "Reading and checking the backup.")
            reader.parts(new, Progress("read", manifest.size).added)
            _step(2, "Bringing its database into a place of its own.")
            with _database(options, manifest, data, new) as url:
                _step(3, "Looking whether database and keys belong together.")
                for line in _tried(new, url, manifest):
                    print(f"   {line}")
                _step(4, "Putting everything in its place.")
            _set_aside(data)
    print(f"Restored into {data}.")
    node = nodefile.read(data)
    print(f"Start it with:      ums {'node start' if node else 'up'} --data {data}")


def _require_rest(data: Path) -> None:
    """Nothing may run on the data directory. Raises StartError."""
    for lock in [Places(data).lock, *(data / f"{name}.lock" for name in ("ums", "backup", *PROGRAMS))]:
        if holder := held(lock):
            raise StartError(f"UMS runs on {data} (process {holder}). Stop it first: ums node stop, or Ctrl-C.")


def _require_empty(data: Path, *, replace_it: bool) -> None:
    """Raises StartError when there is something that would be lost sight of."""
    allowed = {*HARMLESS, STAGING, SCRATCH}
    there = [path.name for path in data.iterdir()] if data.exists() else []
    held_back = sorted(name for name in there if name not in allowed and not name.endswith(".lock"))
    if held_back and not replace_it:
        raise StartError(f"{data} is not empty: it holds {held_back[0]}. With --replace it is replaced, and kept.")


def _require_older(manifest: Manifest) -> None:
    """Raises StartError for a backup of a newer version of UMS: its database could not be read."""
    if _numbers(manifest.version) > _numbers(__version__):
        raise StartError(f"The backup was made by UMS {manifest.version}; this is {__version__}. Restore it with that.")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".") if number.isdecimal()]


@contextmanager
def _database(options: argparse.Namespace, manifest: Manifest, data: Path, new: Path) -> Iterator[str]:
    """The address of a database with what the backup has; it takes the place of the old one when all goes well."""
    url = secret_from(options.database_file, "UMS_DATABASE_URL")
    if manifest.database == "sqlite":
        if url not in {"", f"sqlite:///{data / EMBEDDED}"}:
            raise StartError(f"The backup has an embedded database: it goes to {data / EMBEDDED}, not elsewhere.")
        copied = new / EMBEDDED
        (new / "database.sqlite3").rename(copied)
        sqlite.require_sound(copied)
        _write_node(new, f"sqlite:///{data / EMBEDDED}")
        yield f"sqlite:///{copied}"
        return
    known = nodefile.read(data) or nodefile.read(new)
    url = url or (known.database_url if known else "")
    if not url.startswith("postgres"):
        raise StartError("The backup has a PostgreSQL database. Name one: --database-file or UMS_DATABASE_URL.")
    target = Target(url)
    if running := target.running():
        raise StartError(f"The network runs: {', '.join(running)}. Stop all its nodes first: ums node stop.")
    if not target.empty and not options.replace:
        raise StartError(f"The database “{target.name}” is not empty. With --replace it is replaced, and kept.")
    _write_node(new, url)
    dumped = new / "database.dump"
    progress = Progress("database", dumped.stat().st_size)
    with target.loaded(dumped, lambda: progress.added(0)) as scratch:
        yield scratch
        dumped.unlink()


def _write_node(new: Path, url: str) -> None:
    """The database may be at another place than when the backup was made."""
    if node := nodefile.read(new):
        nodefile.write(new, replace(node, database_url=url))


def _tried(new: Path, url: str, manifest: Manifest) -> Iterator[str]:
    """Use the restored database with the restored key; what is there, in words. Raises StartError, AppError."""
    os.environ["UMS_DATA"], os.environ["UMS_DATABASE_URL"] = str(new), url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")
    import django

    django.setup()
    from django.contrib.sessions.models import Session
    from django.db import connection, transaction

    from ha.models import Network
    from ums.accounts.models import User
    from ums.audit.services import record
    from ums.connector.issuer import WebIssuer
    from ums.core.actor import SYSTEM
    from ums.devices.models import Device
    from ums.files.models import File
    from ums.profiles.models import Profile

    try:
        database()
        network = Network.objects.first()
        if manifest.network != (str(network.pk) if network else ""):
            raise StartError("The database in the backup is of another network than its manifest says.")
        WebIssuer().sign(b"")
        with transaction.atomic():
            Session.objects.all().delete()
            record(
                actor=SYSTEM,
                action="installation.restored",
                name=manifest.host,
                after={"made": manifest.made.isoformat(), "version": manifest.version},
            )
        for model in (Device, Profile, File, User):
            yield f"{model._meta.verbose_name_plural}: {model._default_manager.count()}"
    finally:
        connection.close()
        if close_pool := getattr(connection, "close_pool", None):  # PostgreSQL's: no database is renamed before
            close_pool()


def _set_aside(data: Path) -> None:
    """What is replaced is kept, until somebody removes it."""
    kept = data / f"before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    moved = [name for name in REPLACED if (data / name).exists()]
    for name in moved:
        (kept / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / name).rename(kept / name)
    if moved:
        print(f"The files that were there are kept in {kept}.", flush=True)


def _step(number: int, text: str) -> None:
    print(f"{number}. {text}", flush=True)
