"""The transfer directory by WebDAV: the tree, its history, who may, and what hostile clients get."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

from tests.apps.files.dav import Dav, basic
from tests.cast import ROLES, Cast
from tests.factories import GrantFactory, UserFactory
from ums.audit.models import Event
from ums.core.access import Action
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.domain.transfer import MAX_DEPTH, MOUNT, PathError
from ums.files.models import FileContent, TransferEntry, TransferLock
from ums.files.store import store
from ums.files.transfer import identity, services
from ums.files.transfer.selectors import found, paths

pytestmark = pytest.mark.django_db

LOCK = b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>'
LOCK += b"<D:owner>me</D:owner></D:lockinfo>"
NOTE = b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><n:a xmlns:n="urn:n">%s</n:a></D:prop></D:set>'
NOTE += b"</D:propertyupdate>"


@pytest.fixture(autouse=True)
def disk(settings: Any, tmp_path: Path) -> None:
    settings.UMS_DATA = tmp_path
    identity.failures.clear()


@pytest.fixture
def dav(db: None) -> Dav:
    return Dav(UserFactory(username="carol", is_superuser=True))


def tree() -> list[str]:
    rows = list(TransferEntry.objects.all())
    return sorted("/".join(path) for path in paths(rows).values() if path)


def test_what_was_put_is_got_whole_or_in_part(dav: Dav) -> None:
    assert dav("MKCOL", "/firmware").status == 201
    data = bytes(range(256)) * 5000
    made = dav("PUT", "/firmware/a%20b.bin", data)
    sha256 = hashlib.sha256(data).hexdigest()
    assert (made.status, made.headers["etag"]) == (201, f'"{sha256}"')
    got = dav("GET", "/firmware/a%20b.bin")
    assert (got.status, got.body, got.headers["content-disposition"]) == (200, data, "attachment")
    part = dav("GET", "/firmware/a%20b.bin", range="bytes=1000-1099")
    assert (part.status, part.body) == (206, data[1000:1100])
    assert dav("HEAD", "/firmware/a%20b.bin").body == b""
    assert dav("GET", "/firmware/a%20b.bin", **{"if-none-match": f'"{sha256}"'}).status == 304
    content = FileContent.objects.get()
    assert (content.pk, content.size, content.in_database, store().holds(sha256)) == (sha256, len(data), False, True)


def test_a_browser_sees_a_plain_list(dav: Dav) -> None:
    dav("MKCOL", "/a")
    dav("MKCOL", "/a/b")
    dav("PUT", "/a/%3Cscript%3E", b"1")
    page = dav("GET", "/a/").body.decode()
    assert f'<a href="{MOUNT}/a/b/">b/</a>' in page and f'<a href="{MOUNT}/">' in page
    assert "<script" not in page and "&lt;script&gt;</a> 1\xa0byte" in page
    assert (dav("HEAD", "/a").status, dav("HEAD", "/a").body) == (200, b"")


def test_a_content_goes_with_its_last_name(dav: Dav) -> None:
    dav("PUT", "/a", b"one")
    assert dav("COPY", "/a", destination=f"{MOUNT}/b").status == 201
    assert dav("PUT", "/a", b"two").status == 204
    assert FileContent.objects.count() == 2
    assert dav("DELETE", "/b").status == 204
    assert [content.size for content in FileContent.objects.all()] == [3]
    assert dav("GET", "/a").body == b"two"


def test_trees_move_copy_and_go_whole(dav: Dav) -> None:
    for directory in ("/a", "/a/b", "/a/b/c"):
        assert dav("MKCOL", directory).status == 201
    dav("PUT", "/a/b/c/file", b"x")
    assert dav("COPY", "/a", destination=f"https://localhost{MOUNT}/copy").status == 201
    assert dav("MOVE", "/a/b", destination=f"{MOUNT}/copy/b", overwrite="F").status == 412
    assert dav("MOVE", "/a/b", destination=f"{MOUNT}/copy/b").status == 204
    assert tree() == ["a", "copy", "copy/b", "copy/b/c", "copy/b/c/file"]
    assert dav("COPY", "/copy", destination=f"{MOUNT}/flat", depth="0").status == 201
    assert dav("DELETE", "/copy").status == 204
    assert tree() == ["a", "flat"]
    assert not FileContent.objects.exists()


def test_nothing_goes_into_itself(dav: Dav) -> None:
    dav("MKCOL", "/a")
    dav("MKCOL", "/a/b")
    assert dav("MOVE", "/a", destination=f"{MOUNT}/a/b/c").status == 403
    assert dav("MOVE", "/a/b", destination=f"{MOUNT}/a").status == 409
    assert dav("COPY", "/a/b", destination=f"{MOUNT}/a").status == 409
    assert dav("DELETE", "/").status == 403
    assert dav("MKCOL", "/x/y").status == 409
    assert dav("PUT", "/a", b"x").status == 405
    assert tree() == ["a", "a/b"]


def test_a_directory_moves_only_where_all_below_it_is_in_reach(cast: Cast) -> None:
    actor = cast.actor("root")
    for depth in range(1, MAX_DEPTH):
        services.directory_make(actor=actor, at=("d",) * depth)
    for name in ("x", "y"):
        services.directory_make(actor=actor, at=(name,))
    deep = found(("d",))
    assert deep is not None
    services.entry_move(actor=actor, entry=deep, to=("x", "d"))
    with pytest.raises(AppError, match="deep"):
        services.directory_make(actor=actor, at=("x", *("d",) * MAX_DEPTH))
    services.directory_make(actor=actor, at=("y", "z"))
    with pytest.raises(AppError, match="deep"):
        services.entry_move(actor=actor, entry=deep, to=("y", "z", "d"))
    with pytest.raises(Conflict):
        services.directory_make(actor=actor, at=("y", "z"))


def test_a_lock_keeps_others_out(dav: Dav) -> None:
    dav("MKCOL", "/a")
    dav("PUT", "/a/f", b"1")
    locked = dav("LOCK", "/a", LOCK, timeout="Second-100")
    token = locked.headers["lock-token"]
    assert locked.status == 200 and TransferLock.objects.get().seconds == 100
    other = Dav(UserFactory(is_superuser=True))
    for method, path, headers in [
        ("PUT", "/a/f", {}),
        ("PUT", "/a/new", {}),
        ("DELETE", "/a/f", {}),
        ("DELETE", "/a", {}),
        ("MOVE", "/a/f", {"destination": f"{MOUNT}/g"}),
        ("PROPPATCH", "/a/f", {}),
    ]:
        body = NOTE % b"1" if method == "PROPPATCH" else b"2" if method == "PUT" else b""
        assert other(method, path, body, **headers).status == 423, method
        assert other(method, path, body, **headers, **{"if": f"({token})"}).status in {412, 423}, "not theirs"
    assert other("LOCK", "/a/f", LOCK).status == 423
    assert other("UNLOCK", "/a", **{"lock-token": token}).status == 403
    assert b"opaquelocktoken" in other("PROPFIND", "/a", depth="0").body
    assert dav("PUT", "/a/f", b"3", **{"if": f"<{MOUNT}/a> ({token})"}).status == 204
    TransferLock.objects.update(expires_at="2020-01-01T00:00Z")
    assert other("PUT", "/a/f", b"4").status == 204
    assert dav("LOCK", "/b", LOCK).status == 201, "an empty file is made to be locked"
    assert dav("GET", "/b").body == b""
    assert TransferLock.objects.count() == 1, "those that have ended are gone"


def test_what_a_client_notes_goes_along(dav: Dav) -> None:
    dav("PUT", "/a", b"1")
    assert b"200 OK" in dav("PROPPATCH", "/a", NOTE % "grün &amp; ok".encode()).body
    dav("MOVE", "/a", destination=f"{MOUNT}/b")
    found = dav("PROPFIND", "/b", b'<propfind xmlns="DAV:"><allprop/></propfind>', depth="0")
    assert found.status == 207 and "grün &amp; ok" in found.body.decode()
    assert dav("PROPPATCH", "/b", NOTE % (b"x" * 70_000)).status == 507
    assert b"403" in dav("PROPPATCH", "/b", NOTE.replace(b"urn:n", b"DAV:") % b"x").body


def test_a_list_takes_as_many_queries_whatever_its_length(dav: Dav, django_assert_max_num_queries: Any) -> None:
    dav("MKCOL", "/few")
    dav("MKCOL", "/many")
    dav("PUT", "/few/a", b"1")
    for number in range(20):
        dav("PUT", f"/many/{number}", str(number).encode())
    for path in ("/few", "/many"):
        with django_assert_max_num_queries(24):
            assert dav("PROPFIND", path, depth="1").status == 207


def test_changes_are_in_the_audit_log(dav: Dav) -> None:
    dav("MKCOL", "/a")
    dav("PUT", "/a/f", b"1")
    dav("COPY", "/a", destination=f"{MOUNT}/b")
    dav("MOVE", "/a", destination=f"{MOUNT}/c")
    dav("DELETE", "/b")
    events = Event.objects.filter(action__startswith="transfer.").order_by("pk")
    assert [event.action.partition(".")[2] for event in events] == ["made", "put", "copied", "moved", "deleted"]
    assert {(event.actor_name, event.address) for event in events} == {("carol", "192.0.2.1")}
    assert (events[3].before, events[3].after) == ({"path": "/a"}, {"path": "/c"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("OPTIONS", "/"), ("PROPFIND", "/"), ("GET", "/f"), ("HEAD", "/f"), ("PUT", "/f"), ("DELETE", "/f"),
        ("MKCOL", "/new"), ("COPY", "/f"), ("MOVE", "/f"), ("LOCK", "/f"), ("PROPPATCH", "/f"), ("UNLOCK", "/f"),
    ],
)  # fmt: skip
def test_who_may(cast: Cast, method: str, path: str) -> None:
    Dav(cast.root)("PUT", "/f", b"1")
    GrantFactory(user=cast.reader, action=Action.TRANSFER)
    told = {}
    for role in ROLES:
        dav = Dav(getattr(cast, role) if role != "anonymous" else None)
        body = LOCK if method == "LOCK" else NOTE % b"1" if method == "PROPPATCH" else b""
        told[role] = dav(method, path, body, depth="0", destination=f"{MOUNT}/{role}").status
    assert told["admin"] == told["stranger"] == 403, "grants on directories are others"
    assert told["anonymous"] == 401
    assert {told["root"], told["reader"]} <= {200, 201, 204, 207, 400, 404, 405, 423}, told


def test_services_ask_themselves(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        services.directory_make(actor=cast.actor("admin"), at=("a",))


def test_a_password_is_counted_and_what_was_right_is_remembered_until_it_changes() -> None:
    user = UserFactory(username="dora", is_superuser=True)
    user.set_password("a good long password")
    user.save()
    dav = Dav(None)
    dav.authorization = basic("dora", "a good long password")
    assert dav("PROPFIND", "/", depth="0").status == 207
    user.set_password("another long password")
    user.save()
    answers = [dav("PROPFIND", "/", depth="0") for _ in range(6)]
    assert [answer.status for answer in answers] == [401, 401, 401, 401, 429, 429]
    assert answers[0].headers["www-authenticate"].startswith("Basic ")
    dav.authorization = basic("dora", "another long password")
    assert dav("PROPFIND", "/", depth="0").status == 429, "locked is locked"
    assert set(Event.objects.values_list("action", flat=True)) >= {"user.sign_in_failed", "user.locked_out"}


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Bearer x", "Basic bm9jb2xvbg==", basic("a\0", "b")])
def test_who_says_nothing_sensible_is_asked_to_sign_in(header: str) -> None:
    request = RequestFactory().get("/", headers={"authorization": header})
    with pytest.raises(identity.SignInNeeded):
        identity.signed_in(request)


@pytest.mark.parametrize("path", ["/../secret.key", "/a/%2e%2e/b", "/a%00", "/a%2Fb", "/" + "n" * 256, "//a"])
def test_no_path_leads_out(dav: Dav, path: str) -> None:
    with pytest.raises(PathError):
        dav("GET", path)
    dav("PUT", "/f", b"1")
    with pytest.raises(PathError):
        dav("MOVE", "/f", destination=f"{MOUNT}{path}")


def test_nothing_moves_to_another_server(dav: Dav) -> None:
    dav("PUT", "/f", b"1")
    for destination in (f"https://elsewhere.example{MOUNT}/g", "/webapp/g", "nonsense"):
        with pytest.raises(PathError):
            dav("MOVE", "/f", destination=destination)


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><propfind xmlns="DAV:">&b;</propfind>',
        b'<!DOCTYPE p SYSTEM "file:///etc/passwd"><propfind xmlns="DAV:"><allprop/></propfind>',
        b"<a>" * 5000 + b"</a>" * 5000,
        b'<propfind xmlns="DAV:"><prop>' + b"<a/>" * 2000 + b"</prop></propfind>",
        b"<propfind",
        b"\xff\xfe",
    ],
    ids=["entities", "outside", "deep", "wide", "half", "binary"],
)
@pytest.mark.parametrize("method", ["PROPFIND", "PROPPATCH", "LOCK"])
def test_hostile_xml_is_refused(dav: Dav, method: str, body: bytes) -> None:
    assert dav(method, "/", body, depth="0").status == 400


def test_a_whole_tree_is_not_listed_at_once(dav: Dav) -> None:
    for headers in ({"depth": "infinity"}, {}):
        refused = dav("PROPFIND", "/", **headers)
        assert refused.status == 403 and b"propfind-finite-depth" in refused.body


def test_an_upload_that_ends_early_leaves_nothing(dav: Dav, tmp_path: Path) -> None:
    assert dav("PUT", "/f", b"12345", **{"content-length": "10"}).status == 400
    assert dav("GET", "/f").status == 404
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_defects_are_not_shown(dav: Dav, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "directory_make", lambda **_: 1 / 0)
    answer = dav("MKCOL", "/a")
    assert answer.status == 500 and b"division" not in answer.body
