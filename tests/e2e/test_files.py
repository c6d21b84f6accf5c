"""A real agent gets a file of its directory, keeps it over a crash, and loses it again. Without a browser."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.conftest import fresh_database_url
from tests.services.agent import Agent
from tests.services.process import wait_until
from tests.services.server import Server

CONTENT = b"#!/bin/sh\n" + bytes(range(256)) * 8192  # more than one part


def test_a_file_of_the_directory_comes_and_goes(tmp_path: Path) -> None:
    server = Server(tmp_path / "ums", database_url=fresh_database_url())
    server.start()
    place = tmp_path / "device" / "root" / "opt" / "run.sh"
    (tmp_path / "device").mkdir()
    try:
        with server.api() as api:

            def root(kind: str) -> int:
                items = api.get("directories/", params={"kind": kind}).json()["items"]
                return int(next(item["id"] for item in items if item["parent"] is None))

            ward = api.post("directories/", json={"parent": root("device"), "name": "Ward"}).json()["id"]
            bound = {"name": "Real device", "kind": "bound", "unit_ids": ["REAL01"], "directory": ward}
            key = api.post("enrolment-keys/", json=bound).json()["items"][0]["secret"]
            agent = Agent(tmp_path / "device" / "state", server, key, unit_id="REAL01", name="real")
            agent.start()
            try:
                form = {"name": "run", "directory": root("file"), "device_path": "/opt/run.sh", "permissions": "755"}
                made = api.post("files/", data=form, files={"content": ("run.sh", CONTENT)})
                made.raise_for_status()
                body = {"files": [made.json()["id"]], "directories": [ward]}
                assigned = api.post("file-assignments/", json=body).json()["items"][0]["id"]
                wait_until(place.exists, 20, "the file")
                assert place.read_bytes() == CONTENT
                assert place.stat().st_mode & 0o777 == 0o755
                server.kill()
                agent.stop()
                place.write_bytes(b"by somebody")
                server.start()
                agent.start()
                wait_until(lambda: place.read_bytes() == CONTENT, 60, "the right content again")
                api.delete(f"file-assignments/{assigned}/").raise_for_status()
                wait_until(lambda: not place.exists(), 20, "the file gone")
            finally:
                agent.stop()
    finally:
        server.stop()
