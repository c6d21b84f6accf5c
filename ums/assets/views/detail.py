"""One asset, and the assets of one device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ums.assets import selectors
from ums.assets.timeline import timeline
from ums.assets.views.gate import TITLE, tracked
from ums.assets.views.lists import history
from ums.core.access import Action, restrict
from ums.devices.models import Device
from ums.devices.pages import device_page
from ums.domain.peripherals import LABELS, Category

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MOST = 50
"""Places, and peripherals of one device, that are shown."""

WORDS = {
    "maxPower": "Power at most",
    "speed": "Speed in Mbit/s",
    "custom_productName": "Calls itself",
    "custom_vendorName": "Names as its vendor",
    "revision": "Revision",
    "address": "Address",
    "driver": "Driver",
    "resolution": "Native resolution",
    "size": "Size",
    "made": "Made",
    "diagonal": "Diagonal",
}
"""What devices tell, for people; what is not here is shown under its own name."""


@require_safe
@tracked
def asset_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is, where it is and was, and what happened to it."""
    asset = selectors.asset_list(user=request.user).filter(pk=pk).first()
    if asset is None:
        raise Http404("No such asset.")
    came_from = (
        Device.objects.filter(unit_id=asset.previous_unit_id) if asset.previous_unit_id else Device.objects.none()
    )
    context = {
        **history(request, selectors.history_for_asset(user=request.user, asset=asset), "name", "category", "serial"),
        "asset": asset,
        "categories": [LABELS[Category(one.category)] for one in asset.categories.all()],
        "details": [(WORDS.get(one.key, one.key), one.value) for one in selectors.details_of(asset)],
        "places": selectors.places_now(assets=[asset]).get(asset.pk, []),
        "stays": list(selectors.stays_for_asset(user=request.user, asset=asset)[:MOST]),
        "came_from": restrict(came_from, request.user, Action.READ).first(),
        "breadcrumbs": [(TITLE, reverse("assets:asset_list")), (asset.name, "")],
    }
    return render(request, "assets/detail.html", context)


@require_safe
@tracked
def device_assets(request: HttpRequest, pk: int) -> HttpResponse:
    """What is plugged in at a device, when what was there, and what happened."""
    context = device_page(request.user, pk, "assets")
    device = context["device"]
    here = selectors.assets_for_device(device=device).order_by("category", "name", "pk")
    context |= {
        **history(request, selectors.history_for_device(user=request.user, unit_id=device.unit_id), "device"),
        "here": [(row, LABELS[Category(row.category)]) for row in here[:MOST]],
        "timeline": timeline(selectors.stays_for_device(device=device)),
    }
    return render(request, "assets/device.html", context)
