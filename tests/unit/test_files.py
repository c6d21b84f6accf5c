"""Which of several files counts, and which paths there are."""

from __future__ import annotations

from itertools import permutations

import pytest

from ums.domain.files import Reaching, placed
from ums.domain.protocol import MAX_DEVICE_PATH, device_path


def reaching(file: int, distance: int, path: str = "/a", profile: int = 0) -> Reaching:
    return Reaching(path, distance, file, f"F{file}", f"{file:064x}", 1, 0o644, "root", profile)


CASES = [
    ("nearest wins, whatever the id", [reaching(5, 1), reaching(9, 2)], 5, "closer to the device than “F9”"),
    ("equal distance: the higher id", [reaching(5, 1), reaching(9, 1)], 9, "as close as “F5”"),
    ("a profile's file is as near as its assignment", [reaching(5, 0, profile=3), reaching(9, 1)], 5, "closer"),
    ("the same file in two ways", [reaching(5, 0), reaching(5, 2, profile=1)], 5, "Only this file"),
]


@pytest.mark.parametrize(("why", "given", "winner", "rule"), CASES, ids=[case[0] for case in CASES])
def test_which_counts(why: str, given: list[Reaching], winner: int, rule: str) -> None:
    for order in permutations(given):
        (found,) = placed(order)
        assert found.winner.file == winner
        assert rule in found.rule
        assert len(found.losers) == len(given) - 1


def test_other_paths_are_no_rivals() -> None:
    found = placed([reaching(1, 0, "/b"), reaching(2, 5, "/a")])
    assert [(one.winner.path, one.winner.file, one.losers) for one in found] == [("/a", 2, ()), ("/b", 1, ())]
    assert placed([]) == ()


@pytest.mark.parametrize("path", ["/a", "/etc/ssl/certs/Größe 1.pem", "/" + "a/" * 400 + "b", "/.hidden", "/a..b"])
def test_paths(path: str) -> None:
    assert device_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "a", "/", "/a/", "//a", "/a//b", "/..", "/../a", "/a/../b", "/.", "/a/.", "C:\\a", "/a\n", "/a\0", "/\u202eb"],
)
def test_no_paths(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        device_path(path)


def test_paths_that_are_too_long() -> None:
    with pytest.raises(ValueError, match="1,000"):
        device_path("/" + "a/" * (MAX_DEVICE_PATH // 2) + "b")
    with pytest.raises(ValueError, match="255 bytes"):
        device_path("/" + "ä" * 128)
