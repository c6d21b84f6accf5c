"""Pages and API about files on the servers, and the transfer directory as a list."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from ha.models import Node
from tests.cast import Cast
from ums.files.models import ContentCopy, CopyState, FileContent, TransferEntry
from ums.files.transfer.selectors import top

pytestmark = pytest.mark.django_db


@pytest.fixture
def node(settings: Any) -> Node:
    """This server as one of a network."""
    row = Node.objects.create(name="this-host", address="127.0.0.1", version="1")
    settings.UMS_NODE = SimpleNamespace(id=str(row.pk), device_port=1, web_port=2)
    return row


def entries(held_by: list[Node]) -> None:
    content = FileContent.objects.create(sha256="a" * 64, size=2048, in_database=False)
    for node in held_by:
        ContentCopy.objects.create(content=content, node=node, state=CopyState.HELD)
    below = TransferEntry.objects.create(parent=top(), name="pictures", author_name="root")
    TransferEntry.objects.create(parent=below, name="wall.png", content=content, author_name="root")


def page(cast: Cast, name: str, *args: Any, role: str = "root", query: str = "") -> str:
    answer = cast.client(role).get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_of_a_file_says_which_server_has_it(cast: Cast, node: Node) -> None:
    file = cast.things["file"]
    shown = page(cast, "files:file_detail", file.pk)
    assert "On the servers" in shown and "this-host" in shown
    assert "Waiting" in shown, "no row yet"
    assert "The disk is full." in shown and "Try again" in shown
    assert "Try again" not in page(cast, "files:file_detail", file.pk, role="admin")
    file.content.sealed = True
    file.content.save()
    assert "On the servers" not in page(cast, "files:file_detail", file.pk)


def test_a_server_by_itself_has_nothing_to_say_about_servers(cast: Cast) -> None:
    assert "On the servers" not in page(cast, "files:file_detail", cast.things["file"].pk)
    shown = page(cast, "files:copies_of_node", cast.things["failed_copy"].node_id)
    assert "by itself" in shown


def test_the_page_of_a_server_counts_files_and_shows_what_failed(cast: Cast, node: Node) -> None:
    copy = cast.things["failed_copy"]
    shown = page(cast, "files:copies_of_node", copy.node_id)
    assert "<dt>Failed</dt><dd>1</dd>" in shown
    assert "The disk is full." in shown
    answer = cast.client("root").post(reverse("files:copy_retry", args=[copy.pk]))
    assert "tries again" in answer["HX-Trigger"]
    shown = page(cast, "files:copies_of_node", copy.node_id)
    assert "<dt>Waiting</dt><dd>1</dd>" in shown and "<dt>Failed</dt><dd>0</dd>" in shown
    assert cast.client("root").post(reverse("files:copy_retry", args=[copy.pk])).status_code == 409


def test_the_transfer_directory_as_a_list(cast: Cast, node: Node) -> None:
    assert "The transfer directory is empty" in page(cast, "files:transfer_list")
    entries(held_by=[node])
    shown = page(cast, "files:transfer_list")
    assert "/pictures/wall.png" in shown and "/ums_filetransfer/</code>" in shown
    servers = Node.objects.filter(has_server=True).count()
    assert f"1 of {servers}" in shown
    assert "/pictures/wall.png" in page(cast, "files:transfer_list", query="?q=WALL&sort=-changed")
    assert "Nothing matches" in page(cast, "files:transfer_list", query="?q=other")
    assert reverse("files:transfer_list") in page(cast, "files:file_list")
    assert reverse("files:transfer_list") not in page(cast, "files:file_list", role="admin")


def test_a_server_by_itself_lists_no_servers(cast: Cast) -> None:
    entries(held_by=[])
    shown = page(cast, "files:transfer_list")
    assert "/pictures/wall.png" in shown
    assert "Servers" not in shown


def test_the_api_tells_both(cast: Cast, node: Node) -> None:
    entries(held_by=[node])
    client = cast.client("root")
    [below, picture] = client.get("/api/v1/transfer-entries/").json()["items"]
    assert (below["path"], below["is_directory"], below["size"], below["sha256"]) == ("/pictures", True, None, None)
    assert (picture["path"], picture["size"], picture["servers"]) == ("/pictures/wall.png", 2048, 1)
    assert picture["directory"] == below["id"]
    found = client.get(f"/api/v1/transfer-entries/?directory={below['id']}").json()["items"]
    assert [one["name"] for one in found] == ["wall.png"]
    [copy] = client.get("/api/v1/content-copies/?state=failed").json()["items"]
    assert copy["error"] == "The disk is full."
    again = client.post(f"/api/v1/content-copies/{copy['id']}/retry/").json()
    assert (again["state"], again["error"]) == ("waiting", "")
    [held] = client.get(f"/api/v1/content-copies/?node={node.pk}").json()["items"]
    assert held["node"] == {"id": str(node.pk), "name": "this-host"}
