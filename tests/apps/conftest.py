"""Fixtures of the tests of apps."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """A test that is rolled back gives its ids to the next one: what was remembered of them is of another revision."""
    from ums.effective import contents, selectors

    contents._REMEMBERED.clear()
    selectors._memo._results.clear()
