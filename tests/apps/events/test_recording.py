"""What makes a public event, what stands in it, and who sees it."""

from __future__ import annotations

import pytest

from tests.cast import Cast
from ums.audit.services import record, record_each
from ums.core.access import Action
from ums.devices.services import directory_delete
from ums.events.kinds import KINDS, declare_kinds
from ums.events.models import Event
from ums.events.numbering import events_numbered
from ums.events.recording import event, events
from ums.events.selectors import event_list

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kind(cast: Cast) -> None:
    declare_kinds(test__happened="Something happened in a test.")
    Event.objects.all().delete()


def seen(cast: Cast, role: str) -> list[str]:
    events_numbered()
    return [row.object_name for row in event_list(user=getattr(cast, role))]


def test_who_sees_what(cast: Cast) -> None:
    event(kind="test.happened", target=cast.things["device"])
    event(kind="test.happened", target=cast.things["elsewhere"])
    event(kind="test.happened", target=cast.things["own_directory"])
    event(kind="test.happened", target=cast.things["assignment"], directory=cast.own["profile"].pk, name="assigned")
    event(kind="test.happened", name="network")
    event(kind="test.happened", name="process", sees=Action.ADMINISTER)
    own = ["Own device", "Own", "assigned"]
    assert seen(cast, "reader") == seen(cast, "admin") == own
    assert seen(cast, "stranger") == []
    assert seen(cast, "root") == ["Own device", "Another's device", "Own", "assigned", "network", "process"]


def test_where_it_happened_counts(cast: Cast) -> None:
    device = cast.things["device"]
    event(kind="test.happened", target=device)
    device.directory = cast.other["device"]
    device.save()
    event(kind="test.happened", target=device)
    assert seen(cast, "reader") == ["Own device"]


def test_a_directory_is_gone_from_its_parent(cast: Cast) -> None:
    directory_delete(actor=cast.actor("admin"), directory=cast.things["directory"])
    assert set(seen(cast, "reader")) == {"Below own"}


def test_what_is_audited_is_an_event_without_values(cast: Cast) -> None:
    device, actor = cast.things["device"], cast.actor("admin")
    record(actor=actor, action="device.updated", target=device, before={"name": "a"}, after={"name": "value"})
    record_each(actor=actor, action="device.moved", changes=[(device, {"directory": "a"}, {"directory": "value"})])
    record(actor=actor, action="device.updated", target=device, before={}, after={})
    rows = list(Event.objects.order_by("id"))
    assert [(row.kind, row.actor, row.data) for row in rows] == [
        ("device.updated", "admin", {"changed": ["name"]}),
        ("device.moved", "admin", {"changed": ["directory"]}),
    ]
    assert {(row.object_type, row.object_id) for row in rows} == {("device", str(device.pk))}
    assert "value" not in str(Event.objects.values())
    assert KINDS["device.moved"] == "A device was moved to another directory."


def test_many_at_once(cast: Cast) -> None:
    devices = [cast.things["device"], cast.things["elsewhere"]]
    events(kind="test.happened", about=[(device, {"n": n}) for n, device in enumerate(devices)], actor="x")
    assert list(Event.objects.order_by("id").values_list("object_name", "data__n", "actor")) == [
        ("Own device", 0, "x"),
        ("Another's device", 1, "x"),
    ]


def test_what_is_not_declared_is_a_defect(cast: Cast) -> None:
    with pytest.raises(KeyError):
        event(kind="test.misspelt")
    with pytest.raises(ValueError, match="network"):
        event(kind="test.happened", sees=Action.READ)
