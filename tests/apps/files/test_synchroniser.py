"""Rows and disk of a server are brought together, whatever happened to either."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from ha.models import Node
from tests.apps.files.other_server import OtherServer
from tests.factories import FileFactory
from tests.services.process import wait_until
from ums.files.models import ContentCopy, CopyState, FileContent
from ums.files.services.contents import content_kept, dropped, sealed
from ums.files.store import Store, store, synchroniser
from ums.files.store.synchroniser import Synchroniser

pytestmark = pytest.mark.django_db(transaction=True)

DATA = bytes(range(256)) * 9000
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def disk(settings: Any, tmp_path: Path) -> Store:
    settings.UMS_DATA = tmp_path
    return store()


@pytest.fixture
def node(settings: Any, disk: Store) -> Node:
    """This server as one of a network."""
    if connection.vendor != "postgresql":
        pytest.skip("the embedded database has no network")
    row = Node.objects.create(name="this", address="127.0.0.1", version="1")
    settings.UMS_NODE = SimpleNamespace(id=str(row.pk), device_port=1, web_port=2)
    return row


@pytest.fixture
def other(node: Node, tmp_path: Path) -> Iterator[OtherServer]:
    with OtherServer(tmp_path / "other") as server:
        yield server


@pytest.fixture
def running(node: Node) -> Iterator[Synchroniser]:
    thread = Synchroniser(node.pk)
    yield thread
    thread.stop(seconds=10)


def elsewhere() -> FileContent:
    return FileContent.objects.create(sha256=SHA256, size=len(DATA), in_database=False)


def kept(data: bytes) -> FileContent:
    with store().incoming(size=len(data)) as incoming, transaction.atomic():
        incoming.write(data)
        return content_kept(incoming.finish())


def becomes(content: FileContent, node: Node, state: str) -> ContentCopy:
    def copy() -> ContentCopy | None:
        return ContentCopy.objects.filter(content=content, node=node).first()

    wait_until(lambda: (found := copy()) is not None and found.state == state, 20, f"{content} {state}", 0.05)
    return ContentCopy.objects.get(content=content, node=node)


def test_a_server_fetches_what_another_one_has(running: Synchroniser, node: Node, other: OtherServer) -> None:
    content = elsewhere()
    other.has(content, DATA)
    running.start()
    becomes(content, node, CopyState.HELD)
    assert not store().damaged(SHA256)


def test_nobody_has_it_but_the_database(running: Synchroniser, node: Node) -> None:
    file = FileFactory(data=b"content")
    empty = FileFactory(data=b"")
    running.start()
    becomes(file.content, node, CopyState.HELD)
    becomes(empty.content, node, CopyState.HELD)
    assert store().path(file.content_id).read_bytes() == b"content"
    assert store().size(empty.content_id) == 0


def test_what_cannot_be_fetched_says_why_and_comes_when_a_server_is_back(
    running: Synchroniser, node: Node, other: OtherServer
) -> None:
    content = elsewhere()
    running.start()
    assert becomes(content, node, CopyState.FAILED).error == "No server that runs has this content."
    other.has(content, DATA)
    other.beats()
    running.told(again=True)
    assert becomes(content, node, CopyState.HELD).error == ""


def test_what_comes_damaged_is_not_taken(running: Synchroniser, node: Node, other: OtherServer) -> None:
    content = elsewhere()
    other.has(content, DATA[:-1] + b"!")
    running.start()
    assert "damaged" in becomes(content, node, CopyState.FAILED).error
    assert not store().holds(SHA256)
    assert not list((store().root / "incoming").iterdir())


def test_a_damaged_content_comes_from_the_database_instead(
    running: Synchroniser, node: Node, other: OtherServer
) -> None:
    content = FileFactory(data=b"content").content
    other.has(content, b"damaged")
    running.start()
    becomes(content, node, CopyState.HELD)
    assert store().path(content.pk).read_bytes() == b"content"


@pytest.mark.parametrize("damage", ["lost", "cut off", "changed"])
def test_what_was_held_and_is_not_any_more_is_fetched_again(
    running: Synchroniser, node: Node, other: OtherServer, damage: str
) -> None:
    content = kept(DATA)
    other.has(content, DATA)
    path = store().path(SHA256)
    if damage == "lost":
        path.unlink()
    else:
        path.write_bytes(DATA[:10] if damage == "cut off" else DATA[:-1] + b"!")
    copy = ContentCopy.objects.get(content=content, node=node)
    # A day ago its bytes were right.
    ContentCopy.objects.filter(pk=copy.pk).update(checked_at=copy.at - timedelta(days=1, minutes=1))
    running.start()
    wait_until(lambda: path.exists() and path.read_bytes() == DATA, 20, "the content", 0.05)
    becomes(content, node, CopyState.HELD)


def test_what_a_dead_process_was_fetching_waits_again(running: Synchroniser, node: Node, other: OtherServer) -> None:
    content = elsewhere()
    other.has(content, DATA)
    ContentCopy.objects.create(content=content, node=node, state=CopyState.FETCHING)
    running.start()
    becomes(content, node, CopyState.HELD)


def test_what_nobody_refers_to_goes_from_the_disk(running: Synchroniser, node: Node) -> None:
    content = kept(DATA)
    before = kept(b"from before")
    FileContent.objects.filter(pk=before.pk).delete()
    running.start()
    wait_until(lambda: not store().holds(before.pk), 20, "the end of what no row names", 0.05)
    assert store().holds(SHA256)
    running.told(gone=[SHA256])
    with transaction.atomic():
        dropped(content.pk)
    running.told(gone=[SHA256])
    wait_until(lambda: not store().holds(SHA256), 20, "the end of the content", 0.05)


def test_what_is_just_being_put_here_goes_when_nobody_wanted_it(running: Synchroniser) -> None:
    running.start()
    with store().incoming() as incoming:
        incoming.write(DATA)
        incoming.finish()
        running.remove_gone()
        running.told(gone=[SHA256])
        assert store().holds(SHA256)
    wait_until(lambda: not store().holds(SHA256), 20, "the end of the content", 0.05)


def test_a_content_that_became_a_secret_goes_from_the_disk(running: Synchroniser, node: Node) -> None:
    content = FileFactory(data=b"key").content
    running.start()
    becomes(content, node, CopyState.HELD)
    with transaction.atomic():
        sealed(content)
    running.told(gone=[content.pk])
    wait_until(lambda: not store().holds(content.pk), 20, "the end of the secret", 0.05)


def test_a_server_by_itself_only_tidies_up(disk: Store) -> None:
    file = FileFactory(data=b"content")
    thread = Synchroniser(None)
    content = kept(b"kept")
    with disk.incoming() as incoming:
        incoming.write(DATA)
        incoming.finish()
    thread.compare()
    thread.fetch_waiting()
    assert set(disk.all()) == {content.pk}
    FileContent.objects.filter(pk=content.pk).delete()
    thread.told(gone=[content.pk])
    thread.remove_gone()
    assert not set(disk.all())
    assert not ContentCopy.objects.exists()
    assert file.content.in_database
    thread.stop()


def test_the_one_of_this_process(node: Node) -> None:
    synchroniser.told()
    synchroniser.start(UUID(str(node.pk)))
    try:
        content = FileFactory(data=b"content").content
        synchroniser.told()
        # Rows of new contents are written with them; for this one nobody did, unless its first look came later.
        ContentCopy.objects.get_or_create(content=content, node=node)
        synchroniser.told()
        becomes(content, node, CopyState.HELD)
    finally:
        synchroniser.stop()
        synchroniser.stop()
