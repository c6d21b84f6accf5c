"""The pages of one device."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.core.access import Action, may, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.listing import listing
from ums.core.paging import Order
from ums.devices.forms import DevicePropertiesForm
from ums.devices.history import history
from ums.devices.models import Delivery
from ums.devices.pages import device_or_404, device_page
from ums.devices.services import device_allow_reenrolment, device_update

if TYPE_CHECKING:
    from django.http import HttpRequest

    from ums.devices.models import Device


@require_safe
def device_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Properties: what administrators write, and where the device stands."""
    context = device_page(request.user, pk, "properties")
    context["form"] = DevicePropertiesForm(instance=context["device"])
    return render(request, "devices/detail.html", context)


@require_POST
def device_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the custom properties; the form comes back as it is stored then."""
    device = device_or_404(request.user, pk)
    form = DevicePropertiesForm(request.POST, instance=device)
    if not form.is_valid():
        return _form(request, form, device, 422)
    stored = form.stored
    try:
        device_update(actor=Actor.from_request(request), device=stored, **form.changes)
    except AppError as error:
        if not error.fields:
            raise
        for name, messages in error.fields.items():
            form.add_error(name if name in form.fields else None, messages)
        return _form(request, form, device, 422)
    response = _form(request, DevicePropertiesForm(instance=stored), stored, 200)
    response["HX-Trigger"] = done(f"Saved the properties of {stored.name}.", changed=["device"])["HX-Trigger"]
    return response


def _form(request: HttpRequest, form: DevicePropertiesForm, device: Device, status: int) -> HttpResponse:
    context = {"form": form, "device": device, "may_write": True}
    return render(request, "devices/_properties.html", context, status=status)


@require_safe
def device_system(request: HttpRequest, pk: int) -> HttpResponse:
    """What the device reported about itself."""
    context = device_page(request.user, pk, "system")
    device = context["device"]
    context["groups"], context["empty_values"] = _facts(device), ("", None)
    context["adapters"] = list(device.adapters.all())
    context["extra"] = sorted((str(key), value) for key, value in device.extra.items())
    return render(request, "devices/system.html", context)


def _facts(device: Device) -> list[tuple[str, list[tuple[str, Any]]]]:
    def of(*names: str) -> list[tuple[str, Any]]:
        labels = {field.name: str(field.verbose_name) for field in device._meta.fields}
        return [(labels[name], getattr(device, name)) for name in names]

    memory, storage = device.memory_mb, device.storage_mb
    hardware = [*of("vendor", "product", "serial_number", "bios", "cpu", "cores")]
    hardware += [("Memory", _size(memory)), ("Storage", _size(storage))]
    return [
        ("Hardware", hardware),
        ("Firmware", of("firmware", "firmware_version", "agent_version")),
        ("Operating system", of("os_name", "os_version", "kernel")),
        ("Network", of("network_name", "ip_address", "unit_id", "structure_tag")),
    ]


def _size(megabytes: int | None) -> str:
    if megabytes is None:
        return ""
    return f"{megabytes / 1024:,.1f} GB".replace(".0 GB", " GB") if megabytes >= 1024 else f"{megabytes} MB"


@require_safe
def device_history(request: HttpRequest, pk: int) -> HttpResponse:
    """What was done to it and what it was told, newest first."""
    context = device_page(request.user, pk, "history")
    before = _moment(request.GET.get("before", "")[:40])
    context["entries"], context["next_before"] = history(device=context["device"], before=before)
    context["before"] = before
    return render(request, "devices/history.html", context)


@require_safe
def device_deliveries(request: HttpRequest, pk: int) -> HttpResponse:
    """The settings that it was given: when, under which tag, and what became of them."""
    context = device_page(request.user, pk, "history")
    rows = Delivery.objects.filter(device=context["device"])
    context["page"] = listing(rows, request.GET, Order("sent", "sent_at", descending=True))
    return render(request, "devices/deliveries.html", context)


def _moment(text: str) -> datetime | None:
    """A moment out of an address, None for anything else."""
    try:
        moment: datetime | None = parse_datetime(text)
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


@require_safe
def device_status(request: HttpRequest, pk: int) -> HttpResponse:
    """Presence and state of the settings, read again when they change."""
    return render(request, "devices/_status.html", {"device": device_or_404(request.user, pk)})


@require_safe
def device_menu(request: HttpRequest, pk: int) -> HttpResponse:
    """The context menu of a row."""
    device, user = device_or_404(request.user, pk), request.user
    context = {
        "device": device,
        "device_query": f"ids={pk}",
        "may_write": may(user, Action.WRITE, device),
        "may_command": may(user, Action.COMMAND, device),
        "may_assign": may(user, Action.ASSIGN, device),
    }
    return render(request, "devices/_menu.html", context)


@require_http_methods(["GET", "POST"])
def device_reenrol(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the device enrol once more within a day; asks first, since it is a way in."""
    device = device_or_404(request.user, pk)
    if request.method == "GET":
        require(request.user, Action.WRITE, device)
        return render(request, "devices/_reenrol.html", {"device": device, "action_url": request.path})
    device_allow_reenrolment(actor=Actor.from_request(request), device=device)
    return done(f"{device.name} may enrol once more within 24 hours.", changed=["devices", "device"])
