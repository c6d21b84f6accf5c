"""A server of the protocol for the tests of the agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.peer import Peer


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    directory = tmp_path / "server"
    async with Peer(directory).listen() as listening:
        yield listening
