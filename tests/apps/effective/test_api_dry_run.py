"""`?dry_run=true`: the answer is what would change, nothing is done, and what cannot be tried out is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLResolver
from drf_spectacular.generators import SchemaGenerator

from tests.apps.asking import Api
from tests.cast import Cast
from ums.api import urls as api_urls
from ums.api.router import router
from ums.audit.models import Event
from ums.core.rest import ApiViewSet
from ums.devices.models import SettingsState
from ums.profiles.models import Assignment, Profile, Revision

pytestmark = pytest.mark.django_db

X = "system.timezone"


def settings(cast: Cast, **values: Any) -> dict[str, Any]:
    profile = cast.things["profile"]
    profile.refresh_from_db()
    return {"base": profile.head.number, "settings": {"values": {X: "Berlin", **values}, "instances": {}}}


def test_saving_tells_what_would_change(cast: Cast) -> None:
    api, profile = Api(cast, "admin"), cast.things["profile"]
    path = f"profiles/{profile.pk}/settings/"
    status, told = api.ask("PUT", path, settings(cast), dry_run="true")
    assert status == 200, told
    assert told["changed"] == told["devices"] == 1
    (change,) = [one for one in told["changes"] if one["key"] == X]
    assert (change["label"], change["after"], change["devices"]) == ("Time zone", "Berlin", 1)
    assert told["samples"][0]["name"] == cast.things["device"].name
    profile.refresh_from_db()
    assert api.get(path).body["number"] == profile.head.number == settings(cast)["base"]
    assert api.ask("PUT", path, settings(cast), dry_run="false").body["number"] == profile.head.number + 1


def test_the_full_list(cast: Cast) -> None:
    client, profile = cast.client("admin"), cast.things["profile"]
    path = f"/api/v1/profiles/{profile.pk}/settings/"
    answer: Any = client.put(f"{path}?dry_run=csv", settings(cast), content_type="application/json")
    assert answer["Content-Type"].startswith("text/csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].endswith("Device,Directory,Parameter,Path,Before,After")
    assert any(X in line and line.endswith("Berlin") for line in lines[1:])


def test_each_write_of_settings(cast: Cast) -> None:
    api, things = Api(cast, "admin"), cast.things
    profile, device, directory = things["profile"].pk, things["device"].pk, things["directory"].pk
    assign = {"profiles": [things["priority_profile"].pk], "devices": [device]}
    counts = [model.objects.count() for model in (Assignment, Profile, Revision, Event)]
    for method, path, body, changed in (
        ("POST", "assignments/", assign, None),
        ("DELETE", f"assignments/{things['assignment'].pk}/", None, None),
        ("DELETE", f"profiles/{profile}/", None, None),
        ("POST", f"profiles/{profile}/revisions/1/roll-back/", {}, 0),
        ("POST", "profiles/", {"name": "New", "directory": cast.own["profile"].pk}, 0),
        ("POST", f"profiles/{profile}/move/", {"directory": cast.own["profile"].pk}, 0),
        ("POST", "devices/move/", {"devices": [device], "directory": cast.own["device"].pk}, None),
        ("POST", f"directories/{directory}/move/", {"parent": cast.own["device"].pk}, None),
    ):
        status, told = api.ask(method, path, body, dry_run="true")
        assert status == 200, (path, told)
        assert changed is None or told["changed"] == changed
    status, told = api.delete(f"devices/{device}/", dry_run="true")
    assert (status, told["deleted"]) == (200, 1)
    status, told = api.ask("PATCH", f"devices/{device}/", {"name": "Renamed"}, dry_run="true")
    assert (status, told["changed"]) == (200, 0)
    assert counts == [model.objects.count() for model in (Assignment, Profile, Revision, Event)]


def test_a_new_name_changes_what_is_made_of_names(cast: Cast) -> None:
    api, device = Api(cast, "admin"), cast.things["device"]
    wanted = settings(cast)
    wanted["settings"]["values"] = {X: {"expression": "at ${DEVICENAME}"}}
    assert api.put(f"profiles/{cast.things['profile'].pk}/settings/", wanted).status == 200
    seq = SettingsState.objects.get(pk=device.pk).seq
    status, told = api.ask("PATCH", f"devices/{device.pk}/", {"name": "Renamed"}, dry_run="true")
    assert (status, told["changed"]) == (200, 1)
    (change,) = told["changes"]
    assert (change["before"], change["after"]) == (f"at {device.name}", "at Renamed")
    device.refresh_from_db()
    assert (device.name, SettingsState.objects.get(pk=device.pk).seq) == ("Own device", seq)
    assert api.ask("PATCH", f"devices/{device.pk}/", {"comment": "x"}, dry_run="true").body["devices"] == 0


def test_errors_are_those_of_the_write(cast: Cast) -> None:
    profile = cast.things["profile"].pk
    path = f"profiles/{profile}/settings/"
    status, told = Api(cast, "admin").ask("PUT", path, settings(cast, nowhere=1), dry_run="true")
    assert (status, told["code"]) == (400, "settings_invalid")
    stale = {**settings(cast), "base": 99}
    assert Api(cast, "admin").ask("PUT", path, stale, dry_run="true").status == 409
    for role, status in (("reader", 403), ("stranger", 404), ("anonymous", 401)):
        assert Api(cast, role).ask("PUT", path, settings(cast), dry_run="true").status == status
    told = Api(cast, "admin").ask("PUT", path, settings(cast), dry_run="maybe").body
    assert "dry_run" in told["fields"]


def test_what_cannot_be_tried_out_is_refused_and_not_done(cast: Cast) -> None:
    """Every write that the schema names either documents `dry_run` or refuses it."""
    api, refused = Api(cast, "root"), 0
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            told = any(one["name"] == "dry_run" for one in operation.get("parameters", []))
            if method == "get" or told:
                assert not told or "200" in operation["responses"]
                continue
            before = Event.objects.count()
            answer = api.ask(method.upper(), re.sub(r"\{\w+\}", "1", path), {}, dry_run="true")
            assert (answer.status, answer.body["code"]) == (400, "dry_run_unsupported"), path
            assert Event.objects.count() == before
            refused += 1
    assert refused > 5


CHANGES_NO_SETTINGS = {
    ("device", "allow_reenrolment"): "admits a device, which then gets what it would have",
    ("device-view", "create"): "a view shows devices and changes nothing there",
    ("device-view", "destroy"): "as above",
    ("directory", "create"): "nothing is in a new directory",
    ("directory", "partial_update"): "name and comment count in no setting",
    ("profile", "partial_update"): "name and description count in no setting",
    ("profile", "plan"): "stores nothing itself",
    ("profile", "export_secrets"): "reads",
    ("file", "create"): "a new file is assigned to nothing",
    ("file", "move"): "its directory decides who may do what with it, not who has it",
    ("template-key", "create"): "a new key has no value",
    ("value-group", "create"): "a new group is assigned to nothing",
    ("command", "create"): "commands carry no settings",
    ("batch", "cancel"): "as above",
    ("enrolment-key", "create"): "keys admit devices that are not there yet",
    ("enrolment-key", "partial_update"): "as above",
    ("enrolment-key", "destroy"): "as above",
    ("enrolment-key", "enable"): "as above",
    ("enrolment-key", "disable"): "as above",
    ("enrolment-key", "reveal"): "reads",
    ("network", "partial_update"): "the cluster address is where devices connect, not what they get",
    ("process", "start"): "devices get the same settings from any server",
    ("process", "stop"): "as above",
    ("process", "destroy"): "the entry of a process that is gone; settings do not depend on processes",
    ("process", "ping"): "a message there and back",
    ("content-copy", "retry"): "devices get the same content from any server",
    ("linked-directory", "create"): "nobody of a new directory is logged in, and nothing is assigned there",
    ("linked-directory", "partial_update"): "how a directory is asked counts at the next login",
    ("linked-directory", "test"): "reads",
    ("linked-directory", "resolve"): "reads",
    ("shared-workplace-settings", "partial_update"): "whose groups count is asked at the next login",
    ("directory-object", "check"): "follows what became of objects; orphans reach nobody who is logged in",
    ("directory-administrator", "create"): "administrators are no users of devices",
    ("directory-administrator", "partial_update"): "as above",
    ("directory-administrator", "destroy"): "as above",
    ("licence", "trial"): "licences count at the next login",
    ("licence", "take_in"): "as above",
    ("licence", "give"): "as above",
    ("asset-rule", "create"): "rules tell of devices and change nothing there",
    ("asset-rule", "partial_update"): "as above",
    ("asset-rule", "destroy"): "as above",
    ("asset-settings", "partial_update"): "how long history is kept counts nowhere else",
    ("feed-event", "keep"): "events tell of devices and change nothing there",
    ("webhook", "create"): "as above",
    ("webhook", "partial_update"): "as above",
    ("webhook", "destroy"): "as above",
    ("webhook", "renew_secret"): "as above",
    ("webhook", "resume"): "as above",
    ("webhook", "test"): "as above",
    ("webhook-delivery", "redeliver"): "as above",
    ("api-token", "create"): "a token has no more than its user's rights",
    ("api-token", "destroy"): "as above",
    ("notice", "settle"): "notices tell of devices and change nothing there",
    ("notice", "reopen"): "as above",
    ("bulk", "create"): "each write in it can be tried out as it can alone",
}
"""The writes that cannot change what a device gets, and why. Whatever is not named here can be tried out."""


def writes() -> Iterator[tuple[str, str, type[ApiViewSet]]]:
    """Of each address of the API that is not only read: its resource, the action and the viewset."""
    pending = list(api_urls.urlpatterns)
    while pending:
        one = pending.pop()
        if isinstance(one, URLResolver):
            pending += one.url_patterns
            continue
        view: Any = one.callback
        for method, name in getattr(view, "actions", {}).items():
            if method not in ("get", "head", "options"):
                yield view.initkwargs["basename"], name, view.cls


def test_every_write_that_can_change_settings_can_be_tried_out() -> None:
    found = {(resource, name): viewset for resource, name, viewset in writes()}
    missing = {one for one, viewset in found.items() if one[1] not in viewset.dry_runs}
    assert missing == CHANGES_NO_SETTINGS.keys()
    assert len(found) > len(missing) + 20


def test_dry_runs_name_actions() -> None:
    for _, viewset, _ in router.registry:
        assert all(hasattr(viewset, action) for action in getattr(viewset, "dry_runs", ())), viewset


def test_no_write_takes_a_parameter_that_it_does_not_know(cast: Cast) -> None:
    """A misspelt `dry_run` does nothing, and what the schema describes is taken."""
    api = Api(cast, "root")
    described = api.get("schema/", format="json").body["paths"]
    writes = [
        (method.upper(), path, operation)
        for path, operations in described.items()
        for method, operation in operations.items()
        if method in ("post", "put", "patch", "delete")
    ]
    assert len(writes) > 30
    for method, path, operation in writes:
        known = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        address = re.sub(r"\{\w+\}", "1", path).replace("features/1/", "features/templates/")
        told = api.ask(method, address, {}, dryrun="true")
        assert told.status == 400 and told.body["fields"] == {"dryrun": ["There is no such parameter."]}, address
        for name in known:
            assert name in told.body["detail"]
            answer = api.ask(method, address, {}, **{name: "nonsense"})
            assert "no parameter" not in answer.body["detail"], (address, name)


def test_a_dry_run_that_is_asked_for_and_denied_at_once_is_none(cast: Cast) -> None:
    profile = cast.things["profile"]
    address = f"/api/v1/profiles/{profile.pk}/?dry_run=true&dry_run=false"
    assert cast.client("root").delete(address).status_code == 400
    profile.refresh_from_db()
    assert profile.deleted_at is None
