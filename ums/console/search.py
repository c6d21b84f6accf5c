"""Search or jump: a few of everything that fits, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.urls import reverse

from ums.core.access import Action, may_somewhere, restrict
from ums.devices.models import Device, Directory, DirectoryKind
from ums.domain.licences import ASSET_INVENTORY
from ums.features.selectors import is_enabled
from ums.files.models import File
from ums.profiles.kinds import PRIORITY_PROFILES, WORDS, counting
from ums.profiles.models import Profile, ProfileKind

if TYPE_CHECKING:
    from django.db.models import QuerySet

EACH = 6
MIN_LENGTH = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: where it leads, and what tells it from others of the same name."""

    label: str
    url: str
    icon: str
    detail: str = ""


def search(user: Any, text: str) -> list[tuple[str, list[Hit]]]:
    """Groups of hits, (title, hits); empty groups are left out. Nothing for less than MIN_LENGTH characters."""
    text = text.strip()[:100]
    if len(text) < MIN_LENGTH:
        return []
    groups = [
        ("Pages", _pages(user, text)),
        ("Devices", _devices(user, text)),
        ("Directories", _directories(user, text)),
        ("Profiles", _profiles(user, text)),
        ("Files", _files(user, text)),
    ]
    return [(title, hits) for title, hits in groups if hits]


def _pages(user: Any, text: str) -> list[Hit]:
    pages = [
        ("Devices", reverse("devices:device_list"), "monitor", Action.BROWSE),
        *(
            (one.title, f"{reverse('profiles:profile_list')}?kind={one.kind}", one.icon, Action.BROWSE)
            for one in WORDS.values()
            if one.kind != ProfileKind.PRIORITY or is_enabled(PRIORITY_PROFILES)
        ),
        ("Logged in now", reverse("logins:session_list"), "users", Action.READ),
        ("Login History", reverse("logins:login_list"), "history", Action.READ),
        *(
            [("Asset Inventory Tracker", reverse("assets:asset_list"), "usb", Action.READ)]
            if is_enabled(ASSET_INVENTORY)
            else []
        ),
        ("Notices", reverse("notices:notice_list"), "bell", Action.READ),
        ("Recycle Bin", reverse("profiles:recycle_bin"), "recycle", Action.BROWSE),
        ("UMS Features", reverse("features:feature_list"), "toggle-right", Action.ADMINISTER),
        ("Licences", reverse("licences:licence_list"), "badge-check", Action.ADMINISTER),
        ("Files", reverse("files:file_list"), "files", Action.BROWSE),
        ("Transfer directory", reverse("files:transfer_list"), "folder-sync", Action.TRANSFER),
        ("First-authentication Keys", reverse("connector:key_list"), "key-round", Action.ENROL),
        ("Audit Log", reverse("audit:event_list"), "scroll-text", Action.AUDIT),
    ]
    return [
        Hit(label, url, icon)
        for label, url, icon, action in pages
        if text.casefold() in label.casefold() and may_somewhere(user, action)
    ]


def _devices(user: Any, text: str) -> list[Hit]:
    fits = Q(name__icontains=text) | Q(unit_id__istartswith=text) | Q(ip_address__startswith=text)
    fits |= Q(asset_id__istartswith=text) | Q(serial_number__istartswith=text)
    rows = restrict(Device.objects.filter(fits), user, Action.READ).select_related("directory")
    return [
        Hit(device.name, reverse("devices:device_detail", args=[device.pk]), "monitor", device.directory.name)
        for device in _best(rows, text)
    ]


def _directories(user: Any, text: str) -> list[Hit]:
    rows = restrict(
        Directory.objects.filter(kind=DirectoryKind.DEVICE, name__icontains=text), user, Action.BROWSE
    ).select_related("parent")
    return [
        Hit(
            row.name,
            f"{reverse('devices:device_list')}?directory={row.pk}",
            "folder",
            row.parent.name if row.parent else "",
        )
        for row in _best(rows, text)
    ]


def _profiles(user: Any, text: str) -> list[Hit]:
    rows = restrict(Profile.objects.filter(counting(), name__icontains=text), user, Action.READ)
    return [
        Hit(
            row.name,
            reverse("profiles:profile_detail", args=[row.pk]),
            WORDS[row.kind].icon,
            row.get_use_case_display() or row.get_kind_display(),
        )
        for row in _best(rows, text)
    ]


def _files(user: Any, text: str) -> list[Hit]:
    rows = restrict(File.objects.filter(name__icontains=text), user, Action.READ)
    return [
        Hit(row.name, reverse("files:file_detail", args=[row.pk]), "file", row.device_path) for row in _best(rows, text)
    ]


def _best(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Names that begin with the text come first."""
    begins = Case(When(name__istartswith=text, then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.order_by(begins, "name", "pk")[:EACH]
