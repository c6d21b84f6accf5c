"""One request to IMI, and what handlers read out of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from ums.core.filters import MAX_ID
from ums.imi.errors import ImiError

if TYPE_CHECKING:
    from django.http import HttpRequest

    from ums.core.actor import Actor

MAX_BODY = 10 * 2**20
"""Bytes, as in /api/v1/: the ids of a move of 200,000 devices."""

FACETS = frozenset(
    {"details", "online", "shadow", "networkadapters", "deviceattributes", "loginhistory", "children"},
)


@dataclass(frozen=True)
class Call:
    """What a handler is given. `user` and `actor` are the administrator who calls; nobody at open endpoints."""

    request: HttpRequest
    user: Any
    actor: Actor

    @cached_property
    def base(self) -> str:
        """The start of links: `https://ums.example.test:8443/umsapi/v3`."""
        return f"{self.request.scheme}://{self.request.get_host()}/umsapi/v3"

    @cached_property
    def facets(self) -> frozenset[str]:
        """The facets that are asked for. `short`, which clients send, and all that is unknown mean nothing."""
        given = ",".join(self.request.GET.getlist("facets"))
        return frozenset(part.strip() for part in given.split(",")) & FACETS

    def query(self, name: str) -> str:
        """A parameter of the address; empty without it."""
        return self.request.GET.get(name, "")

    def object(self) -> dict[str, Any]:
        """The body, an object. Raises ImiError 0A004, 0A005."""
        return _of_type(self._json(), dict)

    def objects(self) -> list[dict[str, Any]]:
        """The body, a list of objects. Raises ImiError 0A004, 0A005."""
        found: list[dict[str, Any]] = _of_type(self._json(), list)
        for one in found:
            _of_type(one, dict)
        return found

    def _json(self) -> Any:
        kind = self.request.content_type or "application/json"
        if kind != "application/json" and not kind.endswith("+json"):
            raise ImiError("0A004", f"Content type '{kind[:100]}' not supported")
        if int(self.request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            raise ImiError("0A005", "Could not read JSON: the body is too large")
        body = self.request.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise ImiError("0A005", "Could not read JSON: the body is too large")
        if b"\\u0000" in body:
            raise ImiError("0A005", "Could not read JSON: a text must not hold the character NUL")
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ImiError("0A005", f"Could not read JSON: {error}") from None
        except RecursionError:
            raise ImiError("0A005", "Could not read JSON: it is nested too deeply") from None


def _of_type(value: Any, wanted: type) -> Any:
    if not isinstance(value, wanted):
        raise ImiError("0A004", f"Invalid body: {'an object' if wanted is dict else 'a list'} is expected")
    return value


def text_of(value: Any) -> str:
    """A text out of a body; numbers are taken as well, nothing is empty. Raises ImiError 0A004."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ImiError("0A004", "Invalid body: a text is expected")
    return str(value)


def number_of(value: Any) -> int:
    """An id out of an address or a body, a number or its digits; -1, -2 and -14 are roots.

    0, which nothing has, for what is beyond all ids. Raises ImiError 0A010 for what is no number.
    """
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        value = int(value) if len(value) < 20 else 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise ImiError("0A010", f'For input string: "{str(value)[:100]}"')
    return value if abs(value) <= MAX_ID else 0
