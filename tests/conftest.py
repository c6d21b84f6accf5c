"""Fixtures of the whole suite. Django is imported inside them: the unit tests run without it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.services.packages import NEEDED, Missing

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.services.postgresql import PostgreSQL
    from tests.services.redis import Redis

# How long an example takes says something about the machine, not about the code.
hypothesis.settings.register_profile("ums", deadline=None)
hypothesis.settings.load_profile("ums")


@pytest.fixture
def cast(db: None) -> Cast:
    """Root, the admin of one subtree, a reader and a stranger, with one of each thing (tests/cast.py)."""
    from tests.cast import make_cast

    return make_cast()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server beside the run's own database, for tests that start servers or break databases."""
    from tests.services.postgresql import PostgreSQL

    with PostgreSQL() as server:
        yield server


@pytest.fixture
def redis_server() -> Iterator[Redis]:
    """A Redis server of this test alone, which it may kill."""
    from tests.services.redis import Redis

    with Redis() as server:
        yield server


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """In CI nothing may be missing silently; elsewhere the first test that needs a program says how to get it."""
    if os.environ.get("CI"):
        for package, find in NEEDED.items():
            try:
                find()
            except Missing as error:
                raise pytest.UsageError(f"{package}: {error}") from error
