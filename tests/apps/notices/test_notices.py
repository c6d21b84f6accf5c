"""Notices stay until somebody settles them, count while they are open, and are forgotten one day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.cast import Cast
from tests.factories import DeviceFactory
from tests.factories.notices import NoticeFactory
from ums.audit.models import Event
from ums.core.errors import NotAllowed
from ums.events.models import Event as PublicEvent
from ums.notices import services
from ums.notices.kinds import KINDS, declare
from ums.notices.models import Notice
from ums.notices.selectors import notice_list, open_count
from ums.notices.services import Noticed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ums.notices.kinds.KINDS", KINDS)
    declare(test__kind="A kind of the tests")


def post(key: str = "one", **more: Any) -> list[str]:
    return services.notices_post(noticed=[Noticed(key, "test.kind", "Something", **more)])


def test_the_same_again_counts() -> None:
    device = DeviceFactory()
    assert post(device=device, detail="first") == ["one"]
    first = Notice.objects.get()
    assert post(device=device, detail="again") == []
    row = Notice.objects.get()
    assert (row.pk, row.count, row.detail, row.device_name) == (first.pk, 2, "again", device.name)
    services.notices_post(noticed=[Noticed("two", "test.kind", "Other")] * 3)
    assert Notice.objects.get(key="two").count == 3


def test_a_settled_one_comes_back_as_a_new_one_unless_once(cast: Cast) -> None:
    root = cast.actor("root")
    Notice.objects.all().delete()
    post()
    post("two", once=True)
    assert services.notices_settle(actor=root, notices=list(Notice.objects.all())) == 2
    assert services.notices_settle(actor=root, notices=list(Notice.objects.all())) == 0
    assert post() == ["one"]
    assert post("two", once=True) == []
    assert Event.objects.filter(action="notice.settled").count() == 2
    # The older one has an open twin: it stays settled.
    assert services.notices_reopen(actor=root, notices=list(Notice.objects.all())) == 1
    assert set(Notice.objects.filter(settled_at=None).values_list("key", flat=True)) == {"one", "two"}


def test_other_programs_hear_of_it() -> None:
    device = DeviceFactory()
    post(device=device)
    post(device=device)
    event = PublicEvent.objects.get(kind="notice.posted")
    assert (event.object_name, event.directory) == ("Something", device.directory_id)
    assert event.data == {"kind": "test.kind", "level": "warning"}


def test_an_undeclared_kind_is_a_defect() -> None:
    with pytest.raises(KeyError):
        services.notices_post(noticed=[Noticed("x", "no.such", "x")])


def test_who_sees_and_settles(cast: Cast) -> None:
    Notice.objects.all().delete()
    own, other = NoticeFactory(device=cast.things["device"]), NoticeFactory(device=cast.things["elsewhere"])
    network = NoticeFactory(device=None)
    assert list(notice_list(user=cast.reader)) == [own]
    assert set(notice_list(user=cast.root)) == {own, other, network}
    assert (open_count(user=cast.admin), open_count(user=cast.root), open_count(user=cast.stranger)) == (1, 3, 0)
    for role, rows in (("reader", [own]), ("admin", [own, other]), ("admin", [network])):
        with pytest.raises(NotAllowed):
            services.notices_settle(actor=cast.actor(role), notices=rows)
    assert services.notices_settle(actor=cast.actor("admin"), notices=[own]) == 1


def test_settled_ones_are_forgotten() -> None:
    now = timezone.now()
    NoticeFactory(first_at=now - timedelta(days=400))
    NoticeFactory(settled_at=now - timedelta(days=80))
    NoticeFactory(settled_at=now - timedelta(days=91))
    assert services.notices_prune() == 1
    assert Notice.objects.count() == 2


def test_pages(cast: Cast) -> None:
    client, notice = cast.client("admin"), cast.things["notice"]
    assert notice.title in client.get("/webapp/notices/").content.decode()
    answer = client.post("/webapp/notices/settle/", {"ids": notice.pk})
    assert answer.status_code == 204 and f"reopen/?ids={notice.pk}" in answer["HX-Trigger"]
    assert notice.title not in client.get("/webapp/notices/").content.decode()
    assert "by admin" in client.get("/webapp/notices/?shown=settled").content.decode()
    client.post(f"/webapp/notices/reopen/?ids={notice.pk}")
    assert client.get("/webapp/counters").content.decode().count('title="1 notice is open"') == 1
    assert "notices/settle/" not in cast.client("reader").get("/webapp/notices/").content.decode()
