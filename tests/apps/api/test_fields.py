"""`fields=`: only what was asked for, and nothing that is not there."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.apps.asking import Api
from tests.cast import Cast


def test_one_object(cast: Cast) -> None:
    device = cast.things["device"]
    assert Api(cast, "root").get(f"devices/{device.pk}/", fields="id,name").body == {
        "id": device.pk,
        "name": device.name,
    }


def test_a_list(cast: Cast) -> None:
    root = Api(cast, "root")
    _, page = root.get("devices/", fields="unit_id, directory", limit=1)
    assert [list(item) for item in page["items"]] == [["unit_id", "directory"]]
    _, rest = root.get("devices/", fields="unit_id", after=page["next"])
    assert [list(item) for item in rest["items"]] == [["unit_id"]]


@pytest.mark.parametrize("path", ["devices/", "devices/{}/"])
@pytest.mark.parametrize("fields", ["nme", "", "id,,name", "id,password"])
def test_what_is_not_there_is_named(cast: Cast, path: str, fields: str) -> None:
    status, problem = Api(cast, "root").get(path.format(cast.things["device"].pk), fields=fields)
    assert (status, list(problem["fields"])) == (400, ["fields"])


def test_an_unknown_parameter_of_one_object_is_named(cast: Cast) -> None:
    assert Api(cast, "root").get(f"devices/{cast.things['device'].pk}/", field="name").status == 400


def test_fields_belong_to_reading(cast: Cast) -> None:
    assert Api(cast, "root").ask("DELETE", f"devices/{cast.things['device'].pk}/", fields="id").status == 400


def test_fewer_fields_need_no_more_queries(cast: Cast) -> None:
    root = Api(cast, "root")
    counts = []
    for query in ({}, {"fields": "id"}):
        root.get("devices/", **query)
        with CaptureQueriesContext(connection) as queries:
            root.get("devices/", **query)
        counts.append(len(queries))
    assert counts[1] <= counts[0]
