"""Login, logout, sessions, Basic with each call, and what the entrance refuses."""

from __future__ import annotations

import re

import pytest

from tests.apps.imi.client import Imi

pytestmark = pytest.mark.django_db


def test_status_is_open_and_parsed_by_clients_as_numbers() -> None:
    status, body = Imi().get("serverstatus")
    assert status == 200
    assert all(re.fullmatch(r"\d+(\.\d+){1,3}", body[key]) for key in ("rmGuiServerVersion", "activeMQVersion"))
    assert body["buildNumber"].isdigit() and body["links"] == [] and body["server"]
