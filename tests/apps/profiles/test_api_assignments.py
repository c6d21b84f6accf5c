"""`/api/v1/assignments/`."""

from __future__ import annotations

from tests.apps.asking import Api, each, expected
from tests.cast import Cast
from tests.factories import AssignmentFactory, ProfileFactory
from ums.devices.models import DirectoryKind, SettingsState
from ums.profiles.models import Assignment


def test_each_sees_those_of_which_they_may_read_both_sides(cast: Cast) -> None:
    own = cast.things["assignment"]
    elsewhere = AssignmentFactory(profile=cast.things["profile"], device=cast.things["elsewhere"])
    foreign = AssignmentFactory(profile=ProfileFactory(), device=cast.things["device"])

    def seen(role: str, **query: int) -> set[int]:
        return {item["id"] for item in Api(cast, role).get("assignments/", **query).body["items"]}

    assert seen("root") == {own.pk, elsewhere.pk, foreign.pk}
    assert seen("admin") == seen("reader") == {own.pk}
    assert seen("stranger") == set()
    assert seen("root", device=cast.things["device"].pk) == {own.pk, foreign.pk}
    assert seen("root", profile=cast.things["profile"].pk) == {own.pk, elsewhere.pk}
    assert seen("root", directory=1) == set()
    assert each(cast, "GET", f"assignments/{foreign.pk}/") == expected("200 404 404 404 401")


def test_many_profiles_to_many_targets(cast: Cast) -> None:
    SettingsState.objects.update(pending=False)
    body = {
        "profiles": [cast.things["profile"].pk, cast.things["priority_profile"].pk],
        "devices": [cast.things["device"].pk],
        "directories": [cast.things["directory"].pk],
    }
    assert each(cast, "POST", "assignments/", body) == expected("201 201 403 404 401")
    status, made = Api(cast, "admin").post("assignments/", body)
    assert (status, len(made["items"])) == (201, 3), "one was there before"
    assert SettingsState.objects.get(device=cast.things["device"]).pending
    assert Api(cast, "admin").post("assignments/", body).body == {"items": []}


def test_assigning_needs_targets_of_the_right_kind_that_one_may_see(cast: Cast) -> None:
    profile = cast.things["profile"].pk
    admin = Api(cast, "admin")
    assert admin.post("assignments/", {"profiles": [profile]}).body["fields"].keys() == {"general"}
    wrong = {"profiles": [profile], "directories": [cast.own[DirectoryKind.PROFILE].pk]}
    assert admin.post("assignments/", wrong).body["code"] == "target_other_kind"
    assert admin.post("assignments/", {"profiles": [profile], "devices": [cast.things["elsewhere"].pk]}).status == 404
    assert admin.post("assignments/", {"profiles": [0], "devices": [2**63]}).status == 400
    assert admin.post("assignments/", {"profiles": list(range(1, 1002)), "devices": [1]}).status == 400


def test_remove(cast: Cast) -> None:
    url = f"assignments/{cast.things['assignment'].pk}/"
    assert each(cast, "DELETE", url) == expected("204 204 403 404 401")
    assert Api(cast, "admin").delete(url, when="next_boot").status == 204
    assert not Assignment.objects.exists()
    assert SettingsState.objects.get(device=cast.things["device"]).pending
