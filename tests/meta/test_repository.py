"""What the repository contains, and what it must not."""

from __future__ import annotations

import re
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.meta.source import ROOT

pytestmark = pytest.mark.once

TEXT = {".py", ".html", ".css", ".js", ".md", ".toml", ".txt", ".json", ".svg", ".service", ".cfg", ".yml", ".yaml", ""}
OWN_HOSTS = re.compile(
    r"https?://(localhost|127\.0\.0\.1|\[::1\]|[^/\s\"'<>)]*\.(test|example|invalid)|(www\.)?example\.(com|org|net)"
    r"|www\.w3\.org/(2000/svg|1999/xlink|XML)|[^/\s\"'<>)]*[{<$%…][^/\s]*)"
)
"""Names that lead nowhere outside: this machine, names reserved for examples, XML namespaces, place holders."""
ADDRESS = re.compile(r"https?://[^\s\"'<>)`\\]+")
THIRD_PARTY = re.compile(r"(^|/)(vendor|node_modules|third[-_]party|bower_components)(/|$)|\.min\.(js|css)$")
LARGEST = 1_000_000
"""Bytes of one file."""


def tracked() -> list[Path]:
    """Every file that git would commit; all of them are ours."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_of_others() -> None:
    found = [str(path.relative_to(ROOT)) for path in tracked() if THIRD_PARTY.search(str(path.relative_to(ROOT)))]
    assert not found, f"these look like copies of other people's work: {found}"


def test_no_large_file() -> None:
    found = {str(path.relative_to(ROOT)): path.stat().st_size for path in tracked() if path.stat().st_size > LARGEST}
    assert not found


@pytest.mark.parametrize(
    "folder", ["ums", "ha", "swp", "templates", "static", "requirements.txt", "requirements-dev.txt"]
)
def test_names_no_host(folder: str) -> None:
    """What we ship asks nobody on the internet, and the lock says nothing about where packages come from."""
    found = []
    for path in tracked():
        name = str(path.relative_to(ROOT))
        if (name == folder or name.startswith(f"{folder}/")) and path.suffix in TEXT:
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                found += [f"{name}:{number} {at}" for at in ADDRESS.findall(line) if not OWN_HOSTS.match(at)]
    assert not found, found


def test_locks_agree() -> None:
    """Whatever runs is what was tested: both locks pin the same versions."""
    pins = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        pins[name] = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
    development = pins["requirements-dev.txt"]
    differing = {
        package for package, version in pins["requirements.txt"].items() if development.get(package) != version
    }
    assert not differing, f"run `make lock`: {differing}"


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    out = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out)
    except SystemExit:
        pytest.fail(f"models changed without a migration:\n{out.getvalue()}")
