"""Two sets of settings side by side: what differs, in which order, and what may be seen of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.urls import reverse

from tests.apps.asking import text
from tests.cast import Cast
from tests.factories import CatalogueFactory, ProfileFactory
from ums.core.actor import SYSTEM
from ums.domain.parameters import Expression, Instance, Settings
from ums.profiles.comparison import Side, Sign, compared, differences, narrowed, part_of, size_of
from ums.profiles.content import MASK, catalogue_of
from ums.profiles.models import Profile, Revision
from ums.profiles.services import profile_save

pytestmark = pytest.mark.django_db


def side(values: dict[str, Any], overwrite: bool = False, **instances: Instance) -> Side:
    return Side(catalogue_of(CatalogueFactory()), Settings(values, instances), overwrite)


def signs(groups: Any) -> dict[str, str]:
    return {row.key: row.sign.value for group in groups for row in group.rows}


def save(profile: Profile, values: dict[str, Any], **instances: Any) -> Revision:
    profile.refresh_from_db()
    assert profile.head is not None
    content = {
        "values": values,
        "instances": {serial: {"class": "sessions.rdp%", "values": own} for serial, own in instances.items()},
    }
    return profile_save(
        actor=SYSTEM, profile=profile, settings=content, overwrite_sessions=False, base=profile.head.number
    )


def test_each_value_has_its_sign() -> None:
    left = side({"system.volume": 1, "system.timezone": "UTC", "system.kernel": "a"}, overwrite=True)
    right = side({"system.volume": 2, "system.timezone": "UTC", "display0.resolution": "b"})
    groups = compared(left, right)
    assert signs(groups) == {
        "overwrite_sessions": "changed",
        "system.volume": "changed",
        "system.timezone": "same",
        "system.kernel": "removed",
        "display0.resolution": "added",
    }
    assert [(group.page, group.instance) for group in groups] == [
        ("Profile options", ""),
        ("System", ""),
        ("System", "Display 0"),
    ]
    assert differences(groups) == 4


def test_true_is_not_one_and_an_expression_is_not_its_text() -> None:
    left = side({"system.kernel": Expression("${SITE}"), "no.such": True})
    right = side({"system.kernel": "${SITE}", "no.such": 1})
    assert signs(compared(left, right)) == {"system.kernel": "changed", "no.such": "changed"}


def test_secrets_are_compared_as_they_are_and_shown_masked() -> None:
    left, right = side({"system.password": "one"}), side({"system.password": "two"})
    (row,) = compared(left, right)[0].rows
    assert (row.left, row.right, row.secret_changed) == (MASK, MASK, True)
    assert differences(compared(left, left)) == 0
    (row,) = compared(side({"gone": "sealed:abc"}), side({"gone": "sealed:def"}))[0].rows
    assert (row.left, row.right) == (MASK, MASK), "a secret of a parameter that is no longer known"


def test_what_one_side_knows_as_a_secret_is_masked_on_both() -> None:
    left = side({"system.password": "hidden"})
    parameters = {
        path: replace(known, secret=False) if path == "system.password" else known
        for path, known in left.catalogue.parameters.items()
    }
    right = Side(replace(left.catalogue, parameters=parameters), Settings({"system.password": "own"}))
    for pair in ((left, right), (right, left)):
        (row,) = compared(*pair)[0].rows
        assert (row.left, row.right) == (MASK, MASK)


def test_revisions_of_no_profile(cast: Cast) -> None:
    ids = f"{cast.things['profile'].pk},{cast.things['priority_profile'].pk}"
    answer = cast.client("root").get(reverse("profiles:compare"), {"ids": ids, "profile": ","})
    assert answer.status_code == 200


def test_instances_meet_by_serial_and_in_two_profiles_by_name() -> None:
    left = side({}, one=Instance("sessions.rdp%", {"name": "Hall", "server": "a"}), gone=Instance("sessions.rdp%"))
    right = side({}, other=Instance("sessions.rdp%", {"name": "Hall", "server": "b"}))
    by_serial = compared(left, right)
    assert sorted(group.sign.value for group in by_serial) == ["added", "removed", "removed"]
    assert differences(by_serial) == 5, "one has no values and counts as one"
    by_name = compared(left, right, by_name=True)
    assert [(group.instance, group.sign) for group in by_name] == [
        ("Hall", Sign.SAME),
        ("RDP session", Sign.REMOVED),
    ]
    assert signs(by_name) == {"one:name": "same", "one:server": "changed"}


def test_narrowing_and_parts() -> None:
    left = side({"system.volume": 1, "system.timezone": "UTC"}, x=Instance("sessions.rdp%"))
    groups = compared(left, side({"system.volume": 2, "system.timezone": "UTC"}))
    assert signs(narrowed(groups, everything=False, words="")) == {"system.volume": "changed"}
    assert len(narrowed(groups, everything=False, words="")) == 2, "with the instance that is gone"
    assert signs(narrowed(groups, everything=True, words="time ZONE")) == {"system.timezone": "same"}
    assert size_of(groups) == 3
    assert [signs(part_of(groups, at, 1)) for at in range(4)] == [
        {},
        {"system.timezone": "same"},
        {"system.volume": "changed"},
        {},
    ]


def test_revisions_say_how_much_changed() -> None:
    profile = ProfileFactory()
    first = save(profile, {"system.volume": 1, "system.password": "secret"}, s1={"name": "A"})
    assert first.change_count == 3
    assert save(profile, {"system.volume": 2, "system.password": MASK}).change_count == 2


def test_page_of_two_revisions(cast: Cast) -> None:
    client, profile = cast.client("reader"), cast.things["profile"]
    for number in (1, 2, 3):
        save(profile, {"system.volume": number, "system.timezone": "Europe/Berlin"})
    url = reverse("profiles:compare")
    page = text(client.get(url, {"left": f"{profile.pk}.2", "right": f"{profile.pk}.4"}))
    assert "Revision 2" in page and "Volume" in page and "Europe/Berlin" not in page
    assert "Europe/Berlin" in text(
        client.get(url, {"left": f"{profile.pk}.2", "right": f"{profile.pk}.4", "show": "all"})
    )
    ticked = text(client.get(url, {"ids": "4,2", "profile": profile.pk}))
    assert "Revision 2</th>" in ticked and "Revision 4</th>" in ticked
    assert client.get(url, {"ids": "2", "profile": profile.pk}).status_code == 400
    for query in ({}, {"left": "x", "right": "1"}, {"left": f"{profile.pk}.99", "right": str(profile.pk)}):
        assert client.get(url, query).status_code == 404
    assert cast.client("stranger").get(url, {"left": f"{profile.pk}.2", "right": f"{profile.pk}.4"}).status_code == 404


def test_page_of_two_profiles_and_its_dialog(cast: Cast) -> None:
    client, profile, other = cast.client("reader"), cast.things["profile"], cast.things["priority_profile"]
    save(profile, {"system.password": "first-secret"}, s1={"name": "Hall"})
    save(other, {"system.password": "other-secret"}, s2={"name": "Hall"})
    page = text(client.get(reverse("profiles:compare"), {"left": profile.pk, "right": other.pk}))
    assert "secrets are not compared" in page and "first-secret" not in page and "Own priority profile" in page
    dialog = text(client.get(reverse("profiles:profile_compare", args=[profile.pk])))
    assert "Own priority profile" in dialog and "Own device" in dialog and "Another&#x27;s device" not in dialog
    found = text(client.get(reverse("profiles:profile_compare", args=[profile.pk]), {"q": "priority"}))
    assert "Own priority profile" in found and "Own device" not in found
    hidden = ProfileFactory(directory=cast.other["profile"])
    assert client.get(reverse("profiles:compare"), {"left": profile.pk, "right": hidden.pk}).status_code == 404
