"""Events in the API: page by page, never missed, never seen by others, kept for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.apps.asking import Api, each, expected
from tests.cast import Cast
from ums.audit.models import Event as Audited
from ums.core.actor import SYSTEM
from ums.events.kinds import declare_kinds
from ums.events.models import Event, Feed
from ums.events.numbering import events_numbered
from ums.events.recording import event
from ums.feeds.services import events_keep, events_prune

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clean(cast: Cast) -> None:
    declare_kinds(test__happened="Something happened in a test.", test__other="Something else.")
    Event.objects.all().delete()


def happen(cast: Cast, *names: str, kind: str = "test.happened") -> None:
    for name in names:
        event(kind=kind, target=cast.things["device"], name=name)


def pages(api: Api, **query: object) -> Iterator[list[str]]:
    after = ""
    while True:
        status, body = api.get("events/", **({"after": after} if after else {}), **query)
        assert status == 200, body
        yield [item["object"]["name"] for item in body["items"]]
        if body["next"] is None:
            return
        after = body["next"]


def test_page_by_page(cast: Cast) -> None:
    happen(cast, "a", "b", "c", "d", "e")
    api = Api(cast, "reader")
    assert list(pages(api, limit=2)) == [["a", "b"], ["c", "d"], ["e"]]
    body = api.get("events/").body
    assert body["next"] is None
    assert body["items"][-1]["cursor"] == body["cursor"]
    assert api.get("events/", after=body["cursor"]).body == {"items": [], "next": None, "cursor": body["cursor"]}
    happen(cast, "f")
    assert [item["object"]["name"] for item in api.get("events/", after=body["cursor"]).body["items"]] == ["f"]


def test_what_one_may_not_see_is_passed_by(cast: Cast) -> None:
    event(kind="test.happened", target=cast.things["elsewhere"])
    happen(cast, "mine")
    event(kind="test.happened", target=cast.things["elsewhere"])
    body = Api(cast, "reader").get("events/", limit=1).body
    assert [item["object"]["name"] for item in body["items"]] == ["mine"]
    assert int(body["cursor"]) == events_numbered()
    assert Api(cast, "stranger").get("events/").body["items"] == []
    assert len(Api(cast, "root").get("events/").body["items"]) == 3


def test_shape(cast: Cast) -> None:
    event(kind="test.happened", target=cast.things["device"], actor="somebody", data={"user": "a"})
    (item,) = Api(cast, "admin").get("events/").body["items"]
    device = cast.things["device"]
    assert item.pop("cursor").isdigit()
    assert item.pop("time").endswith("Z")
    assert item == {
        "kind": "test.happened",
        "object": {"type": "device", "id": str(device.pk), "name": "Own device"},
        "directory": device.directory_id,
        "actor": "somebody",
        "data": {"user": "a"},
    }
    assert Api(cast, "admin").get("events/", fields="kind").body["items"] == [{"kind": "test.happened"}]


def test_filters(cast: Cast) -> None:
    happen(cast, "a")
    happen(cast, "b", kind="test.other")
    event(kind="test.happened", target=cast.things["profile"], name="c")
    api = Api(cast, "admin")

    def names(**query: object) -> str:
        return "".join(page for found in pages(api, **query) for page in found)

    assert names(kind="test.other") == "b"
    assert names(kind=["test.other", "test.happened"]) == names(kind="test") == "abc"
    assert names(object_type="profile") == "c"
    assert names(object_id=str(cast.things["device"].pk), object_type="device") == "ab"
    assert names(directory=cast.own["profile"].pk) == "c"
    assert names(since="2099-01-01T00:00Z") == ""
    assert names(until="2099-01-01T00:00Z") == "abc"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"after": "x"}, "invalid_cursor"),
        ({"after": "-1"}, "invalid_cursor"),
        ({"after": "9" * 19}, "invalid_cursor"),
        ({"kind": "test.misspelt"}, "filter_invalid"),
        ({"limit": "0"}, "invalid"),
        ({"ordering": "id"}, "invalid"),
        ({"count": "true"}, "invalid"),
        ({"colour": "red"}, "filter_invalid"),
    ],
)
def test_what_cannot_be_meant_is_refused(cast: Cast, query: dict[str, str], code: str) -> None:
    status, body = Api(cast, "root").get("events/", **query)
    assert (status, body["code"]) == (400, code)


def test_kept_for_a_while(cast: Cast) -> None:
    happen(cast, "old", "older", "young", "still")
    events_numbered()
    Event.objects.filter(object_name__startswith="old").update(time=timezone.now() - timedelta(days=31))
    # Young events protect what comes after them: nothing in the middle is missing without a word.
    Event.objects.filter(object_name="still").update(time=timezone.now() - timedelta(days=40))
    first = Event.objects.get(object_name="old").position or 0
    assert events_prune() == 2
    assert events_prune() == 0
    api = Api(cast, "root")
    assert list(pages(api)) == [["young", "still"]]
    assert Feed.objects.get().pruned == first + 1
    assert api.get("events/", after=str(first + 1)).status == 200
    status, body = api.get("events/", after=str(first))
    assert (status, body["code"]) == (410, "cursor_gone")
    assert api.get("events/", after="0").status == 200


def test_how_long(cast: Cast) -> None:
    assert each(cast, "PATCH", "events/kept/", {"days": 7}) == expected("200 403 403 403 401")
    api = Api(cast, "root")
    assert api.patch("events/kept/", {"days": 7}).body["days"] == 7
    assert api.get("events/kept/").body["days"] == 7
    assert Audited.objects.filter(action="events.kept_changed").get().after == {"days": 7}
    for days in (0, 366, "x"):
        assert api.patch("events/kept/", {"days": days}).status == 400
    happen(cast, "a")
    events_numbered()
    Event.objects.filter(object_name="a").update(time=timezone.now() - timedelta(days=8))
    events_keep(actor=SYSTEM, days=9)
    assert events_prune() == 0


def test_kinds_are_told(cast: Cast) -> None:
    found = {one["name"]: one["meaning"] for one in Api(cast, "stranger").get("events/kinds/").body}
    assert found["device.online"] == "A device connected"
    assert "profile.saved" in found
