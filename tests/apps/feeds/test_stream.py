"""The stream of events: what happens comes, once, and only to who may see it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client

from tests.cast import Cast, make_cast
from ums.accounts.models import ApiToken
from ums.accounts.services import api_token_create, api_token_revoke
from ums.core.actor import Actor
from ums.events.kinds import declare_kinds
from ums.events.models import Event
from ums.events.recording import event
from ums.feeds import stream
from ums.feeds.stream import Streams

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/events/stream/"


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Cast:
    declare_kinds(test__happened="Something happened in a test.", test__other="Something else.")
    monkeypatch.setattr(stream, "LOOK", 0.02)
    monkeypatch.setattr(stream, "streams", Streams())
    monkeypatch.setattr("ums.feeds.api.streams", stream.streams)
    return make_cast()


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    """The connection of the thread that the requests of a test had goes with it."""
    yield
    await sync_to_async(connections.close_all)()


def token(cast: Cast, role: str) -> tuple[ApiToken, str]:
    user = getattr(cast, role)
    return api_token_create(actor=Actor.of(user), user=user, name="stream")


class Listener:
    """A reader of a stream, as programs are."""

    def __init__(self, text: str) -> None:
        self._text, self.last = text, ""
        self._parts: AsyncIterator[bytes] | None = None
        self._blocks: list[str] = []

    async def open(self, **query: str) -> Any:
        headers = {"authorization": f"Token {self._text}", "accept": "text/event-stream"}
        if self.last:
            headers["last-event-id"] = self.last
        response: Any = await AsyncClient().get(PATH, query, secure=True, headers=headers)
        if response.status_code == 200:
            self._parts = aiter(response)
        return response

    async def block(self) -> dict[str, str]:
        """The fields of what comes next; {} when the stream has ended."""
        assert self._parts is not None, "the stream was refused"
        while not self._blocks:
            part = await asyncio.wait_for(anext(self._parts, None), 10)
            if part is None:
                return {}
            self._blocks = [one for one in part.decode().split("\n\n") if one]
        found = dict(line.split(": ", 1) for line in self._blocks.pop(0).split("\n"))
        self.last = found["id"]
        return found

    async def name(self) -> str:
        """Of what the next event is about."""
        while "data" not in (found := await self.block()):
            assert found, "the stream has ended"
        told = json.loads(found["data"])
        assert (told["kind"], told["cursor"]) == (found["event"], found["id"])
        return str(told["object"]["name"])

    async def close(self) -> None:
        assert self._parts is not None
        await self._parts.aclose()  # type: ignore[attr-defined]


def told(cast: Cast, name: str, thing: str = "device", kind: str = "test.happened") -> Any:
    """Something happens, in a transaction of another thread."""
    work: Callable[..., None] = event
    return sync_to_async(work)(kind=kind, target=cast.things[thing], name=name)


async def test_what_happens_comes(world: Cast) -> None:
    _, text = await sync_to_async(token)(world, "reader")
    await told(world, "before")
    listener = Listener(text)
    response = await listener.open()
    assert response["Content-Type"] == "text/event-stream"
    assert (await listener.block())["retry"] == "3000"
    await told(world, "a")
    await told(world, "not mine", "elsewhere")
    await told(world, "b")
    assert [await listener.name(), await listener.name()] == ["a", "b"]
    await listener.close()
    await told(world, "meanwhile")
    await listener.open()
    assert await listener.name() == "meanwhile"
    await listener.close()


async def test_only_some_kinds(world: Cast) -> None:
    _, text = await sync_to_async(token)(world, "reader")
    listener = Listener(text)
    await told(world, "a")
    await told(world, "b", kind="test.other")
    first = await sync_to_async(lambda: Event.objects.order_by("id").first())()
    assert first is not None
    await listener.open(kind="test.other", after="0")
    assert await listener.name() == "b"
    await listener.close()


async def test_a_revoked_token_ends_its_stream(world: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)
    row, text = await sync_to_async(token)(world, "reader")
    listener = Listener(text)
    await listener.open()
    for _ in range(3):
        assert set(await listener.block()) <= {"retry", "id"}
    await sync_to_async(api_token_revoke)(actor=world.actor("root"), token=row)
    while await listener.block():
        pass


async def test_a_server_that_stops_ends_all(world: Cast) -> None:
    _, text = await sync_to_async(token)(world, "reader")
    listener = Listener(text)
    await listener.open()
    await listener.block()
    stream.streams.end()
    assert await listener.block() == {}
    refused = await Listener(text).open()
    assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")


async def test_there_is_a_most(world: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST", 1)
    _, text = await sync_to_async(token)(world, "reader")
    listener = Listener(text)
    await listener.open()
    await listener.block()
    refused = await Listener(text).open()
    assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")
    waiting = asyncio.create_task(listener.block())
    await asyncio.sleep(0.1)
    waiting.cancel()  # as a server does whose client has gone
    await asyncio.wait([waiting])
    stream.streams.room()


def test_refusals(world: Cast) -> None:
    _, text = token(world, "reader")
    client = Client(headers={"authorization": f"Token {text}", "accept": "text/event-stream"})
    for query, status in (
        ({"kind": "test.misspelt"}, 400),
        ({"after": "x"}, 400),
        ({"colour": "red"}, 400),
    ):
        assert client.get(PATH, query, secure=True).status_code == status, query
    assert Client(headers={"accept": "text/event-stream"}).get(PATH, secure=True).status_code == 401
