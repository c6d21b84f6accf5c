"""Saved views: who may make, use and delete which."""

from __future__ import annotations

from tests.apps.asking import Api
from tests.cast import Cast
from ums.audit.models import Event
from ums.devices.models import SavedView


def test_a_view_is_saved_listed_and_deleted(cast: Cast) -> None:
    api = Api(cast, "reader")
    given = {"name": "Bremen", "filter": "site:Bremen", "directory": cast.own["device"].pk}
    status, made = api.post("device-views/", given)
    assert status == 201 and made["owner"] == "reader" and made["directory"]["name"] == "Own"
    assert made["shared"] is False and "Bremen" in api.names("device-views/")
    assert "Bremen" not in Api(cast, "admin").names("device-views/")
    assert api.post("device-views/", given).status == 400
    assert Api(cast, "root").delete(f"device-views/{made['id']}/").status == 404
    assert api.delete(f"device-views/{made['id']}/").status == 204
    assert set(Event.objects.filter(object_name="Bremen").values_list("action", flat=True)) == {
        "saved_view.created",
        "saved_view.deleted",
    }


def test_what_is_no_view(cast: Cast) -> None:
    api = Api(cast, "admin")
    assert api.post("device-views/", {"name": "x", "filter": "nonsense:1"}).body["code"] == "filter_invalid"
    assert api.post("device-views/", {"name": ""}).status == 400
    assert api.post("device-views/", {"name": "x", "directory": cast.other["device"].pk}).status == 404
    assert api.post("device-views/", {"name": "x", "directory": cast.own["profile"].pk}).status == 404


def test_a_shared_view_names_no_directory_that_its_reader_may_not_see(cast: Cast) -> None:
    SavedView.objects.update(directory=cast.other["device"])
    pk = cast.things["saved_view"].pk
    assert Api(cast, "reader").get(f"device-views/{pk}/").status == 404
    assert Api(cast, "root").get(f"device-views/{pk}/").body["directory"]["name"] == "Other"
