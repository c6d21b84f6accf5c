"""How much of an answer a host that joins reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from ha.joining import MAX_ANSWER
from ums.project.node.join import _asked
from ums.project.prepare import StartError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Endless(httpx.SyncByteStream):
    """An answer that does not end; `parts` of a kilobyte have been read."""

    parts = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.parts += 1
            yield bytes(1024)


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    answer = Endless()
    with (
        httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200, stream=answer))) as client,
        pytest.raises(StartError, match="more than 1,048,576 bytes"),
    ):
        _asked(client, "north:8443", b"", "")
    assert MAX_ANSWER // 1024 < answer.parts < 3 * MAX_ANSWER // 1024


def test_an_answer_of_ours_is_read_whole() -> None:
    said = bytes(MAX_ANSWER)
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(409, content=said))) as client:
        assert _asked(client, "north:8443", b"", "") == (409, said)
