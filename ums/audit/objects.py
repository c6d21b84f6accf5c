"""The kinds of objects that events are about: what they are called, and where their pages are.

Lower apps do not know upper ones, so pages are named by their URL names, and models are found by their labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.urls import reverse

from ums.core.access import Action, restrict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ums.audit.models import Event


@dataclass(frozen=True, slots=True)
class Kind:
    """`url` makes the address of an object from its row; who may do `action` with it sees the link."""

    word: str
    label: str = ""
    url: Callable[[Any], str] | None = None
    action: str = Action.READ


def _page(name: str) -> Callable[[Any], str]:
    return lambda row: reverse(name, args=[row.pk])


def _directory(row: Any) -> str:
    if row.kind == "device":
        return f"{reverse('devices:device_list')}?directory={row.pk}"
    if row.kind == "file":
        return f"{reverse('files:file_list')}?directory={row.pk}"
    if row.kind == "template":
        return f"{reverse('profiles:template_key_list')}?directory={row.pk}"
    kind = {"profile": "standard", "priority_profile": "priority"}.get(row.kind, row.kind)
    return f"{reverse('profiles:profile_list')}?kind={kind}&directory={row.pk}"


def _profile(row: Any) -> str:
    if row.deleted_at:
        return reverse("profiles:recycle_bin")
    return reverse("profiles:profile_detail", args=[row.pk])


def _key(row: Any) -> str:
    return f"{reverse('connector:key_list')}?f=name:{row.name}"


def _value(row: Any) -> str:
    return reverse("profiles:template_key_detail", args=[row.key_id])


OBJECTS: dict[str, Kind] = {
    "device": Kind("Device", "devices.Device", _page("devices:device_detail")),
    "directory": Kind("Directory", "devices.Directory", _directory, Action.BROWSE),
    "profile": Kind("Profile", "profiles.Profile", _profile),
    "file": Kind("File", "files.File", _page("files:file_detail")),
    "transferentry": Kind("Transfer directory"),
    "catalogue": Kind("Catalogue"),
    "templatekey": Kind("Template key", "profiles.TemplateKey", _page("profiles:template_key_detail")),
    "templatevalue": Kind("Template value", "profiles.TemplateValue", _value),
    "valuegroup": Kind("Value group", "profiles.ValueGroup", _page("profiles:value_group_detail")),
    "batch": Kind("Command"),
    "enrolmentkey": Kind("First-authentication key", "connector.EnrolmentKey", _key, Action.ENROL),
    "authority": Kind("Certificate authority"),
    "user": Kind("Administrator"),
    "group": Kind("Group"),
    "grant": Kind("Permission"),
    "apitoken": Kind("API token"),
    "webhook": Kind("Webhook", "feeds.Webhook", _page("feeds:webhook"), Action.ADMINISTER),
    "feature": Kind("Feature"),
    "notice": Kind("Notice"),
    "asset": Kind("Asset", "assets.Asset", _page("assets:asset_detail")),
    "assetrule": Kind("Rule about assets"),
    "network": Kind("Network"),
    "networktoken": Kind("Network token"),
    "node": Kind("Node"),
    "process": Kind("Process", "ha.Process", _page("ha:process_detail"), Action.ADMINISTER),
}
"""By the name that events store."""


def links_of(events: Iterable[Event], user: Any) -> dict[tuple[str, str], str]:
    """Addresses of the objects that still exist and that `user` may see, by (type, id): one query for each type."""
    wanted: dict[str, set[int]] = {}
    for event in events:
        kind = OBJECTS.get(event.object_type)
        if kind and kind.url and event.object_id.isdecimal():
            wanted.setdefault(event.object_type, set()).add(int(event.object_id))
    links = {}
    for name, ids in wanted.items():
        kind = OBJECTS[name]
        assert kind.url is not None
        rows = restrict(apps.get_model(kind.label)._default_manager.filter(pk__in=ids), user, kind.action)
        links.update({(name, str(row.pk)): kind.url(row) for row in rows.order_by()})
    return links
