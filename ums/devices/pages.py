"""What the pages of one device and of one directory have in common; pages of other apps use it as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.urls import reverse

from ums.core.access import Action, may, restrict
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.selectors import device_list, directory_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the pages of a device that another app brings; shown: whether it is there at this moment."""

    name: str
    label: str
    page: str
    shown: Callable[[], bool]


TABS: list[Tab] = []
"""Filled in AppConfig.ready()."""


def directory_crumbs(user: Any, directory: Directory | None, kind: str = DirectoryKind.DEVICE) -> list[tuple[str, str]]:
    """The way from the root of the devices to a directory as (label, URL); what `user` may not browse is left out."""
    url = reverse("devices:device_list")
    crumbs = [(str(DirectoryKind(kind).label), url)]
    if directory is None:
        return crumbs
    path = [step for step in directory_path(directory=directory) if step.parent_id is not None]
    steps = Directory.objects.filter(pk__in=[step.pk for step in path])
    allowed = set(restrict(steps, user, Action.BROWSE).values_list("pk", flat=True))
    return crumbs + [(step.name, f"{url}?directory={step.pk}") for step in path if step.pk in allowed]


def device_or_404(user: Any, pk: int) -> Device:
    """The device with its status, directory and state. Raises Http404 when it is not there for `user`."""
    devices: QuerySet[Device] = device_list(user=user).filter(pk=pk)
    device = devices.first()
    if device is None:
        raise Http404("No such device.")
    return device


def device_page(user: Any, pk: int, tab: str) -> dict[str, Any]:
    """Context of devices/device_base.html. Raises Http404.

    `tab`: properties, settings, system, logins, history, or the name of one of TABS.
    """
    device = device_or_404(user, pk)
    crumbs = directory_crumbs(user, device.directory)
    return {
        "device": device,
        "device_query": f"ids={pk}",
        "tab": tab,
        "more_tabs": [(one.name, one.label, reverse(one.page, args=[pk])) for one in TABS if one.shown()],
        "path": crumbs,
        "breadcrumbs": [*crumbs, (device.name, reverse("devices:device_detail", args=[pk]))],
        "may_write": may(user, Action.WRITE, device),
        "may_command": may(user, Action.COMMAND, device),
        "may_assign": may(user, Action.ASSIGN, device),
    }
