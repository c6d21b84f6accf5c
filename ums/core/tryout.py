"""Entrances whose writes can be tried out (`ums.core.trial`): they answer with what would change, and change nothing.

What the answer looks like is told from above, when the program starts (`answer_tryouts`): here nobody knows what
devices get. Dialogs and pages are asked by `?preview=` in the address of a POST, the API by `?dry_run=`
(`ums.core.rest`). Whatever is asked so and cannot be tried out is refused, never done.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    View = TypeVar("View", bound=Callable[..., Any])

PREVIEW = "preview"
"""In the address of a POST to a page: “1” asks for a fragment, “csv” for the full list."""


class Answering(Protocol):
    """Tries `write` out and answers a request with what would change; `form` is what the address asks for."""

    def __call__(self, request: Any, write: Callable[[], Any], *, form: str) -> Any: ...


_answering: dict[str, Answering] = {}


def answer_tryouts(*, page: Answering, program: Answering) -> None:
    """Told once at the start: how pages are answered, and how the API is."""
    _answering.update(page=page, program=program)


def tried_for_page(request: HttpRequest, write: Callable[[], Any], form: str) -> Any:
    """The answer to a page."""
    return _answering["page"](request, write, form=form)


def tried_for_program(request: Any, write: Callable[[], Any], form: str) -> Any:
    """The answer to a program."""
    return _answering["program"](request, write, form=form)


def preview_asked(request: HttpRequest) -> str:
    """The form of the preview that a POST asks for, "" when it is to be done. Raises AppError for another form."""
    if request.method != "POST" or PREVIEW not in request.GET:
        return ""
    form = request.GET[PREVIEW]
    if form not in ("1", "csv"):
        raise AppError("invalid", "A preview is asked for by preview=1 or preview=csv.")
    return form


def previews(view: View) -> View:
    """A view whose POST can be tried out. The outermost decorator: the middleware looks for its mark."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if form := preview_asked(request):
            return tried_for_page(request, lambda: view(request, *args, **kwargs), form)
        return view(request, *args, **kwargs)

    return previews_itself(cast("View", answered))


def previews_itself(view: View) -> View:
    """Marks a view that looks at `preview_asked`: it first asks somebody else, who must not wait in a transaction."""
    view.previews = True  # type: ignore[attr-defined]
    return view


def refuse_unless_previewed(request: HttpRequest, view: Any) -> None:
    """Raises AppError when a preview is asked of a view that would do what it is asked."""
    if request.method == "POST" and PREVIEW in request.GET and not getattr(view, "previews", False):
        raise AppError("preview_unsupported", "This cannot be tried out. Nothing was done.")
