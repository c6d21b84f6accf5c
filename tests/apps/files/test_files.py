"""Files: uploaded, sealed, assigned, told to devices and fetched by them."""

from __future__ import annotations

import hashlib
import time
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.apps.connector.world import SimDevice
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    DeviceFactory,
    DirectoryFactory,
    FileAssignmentFactory,
    FileFactory,
    ProfileFactory,
    UserFactory,
)
from ums.core.actor import Actor
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import DirectoryKind, SettingsState
from ums.devices.selectors import directory_root
from ums.domain.protocol import FILE_PATH, decode_body
from ums.effective.selectors import settings_explained, settings_for_devices
from ums.files import services
from ums.files.models import CHUNK, File, FileChunk, FileContent
from ums.files.store.streams import content_stream, parts_of
from ums.profiles.models import ProfileFile

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor() -> Actor:
    return Actor.of(UserFactory(is_superuser=True))


def created(actor: Actor, data: bytes = b"content", **fields: Any) -> File:
    directory = directory_root(kind=DirectoryKind.FILE)
    given = {"name": "F", "device_path": "/etc/f", "directory": directory, **fields}
    return services.file_create(actor=actor, content=BytesIO(data), **given)


def told(device: Any) -> dict[str, str]:
    """What the device would be told: SHA-256 by path."""
    result = settings_for_devices(device_ids=[device.pk])[device.pk].result
    return {file.path: file.sha256 for file in decode_body(result.body).files}


def read(content: FileContent) -> bytes:
    with content_stream(content) as stream:
        return stream.read()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pending(device: Any) -> bool:
    return SettingsState.objects.get(pk=device.pk).pending


def settled(device: Any) -> None:
    SettingsState.objects.filter(pk=device.pk).update(pending=False)


def test_contents_are_kept_in_parts_and_once(actor: Actor) -> None:
    data = bytes(range(256)) * 6000  # more than one part
    one, two = created(actor, data), created(actor, data)
    assert FileContent.objects.count() == 1
    assert list(FileChunk.objects.values_list("number", flat=True)) == [0, 1]
    assert read(one.content) == data
    around = parts_of(content_stream(one.content), CHUNK - 3, CHUNK + 4)
    assert b"".join(around) == data[CHUNK - 3 : CHUNK + 4]
    services.files_delete(actor=actor, files=[one])
    assert FileContent.objects.count() == 1
    services.files_delete(actor=actor, files=[two])
    assert FileContent.objects.count() == FileChunk.objects.count() == 0


def test_secrets_are_sealed_also_when_a_file_becomes_one(actor: Actor) -> None:
    plain = created(actor, b"BEGIN KEY")
    assert bytes(FileChunk.objects.get().data) == b"BEGIN KEY"
    created(actor, b"BEGIN KEY", classification="ssh_key")
    content = FileContent.objects.get()
    assert b"BEGIN" not in bytes(FileChunk.objects.get().data)
    assert read(content) == b"BEGIN KEY"
    key = created(actor, b"other", classification="private_key")
    fields = {name: getattr(key, name) for name in ("name", "description", "device_path", "mode", "owner")}
    with pytest.raises(AppError, match="stays a secret"):
        services.file_update(actor=actor, file=key, classification="undefined", **fields)
    assert not plain.secret


@pytest.mark.parametrize("path", ["etc/f", "/etc/../f", "/etc/f/", "//f", "/", ""])
def test_a_path_that_leads_elsewhere_is_refused_at_its_field(actor: Actor, path: str) -> None:
    with pytest.raises(AppError) as refused:
        created(actor, device_path=path)
    assert list(refused.value.fields) == ["device_path"]
    assert not FileContent.objects.exists()


