"""Files of two servers: what is done at one is on the disks of both, also when one is away meanwhile."""

from __future__ import annotations

import hashlib
import os
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.network import Member, Network
from tests.services.process import wait_until
from tests.services.server import PASSWORD
from ums.project.prepare import SUPERUSER

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

MB = 1024 * 1024


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with Network(redis=False) as network:
        network.join("server")
        yield network


@pytest.fixture
def north(network: Network) -> Member:
    return network.members[0]


@pytest.fixture
def south(network: Network) -> Member:
    return network.members[1]


def transfer(member: Member) -> httpx.Client:
    """The transfer directory of one server, as a person uses it."""
    return httpx.Client(
        base_url=f"{member.url}/ums_filetransfer/",
        auth=(SUPERUSER, PASSWORD),
        verify=ssl.create_default_context(cafile=member.authority),
        timeout=60,
    )


def put(member: Member, path: str, data: bytes) -> None:
    with transfer(member) as client:
        assert client.put(path, content=data).status_code in {201, 204}


def asked(member: Member, method: str, path: str) -> int:
    with transfer(member) as client:
        return client.request(method, path).status_code


def read(member: Member, path: str, **headers: str) -> bytes:
    with transfer(member) as client:
        answer = client.get(path, headers=headers)
        assert answer.is_success, answer.text
        return answer.content


def disk(member: Member) -> dict[str, str]:
    """What lies there: name, and the SHA-256 that its bytes really have."""
    places: list[Path] = list((member.data / "files").glob("[0-9a-f][0-9a-f]/*"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in places}


def same(network: Network, *contents: bytes) -> None:
    """All disks come to have these contents, whole, and nothing else."""
    expected = {name: name for name in (hashlib.sha256(data).hexdigest() for data in contents)}

    def equal() -> bool:
        try:
            return all(disk(member) == expected for member in network.members)
        except FileNotFoundError:  # removed while it was being read
            return False

    try:
        wait_until(equal, 60, "the same files on both disks", 0.2)
    except TimeoutError:
        assert {member.name: disk(member) for member in network.members} == {
            member.name: expected for member in network.members
        }


def test_what_is_done_at_one_server_is_on_both(network: Network, north: Member, south: Member) -> None:
    one, two, three = os.urandom(5 * MB + 3), b"two", os.urandom(MB)
    assert asked(north, "MKCOL", "a/") == 201
    assert asked(south, "MKCOL", "a/b/") == 201
    put(north, "a/b/one", one)
    assert read(south, "a/b/one") == one, "at once, also when it is still on its way"
    put(south, "a/two", two)
    assert read(north, "a/two") == two
    same(network, one, two)
    put(south, "a/b/one", three)
    same(network, three, two)
    assert read(north, "a/b/one", Range="bytes=1000-1999") == three[1000:2000]
    assert asked(north, "DELETE", "a/b/") == 204
    same(network, two)
    assert asked(south, "GET", "a/b/one") == 404
    assert asked(south, "DELETE", "a/") == 204
    same(network)


def test_file_objects_are_on_both_and_secrets_on_none(network: Network, north: Member, south: Member) -> None:
    first, second = os.urandom(2 * MB), os.urandom(MB + 1)
    with north.api() as api, south.api() as other:
        root = api.get("directories/", params={"kind": "file"}).json()["items"][0]["id"]
        form = {"name": "F", "directory": root, "device_path": "/etc/f"}
        made = api.post("files/", data=form, files={"content": first})
        assert made.status_code == 201, made.text
        same(network, first)
        url = f"files/{made.json()['id']}/"
        assert other.get(f"{url}content/").content == first
        assert other.put(f"{url}content/", files={"content": second}).is_success
        same(network, second)
        secret = api.post(
            "files/",
            data={**form, "device_path": "/etc/key", "classification": "ssh_key"},
            files={"content": b"BEGIN KEY"},
        )
        assert secret.status_code == 201, secret.text
        assert other.delete(url).status_code == 204
        same(network)
        assert api.delete(f"files/{secret.json()['id']}/").status_code == 204


def test_a_server_that_was_away_has_the_same_afterwards(network: Network, north: Member, south: Member) -> None:
    stays, replaced, deleted = os.urandom(MB), os.urandom(MB), os.urandom(MB)
    assert asked(north, "MKCOL", "x/") == 201
    for name, data in (("stays", stays), ("replaced", replaced), ("deleted", deleted)):
        put(south, f"x/{name}", data)
    same(network, stays, replaced, deleted)
    south.stop()
    new, later = os.urandom(3 * MB), os.urandom(2 * MB)
    assert asked(north, "MKCOL", "x/new/") == 201
    put(north, "x/new/later", later)
    put(north, "x/replaced", new)
    assert asked(north, "DELETE", "x/deleted") == 204
    assert asked(north, "MOVE", "x/stays") in {400, 502}, "without a destination"
    south.start()
    same(network, stays, new, later)
    assert read(south, "x/new/later") == later
    assert asked(south, "DELETE", "x/") == 204
    same(network)


def test_what_was_lost_and_damaged_on_a_disk_is_there_again(network: Network, north: Member, south: Member) -> None:
    one, two = os.urandom(MB), os.urandom(MB)
    put(north, "one", one)
    put(north, "two", two)
    same(network, one, two)
    first, second = (
        south.data / "files" / name[:2] / name for name in (hashlib.sha256(data).hexdigest() for data in (one, two))
    )
    first.unlink()
    second.write_bytes(b"cut off")
    assert read(south, "one") == one
    assert read(south, "two") == two
    os.kill(south.pid_of("UMS_RMGUISERVER"), signal.SIGKILL)
    same(network, one, two)
    for name in ("one", "two"):
        assert asked(north, "DELETE", name) == 204
    same(network)
