"""Contents between servers: who is given one, and how it is read from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from ha.models import Node, Process
from tests.apps.files.other_server import OtherServer
from tests.cast import Cast
from tests.factories import FileFactory, UserFactory
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import DirectoryKind
from ums.devices.selectors import directory_root
from ums.files.models import CHUNK, ContentCopy, CopyState, FileContent, TransferEntry
from ums.files.services import copies_completed, copy_retry, file_create
from ums.files.services.contents import content_kept, dropped, sealed
from ums.files.store import Kept, passes, store
from ums.files.store.streams import content_stream
from ums.files.transfer.selectors import top
from ums.files.views import contents
from ums.project.tls import server_files

pytestmark = pytest.mark.django_db

DATA = bytes(range(256)) * 9000
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def data(settings: Any, tmp_path: Path) -> None:
    """A disk of its own for each test."""
    settings.UMS_DATA = tmp_path
    contents.failures.clear()


@pytest.fixture
def node(settings: Any) -> Node:
    """This server as one of a network."""
    row = Node.objects.create(name="this", address="127.0.0.1", version="1")
    settings.UMS_NODE = SimpleNamespace(id=str(row.pk), device_port=1, web_port=2)
    return row


@pytest.fixture
def other(tmp_path: Path) -> Iterator[OtherServer]:
    with OtherServer(tmp_path / "other") as server:
        yield server


def elsewhere() -> FileContent:
    return FileContent.objects.create(sha256=SHA256, size=len(DATA), in_database=False)


def kept(data: bytes = DATA) -> Kept:
    with store().incoming(size=len(data)) as incoming:
        incoming.write(data)
        return incoming.finish()


# ---------------------------------------------------------------- rows


def test_a_content_that_is_kept_here_is_to_be_fetched_by_all_other_servers(node: Node) -> None:
    other = Node.objects.create(name="other", address="10.0.0.2", version="1")
    Node.objects.create(name="balancer", address="10.0.0.3", has_server=False, has_balancer=True, version="1")
    with transaction.atomic():
        content = content_kept(kept())
        assert content_kept(kept()) == content
    assert (content.size, content.in_database, content.sealed) == (len(DATA), False, False)
    assert dict(content.copies.values_list("node__name", "state")) == {"this": "held", "other": "waiting"}
    late = Node.objects.create(name="late", address="10.0.0.4", version="1")
    copies_completed(node_id=late.pk)
    assert content.copies.get(node=late).state == CopyState.WAITING
    other.delete()
    assert content.copies.count() == 2


def test_a_server_by_itself_has_no_rows_about_copies() -> None:
    content = content_kept(kept())
    assert not content.copies.exists()
    with content_stream(content) as stream:
        assert stream.read() == DATA


def test_a_secret_lies_on_no_disk(node: Node) -> None:
    file = FileFactory(data=b"key")
    copies_completed(node_id=node.pk)
    assert file.content.copies.count() == 1
    sealed(file.content)
    assert not file.content.copies.exists()
    copies_completed(node_id=node.pk)
    content = content_kept(kept(b"key"))
    assert content == file.content and content.sealed
    assert not content.copies.exists()
    store().path(content.pk).write_bytes(b"yek")
    with content_stream(content) as stream:
        assert stream.read() == b"key", "of the database, not of the disk"


def test_a_content_goes_with_the_last_who_refers_to_it() -> None:
    file = FileFactory(data=b"content")
    dropped(file.content_id)
    assert FileContent.objects.exists()
    entry = TransferEntry.objects.create(parent=top(), name="same", content=file.content, author_name="root")
    file.delete()
    dropped(file.content_id)
    assert FileContent.objects.exists()
    entry.delete()
    dropped(file.content_id)
    assert not FileContent.objects.exists()
    dropped(file.content_id)


def test_only_who_administers_the_network_has_it_tried_again(node: Node) -> None:
    copy = ContentCopy.objects.create(content=elsewhere(), node=node, state=CopyState.FAILED, error="full")
    with pytest.raises(NotAllowed):
        copy_retry(actor=Actor.of(UserFactory()), copy=copy)
    actor = Actor.of(UserFactory(is_superuser=True))
    copy_retry(actor=actor, copy=copy)
    copy.refresh_from_db()
    assert (copy.state, copy.error) == (CopyState.WAITING, "")
    with pytest.raises(Conflict):
        copy_retry(actor=actor, copy=copy)


def test_a_file_object_of_what_lies_in_the_transfer_directory_has_its_content_in_the_database(node: Node) -> None:
    """Devices get files also while the only server that had the upload is away."""
    content = content_kept(kept())
    assert not content.chunks.exists()
    file = file_create(
        actor=SYSTEM,
        directory=directory_root(kind=DirectoryKind.FILE),
        content=BytesIO(DATA),
        name="F",
        device_path="/f",
    )
    assert file.content == content
    content.refresh_from_db()
    assert content.in_database
    assert list(content.chunks.values_list("number", flat=True)) == [0, 1, 2]
    store().remove(SHA256)
    with content_stream(content) as stream:
        assert stream.read() == DATA


# ---------------------------------------------------------------- giving


def ask(client: Client, sha256: str = SHA256, given: str | None = None, **headers: str) -> Any:
    given = passes.content_pass(sha256) if given is None else given
    return client.get(
        f"/ums_filetransfer/.contents/{sha256}", headers={"Authorization": f"Bearer {given}", **headers}, secure=True
    )


def test_another_server_is_given_what_is_here(client: Client) -> None:
    content_kept(kept())
    answer = ask(client)
    assert answer.status_code == 200
    assert answer.getvalue() == DATA
    part = ask(client, Range="bytes=100-")
    assert (part.status_code, part.getvalue()) == (206, DATA[100:])
    assert part["Content-Range"] == f"bytes 100-{len(DATA) - 1}/{len(DATA)}"


def test_another_server_is_given_the_rows_when_the_disk_has_nothing(client: Client) -> None:
    file = FileFactory(data=b"content")
    assert ask(client, file.content_id).getvalue() == b"content"


def test_what_is_not_here_and_secrets_are_not_given(client: Client, node: Node, other: OtherServer) -> None:
    content = elsewhere()
    other.has(content, DATA)
    assert ask(client).status_code == 404
    assert not other.asked, "servers do not send each other round in circles"
    file = FileFactory(data=b"key")
    sealed(file.content)
    assert ask(client, file.content_id).status_code == 404
    assert ask(client, "0" * 64).status_code == 404


def test_a_pass_is_good_for_one_content_and_a_minute(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    content_kept(kept())
    good = passes.content_pass(SHA256)
    assert passes.pass_holds(good, SHA256)
    until, _, code = good.partition("-")
    for bad in ("", "x", f"{int(until) + 1}-{code}", f"{until}-{'0' * 64}", passes.content_pass("0" * 64)):
        assert not passes.pass_holds(bad, SHA256)
        assert ask(client, given=bad).status_code == 401
    with monkeypatch.context() as patched:
        patched.setattr(passes, "SECONDS", 0)
        assert not passes.pass_holds(passes.content_pass(SHA256), SHA256)
        assert not passes.pass_holds(good, SHA256), "longer than allowed"
    assert ask(client).getvalue() == DATA


def test_who_guesses_passes_has_to_wait(client: Client) -> None:
    answers = [ask(client, given="1-" + "0" * 64).status_code for _ in range(21)]
    assert answers == [401] * 20 + [429]
    assert ask(client).status_code == 429


def test_an_administrator_is_nobody_here(client: Client, cast: Cast) -> None:
    client.force_login(cast.root)
    assert client.get(f"/ums_filetransfer/.contents/{SHA256}", secure=True).status_code == 401


# ---------------------------------------------------------------- reading from elsewhere


def test_a_content_is_read_from_another_server(node: Node, other: OtherServer) -> None:
    content = elsewhere()
    other.has(content, DATA)
    with content_stream(content) as stream:
        assert stream.read() == DATA
        stream.seek(1000)
        assert stream.read(10) == DATA[1000:1010]
        stream.seek(-5, 2)
        assert stream.read() == DATA[-5:]
    assert [asked.range for asked in other.asked] == ["bytes=0-", "bytes=1000-", f"bytes={len(DATA) - 5}-"]
    assert passes.pass_holds(other.asked[0].authorization.removeprefix("Bearer "), SHA256)
    assert not store().holds(SHA256)


def test_what_breaks_off_goes_on_where_it_was(node: Node, other: OtherServer) -> None:
    content = elsewhere()
    other.has(content, DATA)
    other.breaks = [CHUNK + 10]
    with content_stream(content) as stream:
        assert stream.read() == DATA
    assert [asked.range for asked in other.asked] == ["bytes=0-", f"bytes={CHUNK + 10}-"]


def test_a_server_that_fails_again_and_again_is_given_up(node: Node, other: OtherServer) -> None:
    content = elsewhere()
    other.has(content, DATA)
    other.breaks = [10] * 10
    with content_stream(content) as stream, pytest.raises(AppError) as caught:
        stream.read()
    assert caught.value.code == "content_away"
    other.breaks = []
    other.contents[SHA256] = DATA + b"!"
    with content_stream(content) as stream, pytest.raises(AppError, match="another size"):
        stream.read()


def test_a_server_with_a_foreign_certificate_is_not_believed(node: Node, other: OtherServer, tmp_path: Path) -> None:
    content = elsewhere()
    other.has(content, DATA)
    from ums.connector.models import Authority

    Authority.objects.all().delete()
    server_files(tmp_path / "anew", "127.0.0.1")
    with content_stream(content) as stream, pytest.raises(AppError, match="(?i)certificate"):
        stream.read()
    assert not other.asked


def test_nobody_who_runs_has_it(node: Node, other: OtherServer) -> None:
    content = elsewhere()
    with pytest.raises(AppError, match="No server"):
        content_stream(content)
    other.has(content, DATA)
    Process.objects.update(status="SERVICE_STOPPED")
    with pytest.raises(AppError, match="No server"):
        content_stream(content)
    ContentCopy.objects.create(content=content, node=node, state=CopyState.HELD)
    with pytest.raises(AppError, match="No server"):
        content_stream(content)
