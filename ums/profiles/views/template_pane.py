"""Values of template keys in the right pane of a device or directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ums.core.access import Action, may, restrict
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.selectors import directory_ancestors
from ums.profiles.keys import template_assignment_list

if TYPE_CHECKING:
    from ums.profiles.models import TemplateAssignment


@require_safe
def values_for_device(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: on the device itself and on the directories above it."""
    device = get_object_or_404(restrict(Device.objects.all(), request.user, Action.READ), pk=pk)
    return _pane(request, device, device.directory_id)


@require_safe
def values_for_directory(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: on the directory itself and on those above it."""
    rows = Directory.objects.filter(kind=DirectoryKind.DEVICE)
    directory = get_object_or_404(restrict(rows, request.user, Action.READ), pk=pk)
    return _pane(request, directory, directory.pk)


def _pane(request: HttpRequest, target: Device | Directory, directory_id: int) -> HttpResponse:
    """Nearest first, values before groups: the order in which they count."""
    above = directory_ancestors(directory_ids=[directory_id])[directory_id]
    distances = {pk: distance for distance, pk in enumerate(above, start=1)}
    visible = template_assignment_list(user=request.user)
    rows = list(visible.filter(directory__in=above).order_by())
    if isinstance(target, Device):
        rows += visible.filter(device=target).order_by()

    def nearness(row: TemplateAssignment) -> tuple[int, bool, str, int]:
        return distances.get(row.directory_id or 0, 0), row.value is None, str(row.value or row.group), -row.pk

    kind = "device" if isinstance(target, Device) else "directory"
    may_assign = may(request.user, Action.ASSIGN, target)
    assign_url = f"{reverse('profiles:template_assign')}?target={kind}&target_id={target.pk}" if may_assign else ""
    lines = [(row, row.target == target) for row in sorted(rows, key=nearness)]
    context = {"lines": lines, "assign_url": assign_url, "may_assign": may_assign}
    return render(request, "profiles/_assigned_values.html", context)
