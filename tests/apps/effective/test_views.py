"""The tab “Effective settings” of a device."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests.cast import Cast
from tests.factories import AssignmentFactory, ProfileFactory
from ums.devices.models import Device, DirectoryKind, LocalSettings
from ums.profiles.models import ProfileKind, Revision

pytestmark = pytest.mark.django_db


class Tab:
    """The cast's device with a few profiles, a local value and sessions."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.device = cast, cast.things["device"]
        Device.objects.filter(pk=self.device.pk).update(firmware="Test Linux", firmware_version="1.0.0")
        own = {"device": None, "directory": cast.own[DirectoryKind.DEVICE]}
        self.profile("Weak", {"system.timezone": "weak", "system.password": "s3cret-word"}, {"1": "Old"}, **own)
        self.profile("Strong", {"system.timezone": "strong"}, {"2": "New"}, kind=ProfileKind.PRIORITY, **own)
        content = {"values": {"system.timezone": "mine", "system.kernel": "quiet"}, "instances": {}}
        LocalSettings.objects.create(device=self.device, content=content)

    def profile(self, name: str, values: dict[str, Any], sessions: dict[str, str], **given: Any) -> None:
        """A profile with settings, assigned."""
        where = {key: given.pop(key) for key in ("device", "directory")}
        profile = ProfileFactory(name=name, values=values, **given)
        instances = {
            serial: {"class": "sessions.rdp%", "values": {"name": label}} for serial, label in sessions.items()
        }
        Revision.objects.filter(pk=profile.head_id).update(content={"values": values, "instances": instances})
        AssignmentFactory(profile=profile, **where)

    def page(self, role: str = "root", **query: Any) -> str:
        """The tab."""
        response = self.cast.client(role).get(reverse("effective:device_settings", args=[self.device.pk]), query)
        assert response.status_code == 200
        return str(response.content.decode())

    def keys(self, **query: Any) -> set[str]:
        """Paths and serials that it shows."""
        return {part.split('"')[0] for part in self.page(**query).split('<tr data-id="')[1:]}

    def why(self, role: str = "root", **query: Any) -> str:
        """The explanation of one row."""
        response = self.cast.client(role).get(reverse("effective:parameter_explained", args=[self.device.pk]), query)
        assert response.status_code == 200
        return str(response.content.decode())


@pytest.fixture
def tab(cast: Cast) -> Tab:
    return Tab(cast)


def test_begins_with_what_is_set_and_shows_all_on_demand(tab: Tab) -> None:
    assert tab.keys() == {"system.timezone", "system.kernel", "system.password", "1", "2"}
    assert tab.keys(show="all") == {*tab.keys(), "system.volume", "display0.resolution", "display1.resolution"}


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"f": "source:profile"}, {"system.timezone", "system.password", "1", "2"}),
        ({"f": "source:local"}, {"system.kernel"}),
        ({"f": "overridden:yes"}, {"system.timezone"}),
        ({"f": "set:no"}, {"system.volume", "display0.resolution", "display1.resolution"}),
        ({"f": "profile:Stro*"}, {"system.timezone", "2"}),
        ({"f": "page:Sessions"}, {"1", "2"}),
        ({"f": ["source:profile", "page:System"]}, {"system.timezone", "system.password"}),
        ({"q": "time ZONE"}, {"system.timezone"}),
        ({"q": "quiet"}, {"system.kernel"}),
        ({"q": "s3cret"}, set()),
        ({"q": "nothing like it"}, set()),
    ],
)
def test_filters(tab: Tab, query: dict[str, Any], keys: set[str]) -> None:
    assert tab.keys(**query) == keys


def test_explains_winner_losers_and_rule(tab: Tab) -> None:
    why = tab.why(path="system.timezone")
    assert "priority profiles come before standard ones" in why
    order = [why.index(text) for text in (">Strong<", ">Weak<", "set at the device", "of the firmware")]
    assert order == sorted(order)
    profile = AssignmentFactory._meta.model.objects.get(profile__name="Weak").profile
    assert f"{reverse('profiles:profile_detail', args=[profile.pk])}?parameter=system.timezone" in why


def test_secrets_are_masked(tab: Tab) -> None:
    assert "s3cret-word" not in tab.page(show="all") + tab.why(path="system.password")


def test_profiles_that_one_may_not_read_are_named_without_a_link(tab: Tab) -> None:
    why = tab.why("reader", path="system.timezone")
    assert "Strong" in why and "profiles/" not in why


def test_sessions_tell_where_they_come_from_and_what_removed_them(tab: Tab) -> None:
    assert "Only standard profile “Weak”" in tab.why(serial="1")
    Revision.objects.filter(profile__name="Strong").update(overwrite_sessions=True)
    from ums.effective import contents, selectors

    contents._REMEMBERED.clear()
    selectors._memo._results.clear()
    assert "removed by overwrite sessions" in tab.page()
    assert "overwrites sessions" in tab.why(serial="1")


def test_device_of_an_unknown_firmware_says_so(cast: Cast, tab: Tab) -> None:
    Device.objects.filter(pk=tab.device.pk).update(firmware="Nobody knows")
    assert "No parameters known" in tab.page()
