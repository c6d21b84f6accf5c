"""The world of the tests is what its description says."""

from __future__ import annotations

import pytest

from tests.cast import Cast
from tests.factories import PASSWORD
from ums.core.access import Action, may, restrict
from ums.devices.models import Device


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("root", {Action.READ, Action.WRITE, Action.ASSIGN, Action.COMMAND}),
        ("admin", {Action.READ, Action.WRITE, Action.ASSIGN, Action.COMMAND}),
        ("reader", {Action.READ}),
        ("stranger", set()),
    ],
)
def test_may_do_what_the_table_says(cast: Cast, role: str, allowed: set[Action]) -> None:
    user = getattr(cast, role)
    for thing in ("device", "directory", "profile", "priority_profile"):
        for action in (Action.READ, Action.WRITE, Action.ASSIGN, Action.COMMAND):
            assert may(user, action, cast.things[thing]) is (action in allowed), f"{role} {action} {thing}"


@pytest.mark.parametrize(("role", "seen"), [("root", 2), ("admin", 1), ("reader", 1), ("stranger", 0)])
def test_sees_its_own_devices_only(cast: Cast, role: str, seen: int) -> None:
    assert restrict(Device.objects.all(), getattr(cast, role), Action.BROWSE).count() == seen


def test_signs_in_with_the_password_of_the_factory(cast: Cast) -> None:
    assert cast.admin.check_password(PASSWORD)
