"""Pages and dialogs about profiles, as a browser asks for them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.urls import reverse

from tests.cast import Cast
from tests.factories import AssignmentFactory, CatalogueFactory, DeviceFactory, DirectoryFactory, ProfileFactory
from tests.vectors import DEFINITION, WALLPAPER
from ums.devices.models import DirectoryKind, SettingsState
from ums.profiles.models import Assignment, Profile
from ums.profiles.views.asked import as_text, numbers

pytestmark = pytest.mark.django_db


def text(response: Any) -> str:
    """The page, which must be there."""
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def toast(response: HttpResponse) -> dict[str, Any]:
    """What the page is told after an action."""
    assert response.status_code == 204, response.content.decode()
    found: dict[str, Any] = json.loads(response["HX-Trigger"])["ums:toast"]
    return found


def names(page: str) -> list[str]:
    """The profiles of a list, in order."""
    return [part.split('"')[0] for part in page.split('data-kind="profile" data-label="')[1:]]


def test_list_shows_one_kind_below_a_directory_that_the_filter_lets_through(cast: Cast) -> None:
    client, url = cast.client("admin"), reverse("profiles:profile_list")
    own = cast.own[DirectoryKind.PROFILE]
    below = DirectoryFactory(kind=DirectoryKind.PROFILE, parent=own)
    ProfileFactory(directory=below, name="Kiosk", description="One window in the hall")
    ProfileFactory(directory=cast.other[DirectoryKind.PROFILE], name="Not mine")
    assert names(text(client.get(url))) == ["Kiosk", "Own profile"]
    assert names(text(client.get(url, {"kind": "priority"}))) == ["Own priority profile"]
    assert names(text(client.get(url, {"directory": below.pk}))) == ["Kiosk"]
    assert names(text(client.get(url, {"q": "hall window"}))) == ["Kiosk"]
    assert names(text(client.get(url, {"f": "assigned:yes"}))) == ["Own profile"]
    assert names(text(client.get(url, {"f": "assigned:no"}))) == ["Kiosk"]
    assert names(text(client.get(url, {"sort": "-name"}))) == ["Own profile", "Kiosk"]
    assert names(text(client.get(url, {"sort": "-assigned"}))) == ["Own profile", "Kiosk"]


@pytest.mark.parametrize(
    ("role", "query", "said"),
    [
        ("stranger", {}, "No permission"),
        ("root", {"q": "nothing like this"}, "No profile matches"),
        ("root", {"f": "colour:red"}, "There is no filter"),
    ],
)
def test_list_says_why_it_is_empty(cast: Cast, role: str, query: dict[str, str], said: str) -> None:
    assert said in text(cast.client(role).get(reverse("profiles:profile_list"), query))


def test_list_pages_forth_and_back(cast: Cast) -> None:
    for number in range(60):
        ProfileFactory(directory=cast.own[DirectoryKind.PROFILE], name=f"P{number:03}")
    client = cast.client("admin")
    first = text(client.get(reverse("profiles:profile_list")))
    assert len(names(first)) == 50 and "1–50 of 61" in first
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = text(client.get(reverse("profiles:profile_list") + link))
    assert names(second)[0] == "P049" and "51–61 of 61" in second and 'rel="prev"' in second


def test_create_leads_to_the_editor(cast: Cast) -> None:
    client, own = cast.client("admin"), cast.own[DirectoryKind.PROFILE]
    url = f"{reverse('profiles:profile_create')}?directory={own.pk}"
    assert f'value="{own.pk}" selected' in text(client.get(url))
    form = {"name": " Kiosk ", "directory": own.pk, "based_on": cast.things["catalogue"].pk, "overwrite_sessions": "on"}
    response = client.post(url, form)
    made = Profile.objects.get(name="Kiosk")
    assert json.loads(response["HX-Location"])["path"] == reverse("profiles:profile_detail", args=[made.pk])
    assert made.head is not None and made.head.overwrite_sessions


def test_create_offers_own_directories_only_and_says_what_is_missing(cast: Cast) -> None:
    client = cast.client("admin")
    url = reverse("profiles:profile_create")
    assert "Other" not in text(client.get(url))
    form = {"name": "", "directory": cast.other[DirectoryKind.PROFILE].pk, "based_on": cast.things["catalogue"].pk}
    response = client.post(url, form)
    assert response.status_code == 422 and response.content.decode().count("field-error") == 2


def test_menu_and_page_offer_what_one_may_do(cast: Cast) -> None:
    pk = cast.things["profile"].pk
    for role, offered in (("admin", True), ("reader", False)):
        client = cast.client(role)
        menu = text(client.get(reverse("profiles:profile_menu", args=[pk])))
        page = text(client.get(reverse("profiles:profile_detail", args=[pk])))
        url = reverse("profiles:assign")
        assert [("Delete…" in part, url in part) for part in (menu, page)] == [(offered, offered)] * 2
        assert ("readonly" in page.split("<ums-editor")[1].split(">")[0]) is not offered
        assert ('id="save-bar"' in page) is offered


def test_a_deleted_profile_leaves_the_devices_and_undo_brings_it_back(cast: Cast) -> None:
    client, profile = cast.client("admin"), cast.things["profile"]
    url = reverse("profiles:profile_delete", args=[profile.pk])
    dialog = text(client.get(url))
    assert "1 device loses these settings" in dialog and "1 assignment" in dialog
    told = toast(client.post(url, {"when": "next_boot"}))
    assert told["detail"] == "1 device gets it at the next boot."
    assert Profile.objects.get(pk=profile.pk).deleted_at
    assert SettingsState.objects.get(pk=cast.things["device"].pk).pending
    assert toast(client.post(told["undo"]["url"]))["text"] == "“Own profile” is back."
    assert not Profile.objects.get(pk=profile.pk).deleted_at


def test_the_recycle_bin_shows_restores_and_is_emptied(cast: Cast) -> None:
    client, profile = cast.client("admin"), cast.things["deleted_profile"]
    page = text(client.get(reverse("profiles:recycle_bin")))
    assert "Deleted profile" in page and "Empty the bin…" in page
    assert "Deleted profile" not in text(client.get(reverse("profiles:profile_list")))
    assert client.get(reverse("profiles:profile_detail", args=[profile.pk])).status_code == 404
    told = toast(client.post(reverse("profiles:profiles_restore"), {"all": "1", "filter": "f=kind:standard"}))
    assert told["text"] == "“Deleted profile” is back."
    client.post(told["undo"]["url"])
    url = reverse("profiles:profiles_purge")
    ProfileFactory(directory=cast.own[DirectoryKind.PROFILE], deleted_at=Profile.objects.get(pk=profile.pk).deleted_at)
    assert "delete 2" in text(client.get(url, {"everything": "1"}))
    assert client.post(url, {"everything": "1", "confirm": "delete 1"}).status_code == 422
    told = toast(client.post(url, {"everything": "1", "confirm": "delete 2"}))
    assert told["text"] == "Deleted 2 profiles for good."
    assert not Profile.objects.filter(deleted_at__isnull=False).exists()


def test_the_editor_of_a_customization_is_given_its_use_case_only(cast: Cast) -> None:
    catalogue = CatalogueFactory(name="Vector OS", definition=json.dumps(DEFINITION))
    profile = ProfileFactory(kind="customization", use_case="wallpaper", based_on=catalogue)
    client = cast.client("root")
    page = text(client.get(reverse("profiles:profile_detail", args=[profile.pk])))
    assert "no-sessions" in page
    url = page.split('catalogue-url="')[1].split('"')[0].replace("&amp;", "&")
    data = json.loads(client.get(url).content)
    assert [one["path"] for one in data["parameters"]] == [WALLPAPER]
    assert (data["classes"], [one["id"] for one in data["pages"]]) == ([], ["all"])
    dialog = text(client.get(reverse("profiles:profile_create"), {"kind": "customization"}))
    assert 'name="use_case"' in dialog and 'name="overwrite_sessions"' not in dialog


def test_several_profiles_are_deleted_together(cast: Cast) -> None:
    some = ProfileFactory.create_batch(2, directory=cast.own[DirectoryKind.PROFILE])
    ids = ",".join(str(profile.pk) for profile in some)
    assert toast(cast.client("admin").post(reverse("profiles:profiles_delete"), {"ids": ids}))["text"] == (
        "Moved 2 profiles to the recycle bin."
    )


def test_delete_of_all_that_match_takes_what_the_filter_shows(cast: Cast) -> None:
    ProfileFactory(directory=cast.own[DirectoryKind.PROFILE], name="Old kiosk")
    data = {"all": "1", "filter": "kind=standard&q=kiosk"}
    told = toast(cast.client("admin").post(reverse("profiles:profiles_delete"), data))
    assert told["text"] == "Moved “Old kiosk” to the recycle bin."
    assert Profile.objects.get(name="Own profile").deleted_at is None


def test_move_keeps_assignments_and_asks_both_directories(cast: Cast) -> None:
    client, profile = cast.client("admin"), cast.things["profile"]
    below = DirectoryFactory(kind=DirectoryKind.PROFILE, parent=cast.own[DirectoryKind.PROFILE], name="Below")
    url = reverse("profiles:profiles_move")
    assert toast(client.post(url, {"ids": profile.pk, "directory": below.pk}))["text"] == (
        "Moved “Own profile” to Below."
    )
    assert Profile.objects.get(pk=profile.pk).directory == below and profile.assignments.exists()
    other = cast.other[DirectoryKind.PROFILE].pk
    assert client.post(url, {"ids": profile.pk, "directory": other}).status_code == 422


def test_assignments_name_place_reach_and_what_waits(cast: Cast) -> None:
    profile, directory = cast.things["profile"], cast.things["directory"]
    AssignmentFactory(profile=profile, device=None, directory=directory)
    DeviceFactory.create_batch(3, directory=DirectoryFactory(parent=directory))
    page = text(cast.client("admin").get(reverse("profiles:profile_assignments", args=[profile.pk])))
    assert "4 devices" in page and "4 of them wait" in page and '<td class="num">3</td>' in page


def test_unassigned_profile_says_how_to_start(cast: Cast) -> None:
    pk = cast.things["priority_profile"].pk
    assert "Not assigned yet" in text(cast.client("admin").get(reverse("profiles:profile_assignments", args=[pk])))


class TestRightPane:
    """Assigned objects of a device and of a directory."""

    def labels(self, page: str) -> list[str]:
        """In the order in which they stand there."""
        return [
            part.split('"')[0] for part in page.split('<span class="rank">')[1:] for part in [part.split('title="')[1]]
        ]

    def test_strongest_is_on_top_direct_first(self, cast: Cast) -> None:
        device, below, own = cast.things["device"], cast.things["directory"], cast.own[DirectoryKind.DEVICE]
        device.directory = below
        device.save()
        for name, kind, target in (
            ("S far", "standard", own),
            ("S near", "standard", below),
            ("M near", "priority", below),
            ("M far", "priority", own),
            ("M here", "priority", device),
        ):
            where = {"device": target} if target is device else {"device": None, "directory": target}
            AssignmentFactory(profile=ProfileFactory(name=name, kind=kind), **where)
        client = cast.client("root")
        pane = text(client.get(reverse("profiles:assigned_for_device", args=[device.pk])))
        assert self.labels(pane) == ["M here", "Own profile", "M far", "M near", "S near", "S far"]
        pane = text(client.get(reverse("profiles:assigned_for_directory", args=[below.pk])))
        assert self.labels(pane) == ["M near", "S near", "M far", "S far"]

    def test_marks_what_is_not_transferred_yet(self, cast: Cast) -> None:
        device = cast.things["device"]
        url = reverse("profiles:assigned_for_device", args=[device.pk])
        client = cast.client("admin")
        assert "Not yet transferred" in text(client.get(url))
        SettingsState.objects.filter(pk=device.pk).update(pending=False)
        assert "Not yet transferred" not in text(client.get(url))

    def test_reader_sees_no_buttons_and_unreadable_profiles_have_no_link(self, cast: Cast) -> None:
        device = cast.things["device"]
        secret = ProfileFactory(directory=cast.other[DirectoryKind.PROFILE], name="From above")
        AssignmentFactory(profile=secret, device=device)
        pane = text(cast.client("reader").get(reverse("profiles:assigned_for_device", args=[device.pk])))
        assert "From above" in pane and reverse("profiles:profile_detail", args=[secret.pk]) not in pane
        assert "hx-post" not in pane and "data-drop" not in pane


class TestAssign:
    """The dialog, from both sides, and its Undo."""

    url = property(lambda self: reverse("profiles:assign"))

    def test_from_profiles_offers_directories_and_finds_devices(self, cast: Cast) -> None:
        client, profile = cast.client("admin"), cast.things["profile"]
        dialog = text(client.get(self.url, {"ids": profile.pk}))
        assert "Assign “Own profile”" in dialog and "Below own" in dialog and "Own device" not in dialog
        found = text(client.get(reverse("profiles:assign_candidates"), {"profile": profile.pk, "q": "own dev"}))
        assert "Own device" in found and "assigned already" in found and "Another" not in found

    def test_ticked_ones_stay_while_searching(self, cast: Cast) -> None:
        query = {"profile": cast.things["profile"].pk, "directory": cast.things["directory"].pk, "q": "no such"}
        found = text(cast.client("admin").get(reverse("profiles:assign_candidates"), {**query, "picks": "targets"}))
        assert f'value="{cast.things["directory"].pk}" checked' in found

    def test_from_a_device_offers_profiles(self, cast: Cast) -> None:
        dialog = text(cast.client("admin").get(self.url, {"target": "device", "target_id": cast.things["device"].pk}))
        assert "Assign profiles to “Own device”" in dialog
        assert "Own priority profile" in dialog and "assigned already" in dialog

    def test_reach_is_told_before(self, cast: Cast) -> None:
        DeviceFactory.create_batch(3, directory=cast.things["directory"])
        query = {"profile": cast.things["profile"].pk, "directory": cast.things["directory"].pk}
        answer = text(cast.client("admin").get(reverse("profiles:assign_reach"), query))
        assert "3 devices" in answer

    def test_nothing_ticked_is_told_in_the_dialog(self, cast: Cast) -> None:
        response = cast.client("admin").post(self.url, {"profile": cast.things["profile"].pk, "picks": "targets"})
        assert response.status_code == 422 and "Tick at least one" in response.content.decode()

    def test_undo_removes_exactly_what_is_new_and_its_undo_restores_it(self, cast: Cast) -> None:
        client, device, directory = cast.client("admin"), cast.things["device"], cast.things["directory"]
        one, two = cast.things["profile"], cast.things["priority_profile"]
        data = {"profile": [one.pk, two.pk], "device": [device.pk], "directory": [directory.pk], "when": "next_boot"}
        told = toast(client.post(self.url, data))
        assert told["text"] == "Assigned 2 profiles to 2 places."
        assert Assignment.objects.count() == 4
        undone = toast(client.post(told["undo"]["url"]))
        assert undone["text"] == "Removed 3 assignments."
        assert Assignment.objects.get() == cast.things["assignment"], "what was there before stays"
        assert urlsplit(undone["undo"]["url"]).path == reverse("profiles:assignments_restore")
        assert toast(client.post(undone["undo"]["url"]))["text"] == "3 assignments are back."
        assert Assignment.objects.count() == 4

    def test_undo_of_somebody_without_permission_is_refused(self, cast: Cast) -> None:
        pk = cast.things["assignment"].pk
        assert cast.client("reader").post(f"{reverse('profiles:assignment_remove')}?ids={pk}").status_code == 403
        pairs = f"{cast.things['profile'].pk}d{cast.things['elsewhere'].pk}"
        url = f"{reverse('profiles:assignments_restore')}?pairs={pairs}"
        assert cast.client("admin").post(url).status_code == 404

    def test_all_of_it_assigned_already_changes_nothing(self, cast: Cast) -> None:
        data = {"profile": cast.things["profile"].pk, "device": cast.things["device"].pk}
        assert toast(cast.client("admin").post(self.url, data))["level"] == "info"

    @pytest.mark.parametrize("ids", ["x", "1,,x", "5-1", "-1", "٣"])
    def test_nonsense_is_not_found(self, cast: Cast, ids: str) -> None:
        assert cast.client("admin").get(self.url, {"ids": ids}).status_code == 404


@pytest.mark.parametrize("ids", [[], [7], [1, 2, 3], [1, 2, 3, 7, 9, 10]])
def test_ids_are_short_and_come_back(ids: list[int]) -> None:
    assert numbers(as_text(ids)) == ids


class TestRevisions:
    """List, differences, rolling back."""

    @pytest.fixture
    def profile(self, cast: Cast) -> Profile:
        client, profile = cast.client("admin"), cast.things["profile"]
        url = reverse("profiles:profile_save", args=[profile.pk])
        before, after = {"system.volume": 10, "system.password": "first secret"}, {"system.password": "second secret"}
        for base, values in ((1, before), (2, after)):
            body = {
                "base": base,
                "settings": {"values": values, "instances": {}},
                "overwrite_sessions": base == 2,
                "comment": f"Step {base}",
            }
            assert client.post(url, body, content_type="application/json").status_code == 200
        return Profile.objects.get(pk=profile.pk)

    def test_list_and_difference(self, cast: Cast, profile: Profile) -> None:
        client = cast.client("reader")
        assert "Step 2" in text(client.get(reverse("profiles:profile_revisions", args=[profile.pk])))
        page = text(client.get(reverse("profiles:revision_detail", args=[profile.pk, 3])))
        assert "another secret" in page and "Overwrite sessions" in page and ">10<" in page
        assert "first secret" not in page and "second secret" not in page
        same = text(client.get(reverse("profiles:revision_detail", args=[profile.pk, 3]), {"against": 3}))
        assert "No difference" in same

    def test_roll_back_previews_and_makes_a_new_revision(self, cast: Cast, profile: Profile) -> None:
        url = reverse("profiles:revision_roll_back", args=[profile.pk, 2])
        client = cast.client("admin")
        assert "What changes" in text(client.get(url))
        assert "1 device" in text(client.post(f"{url}?preview=1", {"when": "now"}))
        response = client.post(url, {"when": "now"})
        assert toast(response)["text"] == "Revision 4 has the settings of revision 2."
        assert "HX-Location" in response
