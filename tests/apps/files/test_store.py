"""Contents on the disk: whole or not there."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from ums.core.errors import AppError
from ums.files.store import RESERVE, Kept, Store

pytestmark = pytest.mark.once

DATA = bytes(range(256)) * 8000
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "files")


def keep(store: Store, data: bytes = DATA) -> Kept:
    with store.incoming(size=len(data)) as incoming:
        incoming.write(data[:1000])
        incoming.write(data[1000:])
        return incoming.finish()


def test_what_is_written_lies_under_its_hash_for_its_owner_alone(store: Store) -> None:
    assert not store.holds(SHA256)
    assert keep(store) == Kept(SHA256, len(DATA))
    assert store.holds(SHA256)
    assert store.size(SHA256) == len(DATA)
    assert list(store.all()) == [SHA256]
    with store.open(SHA256) as file:
        store.remove(SHA256)
        assert file.read() == DATA
    path = store.path(keep(store).sha256)
    assert path == store.root / SHA256[:2] / SHA256
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700


def test_a_damaged_content_is_replaced_by_a_good_one(store: Store) -> None:
    store.path(keep(store).sha256).write_bytes(b"damaged")
    keep(store)
    with store.open(SHA256) as file:
        assert file.read() == DATA


def test_what_was_not_finished_leaves_nothing(store: Store) -> None:
    with store.incoming() as incoming:
        incoming.write(DATA)
    assert not [path for path in store.root.rglob("*") if path.is_file()]


def test_what_a_dead_process_left_goes_and_what_a_living_one_writes_stays(store: Store) -> None:
    died = "import os; from pathlib import Path; from ums.files.store import Store\n"
    died += f"with Store(Path({str(store.root)!r})).incoming() as incoming: incoming.write(b'half'); os._exit(1)"
    subprocess.run([sys.executable, "-c", died], check=False)
    assert len(list((store.root / "incoming").iterdir())) == 1
    with store.incoming() as incoming:
        incoming.write(DATA)
        store.clear()
        assert incoming.finish().sha256 == SHA256
    assert not list((store.root / "incoming").iterdir())
    Store(store.root / "not there").clear()


def test_full_disks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(0, 0, RESERVE + 1000))
    assert store.free_bytes() == 1000
    with pytest.raises(AppError) as caught, store.incoming(size=1000):
        pass
    assert (caught.value.code, caught.value.status) == ("disk_full", 507)
    with pytest.raises(AppError, match="full"), store.incoming() as incoming:
        incoming.write(bytes(17 * 2**20))
    assert not list((store.root / "incoming").iterdir())


def test_a_device_that_is_full(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("wb") as full, store.incoming() as incoming:
        monkeypatch.setattr(incoming, "_descriptor", full.fileno())
        with pytest.raises(AppError) as caught:
            incoming.write(b"one byte more")
        monkeypatch.undo()
    assert caught.value.code == "disk_full"


def test_what_was_just_put_here_is_not_removed_before_its_rows_are_written(store: Store) -> None:
    keep(store)
    assert store.remove(SHA256, unless=lambda: True)
    assert store.holds(SHA256)
    with store.incoming() as incoming:
        incoming.write(DATA)
        incoming.finish()
        assert not store.remove(SHA256)
    assert store.remove(SHA256)
    assert not store.holds(SHA256)
    assert store.remove("0" * 64)


def test_what_is_damaged_is_put_aside(store: Store) -> None:
    assert not store.damaged(keep(store).sha256)
    store.path(SHA256).write_bytes(DATA[:-1] + b"!")
    assert store.damaged(SHA256)
    assert not store.holds(SHA256)
    assert (store.root / "damaged" / SHA256).read_bytes().endswith(b"!")


@pytest.mark.parametrize("name", ["", "../../node.toml", "a" * 63, "A" * 64, "a" * 64 + "\n", "\0"])
def test_what_is_no_hash_is_not_there(store: Store, name: str) -> None:
    assert not store.holds(name)
    with pytest.raises(FileNotFoundError):
        store.open(name)
