"""`ums datasource`: which database a node uses, without a password on any screen."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from ha import nodefile
from ha.nodefile import NodeFile
from tests.services.postgresql import PostgreSQL
from tests.services.process import free_port
from ums.project.cli import main

pytestmark = pytest.mark.once


@pytest.fixture
def data(tmp_path: Path) -> Path:
    ports = {"web_port": 8443, "device_port": 30002, "balancer_port": 30001}
    words = {"name": "north", "address": "127.0.0.1", "bind": "127.0.0.1", "server": True, "balancer": True}
    url = "postgres://ums:very-secret@db.example.org:5432/ums"
    nodefile.write(tmp_path, NodeFile(id=str(uuid4()), network="", database_url=url, **words, **ports))
    return tmp_path


def test_a_node_changes_its_database(
    data: Path, postgresql: PostgreSQL, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.create_database("datasource")
    monkeypatch.setenv("UMS_DATABASE_URL", url)
    where = ["--data", str(data)]
    assert main(["datasource", "add", "second", *where]) == 0
    assert main(["datasource", "add", "second", *where]) == 1
    monkeypatch.setenv("UMS_DATABASE_URL", f"postgres://ums:very-secret@127.0.0.1:{free_port()}/ums")
    assert main(["datasource", "add", "nowhere", *where]) == 0
    assert main(["datasource", "test", "second", *where]) == 0
    assert main(["datasource", "activate", "nowhere", *where]) == 1
    assert main(["datasource", "activate", "no-such", *where]) == 1
    assert main(["datasource", "activate", "second", *where]) == 0
    node = nodefile.read(data)
    assert node and node.database_url == url
    assert (data / "datasources.toml").stat().st_mode & 0o777 == 0o600
    capsys.readouterr()
    assert main(["datasource", "list", *where]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["Name", "default", "second", "nowhere"]
    assert lines[1].split() == ["default", "db.example.org:5432", "ums", "ums"]
    assert lines[2].endswith("active")
    assert "very-secret" not in "".join(lines)


def test_without_a_node_there_is_nothing_to_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasource", "list", "--data", str(tmp_path / "nowhere")]) == 1
    assert "There is no node" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
