"""Moving a profile to another catalogue, and what stays of it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.factories import AssignmentFactory, ProfileFactory, UserFactory
from tests.factories.profiles import DEFINITION
from ums.audit.models import Event
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import SettingsState
from ums.profiles.content import MASK, catalogue_of, masked, unsealed
from ums.profiles.models import Catalogue, Profile
from ums.profiles.services import catalogue_store, profile_rebase, profile_roll_back, profile_save

pytestmark = pytest.mark.django_db


def newer(**changes: Any) -> Catalogue:
    """The test catalogue in version 2: without the time zone, and the volume goes up to 60 only."""
    data = deepcopy(DEFINITION)
    data.update({"version": "2.0.0", **changes})
    data["parameters"] = [entry for entry in data["parameters"] if entry["path"] != "system.timezone"]
    next(entry for entry in data["parameters"] if entry["path"] == "system.volume")["maximum"] = 60
    return catalogue_store(actor=SYSTEM, definition=json.dumps(data).encode())


def rebase(profile: Profile, catalogue: Catalogue, **options: Any) -> Any:
    profile.refresh_from_db()
    assert profile.head is not None
    return profile_rebase(
        actor=SYSTEM, profile=profile, catalogue=catalogue, **{"base": profile.head.number, **options}
    )


def test_a_profile_moves_with_what_fits_and_what_is_unknown() -> None:
    profile = ProfileFactory(values={"system.volume": 70, "system.timezone": "CET", "system.kernel": "quiet"})
    assignment = AssignmentFactory(profile=profile)
    SettingsState.objects.update(pending=False)
    catalogue = newer()
    revision = rebase(profile, catalogue)
    profile.refresh_from_db()
    assert profile.based_on == catalogue == revision.based_on and profile.head == revision
    assert revision.content["values"] == {"system.timezone": "CET", "system.kernel": "quiet"}
    assert revision.comment == "Moved from Test Linux 1.0.0 to Test Linux 2.0.0"
    assert SettingsState.objects.get(device=assignment.device).pending
    event = Event.objects.get(action="profile.rebased")
    assert event.after["kept"] == ["system.timezone"] and "system.volume" in event.after["left_out"]


def test_secrets_stay_sealed() -> None:
    profile = ProfileFactory()
    profile_save(
        actor=SYSTEM,
        profile=profile,
        settings={"values": {"system.password": "hush"}, "instances": {}},
        overwrite_sessions=False,
        base=1,
    )
    revision = rebase(profile, newer())
    assert "hush" not in json.dumps(revision.content)
    assert unsealed(catalogue_of(revision.based_on), revision.content).values == {"system.password": "hush"}


def test_what_is_kept_stays_when_the_profile_is_saved_and_can_be_taken_out() -> None:
    profile = ProfileFactory(values={"system.timezone": "CET"})
    rebase(profile, newer())

    def save(values: dict[str, Any], base: int) -> Any:
        settings = {"values": values, "instances": {}}
        return profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=base)

    kept = save({"system.timezone": "CET", "system.kernel": "quiet"}, 2)
    assert kept.content["values"] == {"system.timezone": "CET", "system.kernel": "quiet"}
    assert save({"system.kernel": "quiet"}, 3).content["values"] == {"system.kernel": "quiet"}
    with pytest.raises(AppError) as refused:
        save({"system.timezone": "CET"}, 4)
    assert "system.timezone" in refused.value.fields, "it is new then, and unknown"


def test_back_to_an_older_catalogue_and_to_an_older_revision() -> None:
    profile = ProfileFactory(values={"system.timezone": "CET"})
    old = profile.based_on
    rebase(profile, newer())
    profile_roll_back(actor=SYSTEM, profile=profile, revision=profile.revisions.get(number=1))
    assert rebase(profile, old).content["values"] == {"system.timezone": "CET"}


def test_a_secret_of_an_earlier_catalogue_is_never_readable() -> None:
    profile = ProfileFactory()
    settings = {"values": {"system.password": "hush"}, "instances": {}}
    first = profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=1)
    data = deepcopy(DEFINITION)
    data["version"] = "3.0.0"
    data["parameters"] = [entry for entry in data["parameters"] if entry["path"] != "system.password"]
    rebase(profile, catalogue_store(actor=SYSTEM, definition=json.dumps(data).encode()))
    profile.refresh_from_db()
    assert profile.head.content["values"] == {}
    shown = masked(catalogue_of(profile.based_on), first.content)
    assert shown.values == {"system.password": MASK}, "also by the catalogue that does not know it"
    with pytest.raises(AppError) as refused:
        profile_roll_back(actor=SYSTEM, profile=profile, revision=first)
    assert "system.password" in refused.value.fields


def test_what_only_looks_sealed_is_text() -> None:
    profile = ProfileFactory(values={"system.kernel": "sealed:gAAAAAnonsense"})
    content = unsealed(catalogue_of(profile.based_on), profile.head.content)
    assert content.values == {"system.kernel": "sealed:gAAAAAnonsense"}


def test_another_os_is_refused() -> None:
    profile = ProfileFactory()
    with pytest.raises(AppError) as refused:
        rebase(profile, newer(os="other"))
    assert refused.value.code == "catalogue_other_os"


def test_the_same_catalogue_changes_nothing() -> None:
    profile = ProfileFactory()
    assert rebase(profile, profile.based_on) == profile.head


def test_a_revision_in_between_is_told() -> None:
    profile = ProfileFactory()
    with pytest.raises(Conflict) as refused:
        rebase(profile, newer(), base=7)
    assert refused.value.code == "profile_changed"


def test_who_may_not_write_may_not_move() -> None:
    profile = ProfileFactory()
    with pytest.raises(NotAllowed):
        profile_rebase(actor=Actor.of(UserFactory()), profile=profile, catalogue=profile.based_on, base=1)
