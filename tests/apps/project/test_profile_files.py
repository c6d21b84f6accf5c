"""`ums profiles export|diff|apply` as pipelines run it: processes, exit codes, files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.server import PASSWORD, Server

pytestmark = pytest.mark.once

PROGRAM = Path(sys.executable).with_name("ums")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the demo's profiles and assignments; its server has ended."""
    server = Server(tmp_path_factory.mktemp("full") / "data", demo=3)
    server.start()
    server.stop()
    return server.data


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory without any profile."""
    server = Server(tmp_path_factory.mktemp("empty") / "data")
    server.start()
    server.stop()
    return server.data


@pytest.fixture
def data(full: Path, tmp_path: Path) -> Path:
    """A copy of the full one, to change."""
    return shutil.copytree(full, tmp_path / "data", ignore=shutil.ignore_patterns("*.log"))


def profiles(*options: str | Path, data: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run `ums profiles` to its end."""
    env = {**os.environ, "UMS_SUPERUSER_PASSWORD": PASSWORD, "UMS_LOG_FORMAT": "json", "UMS_DATA": str(data)}
    env["UMS_DATABASE_URL"] = f"sqlite:///{data / 'ums.sqlite3'}"
    command = [PROGRAM, "profiles", *map(str, options)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False, input=stdin)


def changed(directory: Path, old: str, new: str) -> Path:
    """Change a text in the one file that has it."""
    (path,) = [path for path in directory.rglob("*.toml") if old in path.read_text()]
    path.write_text(path.read_text().replace(old, new))
    return path


@pytest.mark.timeout(900)
def test_export_diff_apply(full: Path, data: Path, tmp_path: Path) -> None:
    files = tmp_path / "files"
    done = profiles("export", files, data=data)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "" and (files / "assignments.toml").exists() and list((files / "profiles").glob("*.toml"))

    same = profiles("diff", files, data=data)
    assert (same.returncode, same.stdout) == (0, ""), same.stdout + same.stderr

    (files / "profiles" / "new.toml").write_text(
        'format = "ums-profile/1"\nname = "From files"\ndirectory = ["Files"]\n'
        'based_on = {name = "UMS Linux"}\n[values]\n"userinterface.sound.volume" = 12\n'
    )
    with (files / "assignments.toml").open("a") as file:
        file.write('\n[[profile]]\nname = "From files"\ndirectory = ["Files"]\ndirectories = [[]]\n')
    different = profiles("diff", files, data=data)
    assert different.returncode == 1
    assert "+ standard profile “Files › From files”: new, 1 value" in different.stdout
    assert "userinterface.sound.volume (" in different.stdout and "\x1b" not in different.stdout
    assert "+ assignment: From files → the root" in different.stdout

    asked = profiles("apply", files, data=data)
    assert asked.returncode == 2 and "--yes" in asked.stderr
    tried = profiles("apply", files, "--dry-run", data=data)
    assert tried.returncode == 0 and profiles("diff", files, data=data).returncode == 1
    applied = profiles("apply", files, "--yes", data=data)
    assert applied.returncode == 0, applied.stderr
    assert profiles("diff", files, data=data).returncode == 0
    again = profiles("apply", files, "--yes", data=data)
    assert again.returncode == 0 and "Nothing to do" in again.stderr

    changed(files / "profiles", 'userinterface.sound.volume" = 12', 'userinterface.sound.volume" = 13')
    different = profiles("diff", files, data=data)
    assert "-   12" in different.stdout and "+   13" in different.stdout and "~ standard profile" in different.stdout
    assert profiles("apply", files, "--yes", data=data).returncode == 0

    (files / "profiles" / "new.toml").unlink()
    text = (files / "assignments.toml").read_text()
    (files / "assignments.toml").write_text(text[: text.rindex("[[profile]]")])
    assert profiles("diff", files, data=data).returncode == 0
    pruned = profiles("diff", files, "--prune", data=data)
    assert pruned.returncode == 1 and "- Standard profile “From files”: not in the files" in pruned.stdout
    assert profiles("apply", files, "--prune", "--yes", data=data).returncode == 0
    assert profiles("diff", files, "--prune", data=data).returncode == 0


@pytest.mark.timeout(900)
def test_apply_on_an_empty_server_makes_everything(full: Path, empty: Path, tmp_path: Path) -> None:
    files, again = tmp_path / "files", tmp_path / "again"
    profiles("export", files, data=full)
    assert "${SITE}" in "".join(path.read_text() for path in (files / "profiles").iterdir())
    assert 'name = "SITE"' in (files / "template-keys.toml").read_text()
    missing = profiles("apply", files, "--yes", data=empty)
    assert missing.returncode == 2 and "There is no directory of devices" in missing.stderr
    assert "assignments.toml:" in missing.stderr and "template-keys.toml:" in missing.stderr
    made = profiles("apply", files, "--yes", "--create-directories", data=empty)
    assert made.returncode == 0, made.stderr
    profiles("export", again, data=empty)
    names = sorted(path.relative_to(files) for path in files.rglob("*.toml"))
    assert names == sorted(path.relative_to(again) for path in again.rglob("*.toml"))
    assert all((files / name).read_text() == (again / name).read_text() for name in names)


@pytest.mark.timeout(900)
def test_other_formats_and_single_profiles(data: Path, tmp_path: Path) -> None:
    for kind in ("ipm", "xml"):
        files = tmp_path / kind
        assert profiles("export", files, "--format", kind, data=data).returncode == 0
        assert [path.name for path in files.iterdir()] == [f"profiles.{kind}"]
        assert profiles("diff", files, data=data).returncode == 0
    one = tmp_path / "one"
    assert profiles("export", one, "--profile", "On-screen keyboard", data=data).returncode == 0
    assert [path.name for path in (one / "profiles").iterdir()] == ["On-screen keyboard.toml"]
    assert not (one / "template-keys.toml").exists()
    nobody = profiles("export", one, "--profile", "Nobody", data=data)
    assert nobody.returncode == 2 and "There is no profile “Nobody”" in nobody.stderr


@pytest.mark.timeout(900)
def test_wrong_files_are_told_by_file_and_line(data: Path, tmp_path: Path) -> None:
    files = tmp_path / "files"
    profiles("export", files, "--profile", "On-screen keyboard", data=data)
    path = files / "profiles" / "wrong.toml"
    head = 'format = "ums-profile/1"\nname = "Wrong"\nbased_on = {name = "UMS Linux"}\n'
    for text, where in (
        (f'{head}[values]\n"userinterface.sound.volume" = 5000\n', f"{path}:5: userinterface.sound.volume: "),
        (f"{head}surprise = 1\n", f"{path}:1: "),
        (f"{head}[values\n", f"{path}:4: "),
    ):
        path.write_text(text)
        for action in (["diff"], ["apply", "--yes"]):
            done = profiles(*action, files, data=data)
            assert done.returncode == 2 and where in done.stderr, (done.stderr, where)
    assert profiles("diff", tmp_path / "nowhere", data=data).returncode == 2
    assert profiles("diff", data=data).returncode == 2
