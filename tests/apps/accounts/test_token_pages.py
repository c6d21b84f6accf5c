"""The page of API tokens: made with limits, shown once, revoked."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests.apps.asking import text
from tests.cast import Cast
from ums.accounts.models import ApiToken

pytestmark = pytest.mark.django_db


def test_made_shown_once_and_revoked(cast: Cast) -> None:
    client = cast.client("admin")
    directory = cast.own["device"]
    sent = {
        "name": "script",
        "last_day": "2099-01-31",
        "read_only": "on",
        "directories": [directory.pk],
        "networks": "10.1.0.0/16\n2001:db8::/32",
    }
    answer = client.post(reverse("console:token_create"), sent)
    shown = re.findall(r"ums_[0-9a-f]{16}\.[\w-]{20,}", text(answer))
    assert len(set(shown)) == 1
    assert answer["Cache-Control"] == "no-store"
    row = ApiToken.objects.get(name="script")
    assert (row.user, row.read_only, row.limited) == (cast.admin, True, True)
    assert list(row.directories.all()) == [directory]
    assert row.networks == ["10.1.0.0/16", "2001:db8::/32"]
    assert row.expires_at is not None
    assert row.expires_at.isoformat().startswith("2099-02-01T00:00")
    page = text(client.get(reverse("console:tokens")))
    assert "Reads only" in page
    assert shown[0].partition(".")[2] not in page
    assert client.post(reverse("console:token_revoke", args=[row.pk])).status_code == 204
    assert "Revoked" in text(client.get(reverse("console:tokens")))


def test_one_sees_ones_own(cast: Cast) -> None:
    assert "Reader&#x27;s token" in text(cast.client("reader").get(reverse("console:tokens")))
    assert "Reader&#x27;s token" in text(cast.client("root").get(reverse("console:tokens")))
    assert "No tokens yet" in text(cast.client("admin").get(reverse("console:tokens")))


@pytest.mark.parametrize(
    "wrong", [{"networks": "x"}, {"last_day": "2000-01-01"}, {"last_day": "9999-12-31"}, {"directories": ["999"]}]
)
def test_what_is_wrong_is_said(cast: Cast, wrong: dict[str, object]) -> None:
    answer = cast.client("admin").post(reverse("console:token_create"), {"name": "script", **wrong})
    assert answer.status_code == 422
    assert not ApiToken.objects.filter(name="script").exists()


def test_directories_that_one_may_not_browse_are_not_offered(cast: Cast) -> None:
    page = text(cast.client("admin").get(reverse("console:token_create")))
    assert f'value="{cast.own["device"].pk}"' in page
    assert f'value="{cast.other["device"].pk}"' not in page
