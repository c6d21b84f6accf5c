"""Paths of the transfer directory: what is one, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ums.domain.transfer import MAX_DEPTH, MOUNT, PathError, address_of, check_path, path_of


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("", ()),
        ("/", ()),
        ("/a", ("a",)),
        ("/a/", ("a",)),
        ("/a/b%20c/d.txt", ("a", "b c", "d.txt")),
        ("/%C3%A4", ("ä",)),
        ("/100%25", ("100%",)),
        ("/...", ("...",)),
        ("/a/.contents", ("a", ".contents")),
        ("/" + 255 * "n", (255 * "n",)),
        (MAX_DEPTH * "/d", MAX_DEPTH * ("d",)),
    ],
)
def test_paths(address: str, path: tuple[str, ...]) -> None:
    assert path_of(address) == path


@pytest.mark.parametrize(
    "address",
    [
        "/..", "/a/../b", "/%2e%2e/etc", "/a/%2E/b", "//", "/a//b", "//a", "/a//", "/a%2Fb", "/a%2f..%2fb", "/a%00b",
        "/a%0Ab", "/a%5Cb", "/a%3Bb", "/a%3Fb", "/%ff", "/%ED%A0%80", "/a%7F", "/" + 256 * "n",
        "/" + 128 * "%C3%A4", (MAX_DEPTH + 1) * "/d", "/.contents", "/.contents/" + 64 * "0",
    ],
)  # fmt: skip
def test_refused(address: str) -> None:
    with pytest.raises(PathError):
        path_of(address)


@given(st.lists(st.text(max_size=40), max_size=5).map(tuple))
def test_an_address_leads_back(path: tuple[str, ...]) -> None:
    try:
        check_path(path)
    except PathError:
        return
    assert path_of(address_of(path).removeprefix(MOUNT)) == path
