"""What monitors are told: what is bad is asked again soon."""

from __future__ import annotations

import time

import pytest

from ums.project import status as module
from ums.project.status import AGAIN_AFTER, RECOMPUTE_AFTER, Status


def test_a_server_that_is_good_again_says_so_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = time.monotonic()
    monkeypatch.setattr(module.time, "monotonic", lambda: clock)
    words = iter(["err", "err", "ok", "err"])
    status = Status()
    monkeypatch.setattr(status, "_computed", lambda now: next(words))
    status.serving()
    said = []
    for pause in (0.0, AGAIN_AFTER - 1, 1.0, AGAIN_AFTER, RECOMPUTE_AFTER - 1, 1.0):
        clock += pause
        said.append(status.word())
    assert said == ["err", "err", "err", "ok", "ok", "err"]
