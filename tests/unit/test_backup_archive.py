"""The file of `ums backup`: what was written comes back; nothing that was changed does, and nothing lands elsewhere."""

from __future__ import annotations

import hashlib
import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ums.core.errors import AppError
from ums.project.backup import archive
from ums.project.backup.archive import FORMAT, MANIFEST, Manifest, Part
from ums.project.backup.sealed import MAGIC, PART, SALT, TAG

CONTENTS = {
    "database.sqlite3": b"the database " * 200_000,
    "secret.key": b"the key\n",
    "tls/server.pem": b"a certificate\n",
}
PASSPHRASE = "a long passphrase"


def manifest(contents: dict[str, bytes], **changes: Any) -> Manifest:
    parts = tuple(Part(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items())
    known: dict[str, Any] = {"format": FORMAT, "version": "0.1.0", "made": datetime.now(UTC), "host": "north"}
    known |= {"network": "", "database": "sqlite", "migrations": (), "parts": parts}
    return Manifest(**(known | changes))


def written(path: Path, *, passphrase: str = "", contents: dict[str, bytes] = CONTENTS) -> Path:
    root = path.with_suffix(".parts")
    for name, data in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    with path.open("wb") as file:
        archive.write(file, manifest(contents), root, passphrase=passphrase, told=lambda count: None)
    return path


def by_hand(path: Path, said: bytes, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """An archive as somebody else could make it."""
    head = tarfile.TarInfo(MANIFEST)
    head.size = len(said)
    with tarfile.open(path, "w") as tar:
        tar.addfile(head, io.BytesIO(said))
        for member, data in members:
            member.size = member.size or len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def of(contents: dict[str, bytes]) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(tarfile.TarInfo(name), data) for name, data in contents.items()]


def read(path: Path, into: Path | None, passphrase: str = "") -> Manifest:
    with archive.opened(path, passphrase) as reader:
        reader.parts(into, lambda count: None)
        return reader.manifest


def refused(path: Path, into: Path, passphrase: str = "") -> str:
    with pytest.raises(AppError) as error:
        read(path, into, passphrase)
    assert error.value.code in {"backup_damaged", "backup_passphrase", "backup_newer"}
    return error.value.message


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_what_was_written_comes_back(tmp_path: Path, passphrase: str) -> None:
    path = written(tmp_path / "backup", passphrase=passphrase)
    assert read(path, tmp_path / "back", passphrase).host == "north"
    assert {name: (tmp_path / "back" / name).read_bytes() for name in CONTENTS} == CONTENTS
    assert all((tmp_path / "back" / name).stat().st_mode & 0o777 == 0o600 for name in CONTENTS)
    assert (b"the database" in path.read_bytes()) == (not passphrase)
    read(path, None, passphrase)


def test_a_passphrase_is_asked_for_and_has_to_be_right(tmp_path: Path) -> None:
    path = written(tmp_path / "backup", passphrase=PASSPHRASE)
    assert "give its passphrase" in refused(path, tmp_path / "back")
    assert "passphrase is wrong" in refused(path, tmp_path / "back", "another")


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_cut_off_anywhere(tmp_path: Path, passphrase: str) -> None:
    whole = written(tmp_path / "backup", passphrase=passphrase).read_bytes()
    short = tmp_path / "short"
    for size in (0, 100, 1000, 2000, PART, len(whole) - 100_000):
        short.write_bytes(whole[:size])
        refused(short, tmp_path / "back", passphrase)


def test_of_a_protected_backup_no_byte_may_miss_or_change(tmp_path: Path) -> None:
    whole = written(tmp_path / "backup", passphrase=PASSPHRASE).read_bytes()
    head, part = len(MAGIC) + SALT, PART + TAG
    swapped = whole[:head] + whole[head + part : head + 2 * part] + whole[head : head + part] + whole[head + 2 * part :]
    changed = bytearray(whole)
    changed[head + part + 5] ^= 1
    for bad in (whole[:-1], whole + b"x", whole[: head + part], whole[: head + 2 * part], swapped, bytes(changed)):
        (tmp_path / "bad").write_bytes(bad)
        refused(tmp_path / "bad", tmp_path / "back", PASSPHRASE)


def test_a_changed_part(tmp_path: Path) -> None:
    path = written(tmp_path / "backup")
    path.write_bytes(path.read_bytes().replace(b"the key", b"our key"))
    assert "secret.key was changed" in refused(path, tmp_path / "back")


def test_something_behind_the_end(tmp_path: Path) -> None:
    path = written(tmp_path / "backup")
    path.write_bytes(path.read_bytes() + bytes(20_000) + b"more")
    assert "follows its end" in refused(path, tmp_path / "back")


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/tmp/outside",
        "tls/../../outside",
        "files/ab/../../../outside",
        "files/ab/cd",
        "log/x",
        "a\0b",
        "",
    ],
)
def test_a_name_that_is_none_of_ours(tmp_path: Path, name: str) -> None:
    contents = {**CONTENTS, name: b"bad"}
    said = msgspec.json.encode(manifest(contents))
    path = by_hand(tmp_path / "backup", said, *of(CONTENTS), (tarfile.TarInfo("x"), b"bad"))
    assert "not part of a backup" in refused(path, tmp_path / "inside" / "back")
    assert not (tmp_path / "inside").exists()
    assert not list(tmp_path.glob("**/outside"))


