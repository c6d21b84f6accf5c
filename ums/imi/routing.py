"""What a line of the table of endpoints is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Endpoint(NamedTuple):
    """`path` is what follows the version: `thinclients/{id}`. `is_open`: answers without a session."""

    method: str
    path: str
    handler: Callable[..., Any]
    is_open: bool = False
