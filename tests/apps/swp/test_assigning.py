"""Assigning profiles to objects of a real directory by dialog, drop and API; the right pane; what is followed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.urls import reverse

from swp.models import DirectoryObject, UserAssignment
from swp.services import objects_seen, user_assignments_add_seen
from tests.factories import ProfileFactory, UserFactory
from tests.factories.swp import DirectoryObjectFactory, SessionFactory, UserAssignmentFactory, entry, linked
from ums.core.actor import SYSTEM
from ums.devices.models import SettingsState
from ums.profiles.models import ProfileKind

if TYPE_CHECKING:
    from django.test import Client

    from tests.services.samba import Samba

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client: Client) -> Client:
    """A superuser's browser."""
    client.force_login(UserFactory(is_superuser=True))
    return client


@pytest.fixture
def row(corp: Samba) -> Any:
    """CORP.TEST with a browse account."""
    return linked(corp)


def key_of(root: Client, row: Any, name: str) -> str:
    """As pages name what a search finds."""
    answer = root.get(reverse("swp:contents", args=[row.pk, "root"]), {"q": name})
    return next(str(line.key) for line in answer.context["lines"] if line.entry.name == name)


def pane(root: Client, row: Any, key: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Names of what is assigned directly, and (name, from) of what is indirectly, strongest first."""
    answer = root.get(reverse("swp:assigned", args=[row.pk, key.partition("-")[2]]))
    return (
        [item["label"] for item in answer.context["assigned_direct"]],
        [(item["label"], item["from_label"]) for item in answer.context["assigned_indirect"]],
    )


def test_drop_on_a_group_opens_the_dialog_assigns_and_undoes(root: Client, row: Any) -> None:
    profile, group = ProfileFactory(), key_of(root, row, "sales")
    dropped = root.get(
        reverse("console:drop"),
        {"kind": "profile", "ids": str(profile.pk), "target": "swp-object", "target_id": group},
        follow=True,
    )
    assert f"Assign “{profile.name}” to “sales”" in dropped.content.decode()

    form = {"profile": profile.pk, "object": group, "picks": "nothing", "when": "now"}
    tried = root.post(reverse("swp:assign") + "?preview=1", form)
    assert tried.status_code == 200
    assert not UserAssignment.objects.exists()

    answer = root.post(reverse("swp:assign"), form)
    assert answer.status_code == 204
    toast = json.loads(answer["HX-Trigger"])["ums:toast"]
    assert toast["text"] == f"Assigned “{profile.name}” to “sales”."
    made = UserAssignment.objects.get()
    assert (made.target.name, made.target.kind, str(made.target.guid)) == ("sales", "group", group.partition("-")[2])
    assert root.post(reverse("swp:assign"), form).status_code == 204
    assert UserAssignment.objects.count() == 1

    undone = root.post(toast["undo"]["url"])
    assert undone.status_code == 204
    assert not UserAssignment.objects.exists()
    back = json.loads(undone["HX-Trigger"])["ums:toast"]["undo"]["url"]
    assert root.post(back).status_code == 204
    assert UserAssignment.objects.count() == 1


def test_dialog_picks_profiles_or_objects(root: Client, row: Any) -> None:
    standard, priority = ProfileFactory(), ProfileFactory(kind=ProfileKind.PRIORITY)
    ProfileFactory(kind=ProfileKind.CUSTOMIZATION)
    alice = key_of(root, row, "alice")
    dialog = root.get(reverse("swp:assign"), {"ids": alice})
    assert {one.label for one in dialog.context["found"]} == {standard.name, priority.name}
    assert "Assign profiles to “alice”" in dialog.content.decode()

    other = root.get(reverse("swp:assign"), {"ids": str(standard.pk)})
    assert "Type at least 2 letters" in other.content.decode()
    found = root.get(reverse("swp:assign_candidates"), {"profile": standard.pk, "picks": "objects", "q": "ali"})
    assert [(one.label, one.value) for one in found.context["found"]] == [("alice", alice)]
    empty = root.post(reverse("swp:assign"), {"profile": standard.pk, "picks": "objects"})
    assert empty.status_code == 422
    assert "Tick at least one user, group or unit." in empty.content.decode()


def test_top_of_the_domain_counts_as_an_ou(root: Client, row: Any) -> None:
    profile = ProfileFactory()
    form = {"profile": profile.pk, "object": f"{row.pk}-root", "picks": "nothing"}
    assert root.post(reverse("swp:assign"), form).status_code == 204
    assert DirectoryObject.objects.get().kind == "domain"
    assert pane(root, row, f"{row.pk}-root") == ([profile.name], [])


def test_pane_has_the_strongest_on_top(root: Client, row: Any) -> None:
    priority = {"kind": ProfileKind.PRIORITY}
    wanted = {
        "alice": ProfileFactory(name="S user"),
        "field": ProfileFactory(name="S group"),
        "company": ProfileFactory(name="S far group"),
        "Sales": ProfileFactory(name="S unit"),
        "Staff": ProfileFactory(name="M unit", **priority),
        "north": ProfileFactory(name="M group", **priority),
    }
    for name, profile in wanted.items():
        form = {"profile": profile.pk, "object": key_of(root, row, name), "picks": "nothing"}
        assert root.post(reverse("swp:assign"), form).status_code == 204
    direct, indirect = pane(root, row, key_of(root, row, "alice"))
    assert direct == ["S user"]
    assert indirect == [
        ("M unit", "organizational unit Staff"),
        ("M group", "group north"),
        ("S group", "group field"),
        ("S far group", "group company"),
        ("S unit", "organizational unit Sales"),
    ]
    assert pane(root, row, key_of(root, row, "north")) == (["M group"], [("S far group", "group company")])
    assert pane(root, row, key_of(root, row, "Sales")) == (["S unit"], [("M unit", "organizational unit Staff")])
    shown = root.get(reverse("swp:users_of_profile", args=[wanted["alice"].pk])).content.decode()
    assert "alice" in shown
    assert "corp.test" in shown


def test_group_in_a_circle(root: Client, row: Any) -> None:
    profile = ProfileFactory()
    form = {"profile": profile.pk, "object": key_of(root, row, "circle-b"), "picks": "nothing"}
    root.post(reverse("swp:assign"), form)
    assert pane(root, row, key_of(root, row, "circle-a")) == ([], [(profile.name, "group circle-b")])


def test_removing_asks_with_what_changes(root: Client, row: Any) -> None:
    assignment = UserAssignmentFactory(target__directory=row)
    session = SessionFactory(user=assignment.target)
    SettingsState.objects.filter(pk=session.device_id).update(pending=False)
    url = reverse("swp:assignment_remove")
    assert "What changes" in root.get(url, {"ids": assignment.pk}).content.decode()
    assert root.post(url + "?preview=1", {"ids": assignment.pk}).status_code == 200
    assert root.post(url, {"ids": assignment.pk, "when": "next_boot"}).status_code == 204
    state = SettingsState.objects.get(pk=session.device_id)
    assert (state.pending, state.deferred) == (True, True)
    assert root.get(url, {"ids": assignment.pk}).status_code == 404


def test_renamed_and_moved_objects_keep_their_profiles_and_deleted_ones_are_orphans(root: Client, corp: Samba) -> None:
    row = linked(corp)
    corp.add([corp.ou("OU=Movers"), corp.user("mona"), corp.group("movers")])
    profile = ProfileFactory()
    for name in ("mona", "movers"):
        form = {"profile": profile.pk, "object": key_of(root, row, name), "picks": "nothing"}
        assert root.post(reverse("swp:assign"), form).status_code == 204
    corp.move(corp.dn("mona"), "CN=mona lisa,OU=Movers,DC=corp,DC=test")
    corp.delete(corp.dn("movers"))

    assert root.post(reverse("swp:orphans_check")).status_code == 204
    mona = DirectoryObject.objects.get(kind="user")
    assert (mona.name, mona.dn, mona.gone_at) == ("mona lisa", "CN=mona lisa,OU=Movers,DC=corp,DC=test", None)
    orphan = DirectoryObject.objects.get(kind="group")
    assert orphan.gone_at is not None
    assert "movers" in root.get(reverse("swp:orphans")).content.decode()

    assert root.get(reverse("swp:orphans_clean"), {"ids": orphan.pk}).status_code == 200
    assert root.post(reverse("swp:orphans_clean"), {"ids": orphan.pk}).status_code == 204
    assert list(UserAssignment.objects.values_list("target", flat=True)) == [mona.pk]
    assert not DirectoryObject.objects.filter(pk=orphan.pk).exists()


def test_directory_that_does_not_answer_makes_no_orphans(root: Client, corp: Samba) -> None:
    row = linked(corp, controllers=["127.0.0.1:9"])
    UserAssignmentFactory(target__directory=row)
    answer = root.post(reverse("swp:orphans_check"))
    assert "not every directory answered" in answer["HX-Trigger"]
    assert not DirectoryObject.objects.filter(gone_at__isnull=False).exists()


def test_directory_that_shows_nothing_at_all_makes_no_orphans(root: Client, row: Any) -> None:
    for _ in range(2):
        UserAssignmentFactory(target__directory=row)
    answer = root.post(reverse("swp:orphans_check"))
    assert "shows none of 2 objects" in answer["HX-Trigger"]
    assert not DirectoryObject.objects.filter(gone_at__isnull=False).exists()


def test_orphans_that_are_back_are_not_cleaned_up(row: Any) -> None:
    from swp.services import orphans_clean

    ada = entry("Ada")
    profile = ProfileFactory()
    user_assignments_add_seen(actor=SYSTEM, profiles=[profile], seen=[(row, [ada])])
    orphan = DirectoryObject.objects.get()
    DirectoryObject.objects.update(gone_at=orphan.seen_at)
    objects_seen(directory=row, entries=[ada])
    assert orphans_clean(actor=SYSTEM, objects=[orphan]) == 0
    assert UserAssignment.objects.exists()


def test_api(root: Client, row: Any) -> None:
    browse = "/api/v1/directory-objects/browse/"
    answer = root.get(browse, {"directory": row.pk})
    assert answer.status_code == 200, answer.content
    top = answer.json()
    assert {"Staff", "Groups"} <= {one["name"] for one in top["items"]}
    assert top["next"] is None
    alice = root.get(browse, {"directory": row.pk, "q": "alice"}).json()["items"][0]
    assert (alice["kind"], alice["account"], alice["disabled"]) == ("user", "alice", False)
    assert root.get(browse, {"directory": row.pk, "nonsense": "1"}).status_code == 400

    profile = ProfileFactory()
    body = {"profiles": [profile.pk], "directory": row.pk, "objects": [alice["guid"]]}
    tried = root.post("/api/v1/user-assignments/?dry_run=true", body, content_type="application/json")
    assert tried.status_code == 200
    assert not UserAssignment.objects.exists()
    made = root.post("/api/v1/user-assignments/", body, content_type="application/json")
    assert made.status_code == 201
    item = made.json()["items"][0]
    assert item["target"]["name"] == "alice"
    listed = root.get("/api/v1/user-assignments/", {"guid": alice["guid"]}).json()
    assert [one["id"] for one in listed["items"]] == [item["id"]]
    assert root.post("/api/v1/directory-objects/check/").json() == {"checked": 1, "gone": 0, "failed": {}}
    assert root.delete(f"/api/v1/user-assignments/{item['id']}/").status_code == 204
    gone = {**body, "objects": [str(UUID(int=7))]}
    assert root.post("/api/v1/user-assignments/", gone, content_type="application/json").status_code == 404


def test_page_of_objects_of_profiles_is_paged(root: Client) -> None:
    profile = ProfileFactory()
    for _ in range(51):
        UserAssignmentFactory(profile=profile, target=DirectoryObjectFactory())
    shown = root.get(reverse("swp:users_of_profile", args=[profile.pk])).content.decode()
    assert "1–50 of 51" in shown
