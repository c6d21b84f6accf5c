"""Contents on the disks of the servers: a fragment for the page of a server, and trying again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from ha.models import Node
from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.files import selectors, services

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@require_safe
def copies_of_node(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How many files a server holds, and which it could not fetch."""
    require(request.user, Action.ADMINISTER)
    node = get_object_or_404(Node, pk=pk)
    context = {"files": selectors.copies_of_node(node_id=node.pk), "alone": not settings.UMS_NODE}
    return render(request, "files/_node.html", context)


@require_POST
def copy_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a server try again to fetch a content."""
    require(request.user, Action.ADMINISTER)
    copy = get_object_or_404(selectors.copy_list(user=request.user), pk=pk)
    services.copy_retry(actor=Actor.from_request(request), copy=copy)
    return done(f"{copy.node.name} tries again to fetch the file.", changed=["copies"])