def test_a_content_under_the_name_of_another(tmp_path: Path) -> None:
    name = f"files/ab/{'ab' * 32}"
    said = msgspec.json.encode(manifest({**CONTENTS, name: b"bad"}))
    assert "not what its name says" in refused(by_hand(tmp_path / "backup", said), tmp_path / "back")


def test_members_that_the_manifest_does_not_name(tmp_path: Path) -> None:
    said = msgspec.json.encode(manifest(CONTENTS))
    outside = (tarfile.TarInfo("../outside"), b"bad")
    first = by_hand(tmp_path / "first", said, outside, *of(CONTENTS))
    assert "does not name" in refused(first, tmp_path / "back")
    last = by_hand(tmp_path / "last", said, *of(CONTENTS), outside)
    assert "more than its manifest" in refused(last, tmp_path / "back")
    assert not list(tmp_path.glob("**/outside"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_other_things(tmp_path: Path, kind: bytes) -> None:
    said = msgspec.json.encode(manifest(CONTENTS))
    member = tarfile.TarInfo("database.sqlite3")
    member.type, member.linkname = kind, "/etc/passwd"
    assert "does not name" in refused(by_hand(tmp_path / "backup", said, (member, b"")), tmp_path / "back")


def test_a_size_that_is_another(tmp_path: Path) -> None:
    said = msgspec.json.encode(manifest(CONTENTS))
    shorter = {**CONTENTS, "database.sqlite3": b"short"}
    assert "another size" in refused(by_hand(tmp_path / "backup", said, *of(shorter)), tmp_path / "back")


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[]", b'{"format": 1}', b"\xff\xfe", b"[" * 100_000, b'{"format": "1"}', b"null"]
)
def test_a_manifest_that_cannot_be_read(tmp_path: Path, said: bytes) -> None:
    assert "manifest cannot be read" in refused(by_hand(tmp_path / "backup", said), tmp_path / "back")


def test_a_manifest_without_key_or_with_a_part_twice(tmp_path: Path) -> None:
    part = Part("database.sqlite3", 0, "")
    for parts in ((part,), (part, part, Part("secret.key", 0, "")), (Part("secret.key", 0, ""),)):
        said = msgspec.json.encode(manifest(CONTENTS, parts=parts))
        assert "not whole" in refused(by_hand(tmp_path / "backup", said), tmp_path / "back")


def test_a_newer_format(tmp_path: Path) -> None:
    said = msgspec.json.encode({"format": FORMAT + 1, "whatever": "comes"})
    assert "newer version" in refused(by_hand(tmp_path / "backup", said), tmp_path / "back")


@pytest.mark.parametrize("text", [b"", b"no archive", b"\0" * 20_000, b"x" * 100_000, MAGIC, MAGIC + b"short"])
def test_no_backup_at_all(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "backup").write_bytes(text)
    refused(tmp_path / "backup", tmp_path / "back", PASSPHRASE)
