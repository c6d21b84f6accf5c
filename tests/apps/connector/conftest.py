"""A database that other threads see, and a server on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connection, connections

if TYPE_CHECKING:
    from tests.apps.connector.world import Server, SimDevice


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """Real transactions on a database that several threads use at once, with the roots of the trees.

    On PostgreSQL the test database itself. SQLite's test database lives in memory and cannot be shared as a real one
    is: the test gets a copy in a file, with the journal and time-outs of a real one.
    """
    from tests.factories import root

    if connection.vendor != "sqlite":
        root()
        yield
        return
    memory = connections["default"]
    memory.ensure_connection()
    path = tmp_path / "test.sqlite3"
    with closing(sqlite3.connect(path)) as copy:
        memory.connection.backup(copy)
    configured = connections.settings["default"]
    name, configured["NAME"] = configured["NAME"], str(path)
    del connections["default"]
    try:
        root()
        yield
        connections["default"].close()
    finally:
        configured["NAME"] = name
        connections["default"] = memory


@pytest.fixture
def server(shared_database: None) -> Iterator[Server]:
    """The device connector, served by uvicorn."""
    from tests.apps.connector.world import Server

    with Server() as running:
        yield running


@pytest.fixture
def device(server: Server) -> SimDevice:
    """A device with a catalogue for its firmware."""
    from tests.apps.connector.world import SimDevice
    from tests.factories import CatalogueFactory

    CatalogueFactory()
    return SimDevice()


@pytest.fixture(autouse=True)
def no_failures_remembered() -> Iterator[None]:
    """Throttles forget what other tests did, and what was licensed there."""
    from ums.connector import throttle, told

    throttle.addresses.clear()
    throttle.unit_ids.clear()
    told.assets.forget()
    yield
    throttle.addresses.clear()
    throttle.unit_ids.clear()
    told.assets.forget()


@pytest.fixture(autouse=True)
def no_error_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever devices send, nothing of it is an error of the server."""
    yield
    errors = [record for record in caplog.get_records("call") if record.levelname in ("ERROR", "CRITICAL")]
    assert not errors, [record.getMessage() for record in errors]
