"""Who acts: handed to each service by its entrance, and written into the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Actor:
    """`user` is None for the system itself and for devices; `name` is what the audit log shows."""

    name: str
    user: Any = None
    address: str = ""
    request_id: str = ""

    @classmethod
    def from_request(cls, request: HttpRequest) -> Actor:
        """The signed-in administrator of a request (middleware set `request_id` and the client's address)."""
        return cls(
            name=request.user.get_username() or "anonymous",
            user=request.user if request.user.is_authenticated else None,
            address=getattr(request, "client_address", ""),
            request_id=getattr(request, "request_id", ""),
        )

    @classmethod
    def of(cls, user: Any, address: str = "") -> Actor:
        """An administrator outside a request (command line, tests)."""
        return cls(name=user.get_username(), user=user, address=address)


SYSTEM = Actor(name="system")
