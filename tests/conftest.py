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
    from tests.services.openldap import OpenLDAP
    from tests.services.postgresql import PostgreSQL
    from tests.services.redis import Redis
    from tests.services.samba import Samba

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


@pytest.fixture(scope="session")
def corp_template() -> Iterator[Samba]:
    """CORP.TEST with its people (tests/services/domains.py), to be copied; it does not run."""
    from tests.services.domains import corp

    domain = corp()
    yield domain
    domain.stop()


@pytest.fixture(scope="session")
def lab_template() -> Iterator[Samba]:
    """LAB.TEST, as `corp_template`."""
    from tests.services.domains import lab

    domain = lab()
    yield domain
    domain.stop()


@pytest.fixture(scope="module")
def corp(corp_template: Samba) -> Iterator[Samba]:
    """A controller of CORP.TEST that runs, of this module alone."""
    with corp_template.copy() as domain:
        yield domain


@pytest.fixture(scope="module")
def lab(lab_template: Samba) -> Iterator[Samba]:
    """A controller of LAB.TEST that runs, of this module alone."""
    with lab_template.copy() as domain:
        yield domain


@pytest.fixture(scope="module")
def openldap() -> Iterator[OpenLDAP]:
    """An OpenLDAP server, of this module alone."""
    from tests.services.openldap import OpenLDAP

    with OpenLDAP() as server:
        yield server


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """In CI nothing may be missing silently; elsewhere the first test that needs a program says how to get it."""
    if os.environ.get("CI"):
        for package, find in NEEDED.items():
            try:
                find()
            except Missing as error:
                raise pytest.UsageError(f"{package}: {error}") from error
