"""Many writes in one request: each with a result of its own, as if it had come alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps.api.test_preconditions import ask
from tests.apps.asking import Api
from tests.cast import Cast
from ums.accounts.services import api_token_create
from ums.api.bulk import MAX_OPERATIONS
from ums.audit.models import Event
from ums.core.actor import Actor
from ums.devices import api as devices_api
from ums.devices.models import Device, Directory


def bulk(cast: Cast, *operations: dict[str, Any], role: str = "admin") -> Any:
    status, body = Api(cast, role).post("bulk/", {"operations": operations})
    assert status == 207, body
    return body


def test_each_has_its_result(cast: Cast) -> None:
    device, parent = cast.things["device"], cast.own["device"].pk
    told = bulk(
        cast,
        {"method": "PATCH", "path": f"devices/{device.pk}/", "body": {"name": "Renamed"}},
        {"method": "PATCH", "path": f"devices/{device.pk}/", "body": {"nme": "Misspelt"}},
        {"method": "POST", "path": "/api/v1/directories/", "body": {"parent": parent, "name": "New"}},
        {"method": "DELETE", "path": f"devices/{cast.things['elsewhere'].pk}/"},
        {"method": "DELETE", "path": f"devices/{device.pk}/?dry_run=true"},
    )
    assert [one["status"] for one in told["results"]] == [200, 400, 201, 404, 200]
    assert (told["succeeded"], told["failed"]) == (3, 2)
    renamed, misspelt, made, _, tried = told["results"]
    assert renamed["body"]["name"] == Device.objects.get(pk=device.pk).name == "Renamed"
    assert renamed["etag"] == ask(cast, "GET", f"devices/{device.pk}/")["ETag"]
    assert list(misspelt["body"]["fields"]) == ["nme"]
    assert Directory.objects.get(pk=made["body"]["id"]).name == "New"
    assert tried["body"]["deleted"] == 1
    assert Event.objects.get(action="device.updated").actor_name == "admin"


def test_tags_and_keys(cast: Cast) -> None:
    path, parent = f"devices/{cast.things['device'].pk}/", cast.own["device"].pk
    tag = ask(cast, "GET", path)["ETag"]
    rename = {"method": "PATCH", "path": path, "body": {"name": "x"}, "if_match": tag}
    make = {"method": "POST", "path": "directories/", "body": {"parent": parent, "name": "y"}, "idempotency_key": "k"}
    told = bulk(cast, rename, {**rename, "body": {"name": "z"}}, make, make)
    assert [one["status"] for one in told["results"]] == [200, 412, 201, 201]
    assert told["results"][2] == told["results"][3]


def test_with_a_token(cast: Cast) -> None:
    _, text = api_token_create(actor=Actor.of(cast.admin), user=cast.admin, name="t")
    operation = {"method": "DELETE", "path": f"devices/{cast.things['device'].pk}/"}
    answer: Any = cast.client("anonymous").post(
        "/api/v1/bulk/",
        {"operations": [operation, operation]},
        content_type="application/json",
        headers={"authorization": f"Token {text}"},
    )
    assert [one["status"] for one in answer.json()["results"]] == [204, 404]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("bulk/", 404),
        ("/webapp/devices/", 404),
        ("//elsewhere/api/v1/devices/1/", 404),
        ("../../webapp/", 404),
        ("nothing/", 404),
        ("schema/", 405),
        ("devices/1", 404),
        ("devices/move/?dry_run=csv", 406),
    ],
)
def test_what_cannot_be_part(cast: Cast, path: str, status: int) -> None:
    body = {"devices": [cast.things["device"].pk], "directory": cast.own["device"].pk}
    (result,) = bulk(cast, {"method": "POST", "path": path, "body": body})["results"]
    assert (result["status"], result["body"]["status"]) == (status, status)


def test_its_bounds(cast: Cast) -> None:
    api, one = Api(cast, "admin"), {"method": "DELETE", "path": "devices/1/"}
    wrong: list[Any] = [[], [one] * (MAX_OPERATIONS + 1), [{"method": "GET", "path": "devices/"}], [1], {}, None, "x"]
    for operations in wrong:
        assert api.post("bulk/", {"operations": operations}).status == 400
    assert api.post("bulk/?dry_run=true", {"operations": [one]}).status == 400
    assert ask(cast, "POST", "bulk/", {"operations": [one]}, idempotency_key="k").status_code == 400
    assert ask(cast, "POST", "bulk/", {"operations": [one]}, if_match="*").status_code == 400


def test_a_defect_is_that_of_its_operation(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices_api, "device_delete", lambda **_: 1 / 0)
    path = f"devices/{cast.things['device'].pk}/"
    told = bulk(
        cast,
        {"method": "DELETE", "path": path},
        {"method": "PATCH", "path": path, "body": {"name": "Still done"}},
    )
    assert [one["status"] for one in told["results"]] == [500, 200]
    assert told["results"][0]["body"]["code"] == "error"
