from __future__ import annotations

from collections.abc import Iterator

import pytest

from swp.ldap import cursors, pool


@pytest.fixture(autouse=True)
def nothing_open() -> Iterator[None]:
    """Each test begins without connections, and leaves none."""
    pool.forget()
    yield
    cursors.close_old(-1)
    pool.forget()
