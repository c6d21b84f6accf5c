"""`/api/v1/directories/`."""

from __future__ import annotations

import pytest

from tests.apps.asking import Api, each, expected
from tests.cast import Cast
from tests.factories import root
from ums.devices.models import DirectoryKind


def test_each_sees_what_they_may_browse(cast: Cast) -> None:
    query = {"kind": "device"}
    assert Api(cast, "root").names("directories/", **query) == ["Below own", "Devices", "Other", "Own"]
    assert Api(cast, "reader").names("directories/", **query) == ["Below own", "Own"]
    assert Api(cast, "stranger").names("directories/", **query) == []
    assert Api(cast, "reader").names("directories/", parent=cast.own[DirectoryKind.DEVICE].pk) == ["Below own"]


def test_create(cast: Cast) -> None:
    body = {"parent": cast.own[DirectoryKind.DEVICE].pk, "name": "New"}
    assert each(cast, "POST", "directories/", body) == expected("201 201 403 404 401")
    status, made = Api(cast, "admin").post("directories/", body)
    assert (status, made["kind"], made["parent"]) == (201, "device", body["parent"])
    assert Api(cast, "admin").post("directories/", body).body["fields"].keys() == {"name"}


def test_rename_keeps_the_comment(cast: Cast) -> None:
    url = f"directories/{cast.things['directory'].pk}/"
    assert each(cast, "PATCH", url, {"name": "N"}) == expected("200 200 403 404 401")
    Api(cast, "admin").patch(url, {"comment": "why"})
    body = Api(cast, "admin").patch(url, {"name": "Renamed"}).body
    assert (body["name"], body["comment"]) == ("Renamed", "why")


def test_move(cast: Cast) -> None:
    below, device = cast.things["directory"], DirectoryKind.DEVICE
    url, body = f"directories/{below.pk}/move/", {"parent": cast.other[device].pk}
    assert each(cast, "POST", url, body) == expected("200 404 404 404 401")
    assert each(cast, "POST", url, {"parent": cast.own[device].pk}) == expected("200 200 403 404 401")
    own = f"directories/{cast.own[device].pk}/move/"
    assert Api(cast, "root").post(own, {"parent": below.pk}).body["code"] == "directory_cycle"


def test_delete_only_when_empty(cast: Cast) -> None:
    assert each(cast, "DELETE", f"directories/{cast.things['directory'].pk}/") == expected("204 204 403 404 401")
    status, problem = Api(cast, "admin").delete(f"directories/{cast.own[DirectoryKind.DEVICE].pk}/")
    assert (status, problem["code"]) == (409, "directory_not_empty")


@pytest.mark.parametrize("kind", DirectoryKind.values)
def test_the_root_stays(cast: Cast, kind: str) -> None:
    assert Api(cast, "root").delete(f"directories/{root(kind).pk}/").body["code"] == "directory_root"
