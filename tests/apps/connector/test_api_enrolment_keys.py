"""`/api/v1/enrolment-keys/`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps.asking import Api, each, expected
from tests.cast import Cast
from tests.factories import GrantFactory
from ums.audit.models import Event
from ums.core.access import Action
from ums.devices.models import DirectoryKind


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"),
    [
        ("GET", "", None, "200 403 403 403 401"),
        ("POST", "", {"kind": "one_time", "name": "New"}, "201 403 403 403 401"),
        ("GET", "{pk}/", None, "200 403 403 403 401"),
        ("PATCH", "{pk}/", {"name": "Renamed"}, "200 403 403 403 401"),
        ("DELETE", "{pk}/", None, "204 403 403 403 401"),
        ("POST", "{pk}/enable/", None, "200 403 403 403 401"),
        ("POST", "{pk}/disable/", None, "200 403 403 403 401"),
        ("POST", "{pk}/reveal/", None, "200 403 403 403 401"),
    ],
)
def test_needs_the_permission_to_manage_keys(cast: Cast, method: str, path: str, body: Any, statuses: str) -> None:
    url = "enrolment-keys/" + path.format(pk=cast.things["enrolment_key"].pk)
    assert each(cast, method, url, body) == expected(statuses)


def test_the_text_is_told_at_creation_and_on_recorded_request_only(cast: Cast) -> None:
    GrantFactory(user=cast.admin, action=Action.ENROL)
    admin = Api(cast, "admin")
    body = {"kind": "one_time", "name": "Ward", "count": 2, "directory": cast.own[DirectoryKind.DEVICE].pk}
    status, made = admin.post("enrolment-keys/", body)
    assert (status, [item["key"]["name"] for item in made["items"]]) == (201, ["Ward 1", "Ward 2"])
    secret, pk = made["items"][0]["secret"], made["items"][0]["key"]["id"]
    assert secret not in str([admin.get("enrolment-keys/"), admin.get(f"enrolment-keys/{pk}/")])
    assert admin.post(f"enrolment-keys/{pk}/reveal/").body == {"secret": secret}
    assert Event.objects.latest("id").action == "enrolment_key.revealed"
    assert secret not in str(list(Event.objects.values()))


def test_devices_go_only_where_one_may_write(cast: Cast) -> None:
    GrantFactory(user=cast.reader, action=Action.ENROL)
    body = {"kind": "one_time", "name": "Ward", "directory": cast.own[DirectoryKind.DEVICE].pk}
    assert Api(cast, "reader").post("enrolment-keys/", body).status == 403
    body["directory"] = cast.other[DirectoryKind.DEVICE].pk
    assert Api(cast, "reader").post("enrolment-keys/", body).status == 404


def test_what_is_not_given_stays(cast: Cast) -> None:
    url = f"enrolment-keys/{cast.things['enrolment_key'].pk}/"
    root = Api(cast, "root")
    root.patch(url, {"directory": cast.own[DirectoryKind.DEVICE].pk})
    body = root.patch(url, {"name": "Renamed"}).body
    assert (body["name"], body["directory"]["name"]) == ("Renamed", "Own")
    assert root.patch(url, {"directory": None}).body["directory"] is None
