"""The commands `ums backup` and `ums restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ums.project.node.cli import add_data, use

if TYPE_CHECKING:
    import argparse

    from ums.project.node.cli import Commands


def add_backup_parsers(commands: Commands) -> None:
    """`ums backup`, `ums restore`."""
    backup = commands.add_parser(
        "backup",
        help="save database, keys, certificates and files in one file, while UMS runs",
        description="Save database, keys, certificates and files in one file, while UMS runs. Who has the file has "
        "all secrets: protect it with a passphrase. Exit code 0: done, 1: not, with the reason.",
    )
    what = backup.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", metavar="FILE", type=Path, help="the new file; only its owner can read it")
    what.add_argument("--verify", metavar="FILE", type=Path, help="read a backup, and say whether it is whole")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser(
        "restore",
        help="bring an installation back from a backup",
        description="Bring an installation back from a backup. Nothing of its network may run. Everything is tried "
        "beside what is there and takes its place at the end. Exit code 0: done, 1: not, and all is as it was.",
    )
    restore.add_argument("file", metavar="FILE", type=Path, help="what “ums backup” has written")
    restore.add_argument(
        "--replace", action="store_true", help="data directory and database may hold something: it is kept aside"
    )
    restore.add_argument(
        "--database-file",
        metavar="FILE",
        type=Path,
        help="file that holds the URL of the PostgreSQL database (or UMS_DATABASE_URL; default: as the node knows it)",
    )
    restore.set_defaults(run=_restore)
    for parser in (backup, restore):
        parser.add_argument(
            "--passphrase-file",
            metavar="FILE",
            type=Path,
            help="file that holds the passphrase of the backup (or UMS_BACKUP_PASSPHRASE; default: none)",
        )
        add_data(parser)


def _backup(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project.backup.save import backup

    return backup(options)


def _restore(options: argparse.Namespace) -> int:
    from ums.project.backup.restore import restore

    return restore(options)