def test_too_large(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ums.files.services.contents.MAX_FILE", 10)
    with pytest.raises(AppError) as refused:
        created(actor, b"12345678901")
    assert refused.value.status == 413
    assert not FileContent.objects.exists()


def test_device_directory_and_profile_bring_files_and_take_them_away(actor: Actor) -> None:
    directory = DirectoryFactory()
    device = DeviceFactory(
        directory=DirectoryFactory(parent=directory), firmware="Test Linux", firmware_version="1.0.0"
    )
    far, near, third = (created(actor, data, device_path=path) for data, path in
                        ((b"far", "/a"), (b"near", "/a"), (b"third", "/b")))  # fmt: skip
    assert told(device) == {}
    tag = settings_for_devices(device_ids=[device.pk])[device.pk].result.tag
    settled(device)
    made = services.files_assign(actor=actor, files=[far], targets=[directory])
    assert pending(device)
    assert told(device) == {"/a": sha(b"far")}
    assert settings_for_devices(device_ids=[device.pk])[device.pk].result.tag != tag
    services.files_assign(actor=actor, files=[near], targets=[device])
    assert told(device) == {"/a": sha(b"near")}
    profile = ProfileFactory()
    AssignmentFactory(profile=profile, device=None, directory=directory)
    ProfileFile.objects.create(profile=profile, file=third, author_name="tests")
    assert told(device) == {"/a": sha(b"near"), "/b": sha(b"third")}
    explained = settings_explained(device=device)
    assert explained.tag == settings_for_devices(device_ids=[device.pk])[device.pk].result.tag
    assert [(one.winner.name, len(one.losers), one.winner.label) for one in explained.files] == [
        ("F", 1, ""),
        ("F", 0, profile.name),
    ]
    settled(device)
    services.files_unassign(actor=actor, assignments=made)
    assert pending(device)
    settled(device)
    services.file_replace(actor=actor, file=third, content=BytesIO(b"newer"))
    assert pending(device)
    assert told(device)["/b"] == sha(b"newer")
    with pytest.raises(Conflict, match="1 place"):
        services.files_delete(actor=actor, files=[third])
    settled(device)
    services.files_delete(actor=actor, files=[third], assigned=True)
    assert pending(device)
    assert told(device) == {"/a": sha(b"near")}


def test_reading_files_costs_nothing_without_and_two_queries_with_them(actor: Actor) -> None:
    devices = [DeviceFactory() for _ in range(3)]
    AssignmentFactory(device=devices[0])
    ids = [device.pk for device in devices]

    def queries() -> int:
        settings_for_devices(device_ids=ids)
        with CaptureQueriesContext(connection) as captured:
            settings_for_devices(device_ids=ids)
        assert sum("files_file" in query["sql"] and "EXISTS" not in query["sql"] for query in captured) in (0, 2)
        return len(captured)

    before = queries()
    for device in devices:
        FileAssignmentFactory(device=device)
    assert queries() == before + 2


def test_both_sides_must_allow_it(cast: Cast) -> None:
    file, device = cast.things["file"], cast.things["elsewhere"]
    with pytest.raises(NotAllowed):
        services.files_assign(actor=cast.actor("admin"), files=[file], targets=[device])
    with pytest.raises(NotAllowed):
        services.files_assign(actor=cast.actor("reader"), files=[file], targets=[cast.things["device"]])


# ---------------------------------------------------------------- what devices fetch


def ask(device: SimDevice, sha256: str, claim: str | None = None, **headers: str) -> Any:
    token = device.token(time.time(), file=sha256 if claim is None else claim)
    return Client().get(FILE_PATH + sha256, headers={"authorization": f"Bearer {token}", **headers})


def test_a_device_fetches_what_is_its_own_and_nothing_else() -> None:
    mine, other = SimDevice(), SimDevice()
    file = FileFactory(data=b"0123456789")
    FileAssignmentFactory(file=file, device=mine.row)
    sha256 = file.content_id
    answer = ask(mine, sha256)
    assert (answer.status_code, answer.getvalue(), answer["Content-Length"]) == (200, b"0123456789", "10")
    part = ask(mine, sha256, range="bytes=4-")
    assert (part.status_code, part.getvalue(), part["Content-Range"]) == (206, b"456789", "bytes 4-9/10")
    assert ask(mine, sha256, range="bytes=10-").status_code == 416
    assert ask(other, sha256).status_code == 404, "another device's file"
    assert ask(mine, "0" * 64).status_code == 404
    assert ask(mine, sha256, claim="0" * 64).status_code == 401, "a proof for another file"
    assert Client().get(FILE_PATH + sha256).status_code == 401
    stale = mine.token(time.time() - 600, file=sha256)
    assert Client().get(FILE_PATH + sha256, headers={"authorization": f"Bearer {stale}"}).status_code == 401


# ---------------------------------------------------------------- pages


def test_upload_download_replace(cast: Cast) -> None:
    client = cast.client("admin")
    place = cast.own[DirectoryKind.FILE].pk
    form = {"device_path": "/opt/", "classification": "undefined", "mode": "755", "owner": "user", "directory": place}
    answer = client.post("/webapp/files/new/", {**form, "content": SimpleUploadedFile("run.sh", b"#!/bin/sh")})
    assert answer.status_code == 204, answer.content
    file = File.objects.get(name="run.sh")
    assert (file.device_path, file.mode, file.owner, file.size) == ("/opt/run.sh", 0o755, "user", 9)
    got = client.get(f"/webapp/files/{file.pk}/content/")
    assert got.getvalue() == b"#!/bin/sh"
    assert 'filename="run.sh"' in got["Content-Disposition"]
    new = {"content": SimpleUploadedFile("x", b"new"), "when": "now"}
    assert client.post(f"/webapp/files/{file.pk}/replace/", new).status_code == 204
    assert read(File.objects.get(pk=file.pk).content) == b"new"


def test_nobody_downloads_a_secret(cast: Cast) -> None:
    File.objects.filter(pk=cast.things["file"].pk).update(classification="ssh_key")
    for path in (
        f"/webapp/files/{cast.things['file'].pk}/content/",
        f"/api/v1/files/{cast.things['file'].pk}/content/",
    ):
        assert cast.client("root").get(path).status_code == 403


def test_upload_by_the_api(cast: Cast) -> None:
    client, place = cast.client("admin"), cast.own[DirectoryKind.FILE].pk
    form = {"name": "run", "directory": place, "device_path": "/opt/run.sh", "permissions": "755"}
    answer = client.post("/api/v1/files/", {**form, "content": SimpleUploadedFile("run.sh", b"#!/bin/sh")})
    assert answer.status_code == 201, answer.content
    pk = answer.json()["id"]
    assert (answer.json()["permissions"], answer.json()["sha256"]) == ("0755", sha(b"#!/bin/sh"))
    assert client.get(f"/api/v1/files/{pk}/content/").getvalue() == b"#!/bin/sh"
    assert client.post("/api/v1/files/", {**form, "contents": "x"}).status_code == 400
