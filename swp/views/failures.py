"""A directory that cannot be asked is something to read and to act on, in the place where its answer would be."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.shortcuts import render
from django.urls import reverse

from swp.browsing import SignInNeeded, Unreachable
from ums.core.access import Action, may
from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    View = TypeVar("View", bound=Callable[..., Any])

_CODES = {"browse_account_refused", "directory_not_for_users", "directory_unavailable", "directory_sign_in_needed"}


def told(view: View) -> View:
    """A view of a fragment: what a directory refuses is said there, with what to do next."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return view(request, *args, **kwargs)
        except AppError as failed:
            if failed.code not in _CODES:
                raise
            return failure(request, failed)

    return cast("View", answered)


def failure(request: HttpRequest, failed: AppError, *, compact: bool = False) -> HttpResponse:
    """The fragment. It is a good answer to htmx, so that it gets shown."""
    context = {
        "failed": failed,
        "compact": compact or "compact" in request.GET,
        "attempts": failed.attempts if isinstance(failed, Unreachable) else (),
        "sign_in_url": reverse("swp:sign_in", args=[failed.directory.pk]) if isinstance(failed, SignInNeeded) else "",
        "retry_url": request.get_full_path() if request.method == "GET" else "",
        "may_link": may(request.user, Action.ADMINISTER),
    }
    return render(request, "swp/_failure.html", context)
