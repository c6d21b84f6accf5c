"""The systemd unit of a node: systemd accepts it, and it ends the node as the node wants to be ended."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import tomllib
from pathlib import Path

from ha.watchdog.configuration import PROGRAMS
from tests.meta.source import ROOT

UNIT = ROOT / "ha" / "systemd" / "ums-node.service"


def service() -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text())
    assert parser["Install"]["WantedBy"] == "multi-user.target"
    return dict(parser["Service"])


def test_systemd_accepts_it(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", UNIT], capture_output=True, text=True, check=False, timeout=60
        )
        complaints = [line for line in done.stderr.splitlines() if UNIT.name in line]
        assert complaints == []
        assert done.returncode == 0, done.stderr
    # Where there is no systemd, at least each line is a section, a comment or a setting.
    lines = [line for line in UNIT.read_text().splitlines() if line and not line.startswith("#")]
    assert all(line.startswith("[") or line.partition("=")[0].isalnum() for line in lines)


def test_it_runs_and_ends_a_node() -> None:
    found = service()
    assert found["ExecStart"].endswith("ums node start --data /var/lib/ums")
    assert (found["Type"], found["Restart"], found["KillMode"]) == ("exec", "always", "mixed")
    assert found["User"] == "ums"
    assert found["UMask"] == "0077"
    # All of them one after the other, each to its limit.
    assert int(found["TimeoutStopSec"]) > sum(program.stops_within for program in PROGRAMS.values())


def test_it_is_installed() -> None:
    package_data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert package_data["ha"] == ["systemd/*.service"]
