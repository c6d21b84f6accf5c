"""Which files come with which profiles, in the API."""

from __future__ import annotations

import pytest

from tests.apps.asking import Api
from tests.cast import Cast
from ums.devices.models import SettingsState
from ums.profiles.models import ProfileFile

pytestmark = pytest.mark.django_db


def test_made_listed_and_taken_away(cast: Cast) -> None:
    api, profile, file = Api(cast, "admin"), cast.things["profile"], cast.things["file"]
    ProfileFile.objects.all().delete()
    SettingsState.objects.update(pending=False)
    body = {"profiles": [profile.pk], "files": [file.pk]}
    assert api.ask("POST", "profile-files/", body, dry_run="true").status == 200
    assert not ProfileFile.objects.exists()
    status, made = api.ask("POST", "profile-files/", body)
    assert (status, [one["file"]["name"] for one in made["items"]]) == (201, [file.name])
    assert SettingsState.objects.get(pk=cast.things["device"].pk).pending
    assert api.ask("POST", "profile-files/", body).body["items"] == [], "it comes with it already"
    pk = made["items"][0]["id"]
    for query, found in ((f"profile={profile.pk}", [pk]), (f"file={file.pk}", [pk]), (f"file={file.pk + 1}", [])):
        assert [one["id"] for one in api.get(f"profile-files/?{query}").body["items"]] == found
    assert api.ask("DELETE", f"profile-files/{pk}/", None, dry_run="true").status == 200
    assert api.ask("DELETE", f"profile-files/{pk}/", None).status == 204
    assert not ProfileFile.objects.exists()


def test_what_one_may_not_see_is_not_there(cast: Cast) -> None:
    api, profile = Api(cast, "admin"), cast.things["profile"]
    status, told = api.ask("POST", "profile-files/", {"profiles": [profile.pk], "files": [10**9]})
    assert status == 404 and "No file with id" in str(told)
    assert api.ask("POST", "profile-files/", {"profiles": [profile.pk], "files": []}).status == 400
