"""The programs that the tests need beside Python's packages: where they are, and how they get here.

`python -m tests.services.packages` installs the missing ones from Debian's packages when it runs as root. Otherwise it
names them with the command that installs them, and fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/ums-tests.conf")

POLICY = Path("/usr/sbin/policy-rc.d")
"""What Debian's packages ask before they start a service."""

SERVICES = {
    "redis-server": ["redis-server"],
    "postgresql": ["postgresql"],
    "haproxy": ["haproxy"],
    "nginx-light": ["nginx"],
    "samba": ["samba-ad-dc", "smbd", "nmbd"],
    "winbind": ["winbind"],
    "slapd": ["slapd"],
}
"""Packages that bring services of the system, and their names."""


class Missing(RuntimeError):
    """A program is not installed."""


def postgresql_bin() -> Path:
    """The directory with `initdb` and `postgres`, of the newest version. Raises Missing."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    if newest := max(versions, key=lambda path: float(path.parts[-3]), default=None):
        return newest.parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise Missing("PostgreSQL's initdb is not installed: run `make test` as root, or see what it asks for.")


def program(name: str) -> Path:
    """The path of a program. Raises Missing."""
    if found := shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin"):
        return Path(found)
    raise Missing(f"{name} is not installed: run `make test` as root, or see what it asks for.")


def library(name: str) -> Path:
    """The path of a shared library to be loaded before others. Raises Missing."""
    for found in Path("/usr/lib").glob(f"*/faketime/{name}"):
        return found
    raise Missing(f"{name} is not installed: run `make live` as root, or see what it asks for.")


def part(name: str, pattern: str) -> Path:
    """A part of a program that a package of its own brings, below /usr. Raises Missing."""
    for found in Path("/usr").glob(pattern):
        return found
    raise Missing(f"{name} is not installed: run `make test` as root, or see what it asks for.")


def font() -> Path:
    """A font for the browser; without any, pages have no letters. Raises Missing."""
    for found in Path("/usr/share/fonts").rglob("DejaVuSans.ttf"):
        return found
    raise Missing("The font DejaVu is not installed.")


NEEDED: dict[str, Callable[[], Path]] = {
    "postgresql": postgresql_bin,
    "redis-server": lambda: program("redis-server"),
    "haproxy": lambda: program("haproxy"),
    "nginx-light": lambda: program("nginx"),
    "libfaketime": lambda: library("libfaketime.so.1"),
    "litmus": lambda: program("litmus"),
    "chromium": lambda: program("chromium"),
    "fonts-dejavu-core": font,
    "samba": lambda: program("smbd"),
    "samba-ad-dc": lambda: program("samba"),
    "samba-ad-provision": lambda: part("samba-ad-provision", "share/samba/setup/provision.ldif"),
    "samba-dsdb-modules": lambda: part("samba-dsdb-modules", "lib/*/samba/ldb/samba_dsdb.so"),
    "samba-vfs-modules": lambda: part("samba-vfs-modules", "lib/*/samba/vfs/acl_xattr.so"),
    "python3-samba": lambda: part("python3-samba", "lib/python3/dist-packages/samba/provision/__init__.py"),
    "winbind": lambda: program("winbindd"),
    "ldb-tools": lambda: program("ldbadd"),
    "slapd": lambda: program("slapd"),
    "ldap-utils": lambda: program("ldapadd"),
}


def missing() -> list[str]:
    """The Debian packages whose programs are not here."""
    absent = []
    for package, find in NEEDED.items():
        try:
            find()
        except Missing:
            absent.append(package)
    return absent


def install(packages: list[str]) -> None:
    """Install Debian packages as root, and leave no server running or enabled that came with them.

    Raises subprocess.CalledProcessError.
    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    ours = not POLICY.exists()
    if ours:  # Samba would listen on every interface until it is stopped below
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    # Read by PostgreSQL's package only while it is installed: the tests need its programs, not a server of the system.
    NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_CLUSTER.write_text("create_main_cluster = false\n")
    try:
        subprocess.run(["apt-get", "update", "--quiet=2"], env=environment, check=True)
        command = ["apt-get", "install", "--quiet=2", "--yes", "--no-install-recommends", *packages]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    finally:
        if ours:
            POLICY.unlink()
        NO_CLUSTER.unlink()
        with suppress(OSError):  # not empty: somebody else's settings are there
            NO_CLUSTER.parent.rmdir()
    for service in [service for package in packages for service in SERVICES.get(package, ())]:
        subprocess.run(["service", service, "stop"], check=False, capture_output=True)
        subprocess.run(["update-rc.d", service, "disable"], check=False, capture_output=True)


def main() -> int:
    """Exit status 0 when everything is here at the end."""
    absent = missing()
    if not absent:
        return 0
    command = f"apt-get install --no-install-recommends {' '.join(absent)}"
    if not shutil.which("apt-get"):
        print(f"The tests need what Debian calls {', '.join(absent)}: install it with your system's package manager.")
        return 1
    if os.geteuid() != 0:
        print(f"The tests need system packages that are missing: {', '.join(absent)}\nInstall them as root:\n")
        print(f"    apt-get update && {command}\n")
        return 1
    print(f"Installing system packages that the tests need: {', '.join(absent)} ...", flush=True)
    try:
        install(absent)
    except subprocess.CalledProcessError as error:
        print(f"{error.cmd[0]} failed with exit status {error.returncode}; what was tried: {command}")
        return 1
    if absent := missing():
        print(f"Still missing after the installation: {', '.join(absent)}")
        return 1
    print("They are for the tests only: no service was left running or enabled.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
