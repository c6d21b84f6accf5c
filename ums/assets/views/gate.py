"""Pages about assets say why there are none while the feature is off or not licensed."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from django.shortcuts import render

from ums.core.access import Action, may
from ums.core.errors import Conflict
from ums.domain.licences import ASSET_INVENTORY
from ums.features.selectors import check_available

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

TITLE = "Asset Inventory Tracker"


def tracked(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view, or a page that tells what is missing."""

    @wraps(view)
    def gated(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            check_available(ASSET_INVENTORY)
        except Conflict as missing:
            context = {
                "missing": missing,
                "may_administer": may(request.user, Action.ADMINISTER),
                "breadcrumbs": [(TITLE, "")],
            }
            return render(request, "assets/unavailable.html", context, status=missing.status)
        return view(request, *args, **kwargs)

    return gated
