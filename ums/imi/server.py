"""The server itself: its status, which anybody may ask for, login and logout."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from ums import __version__
from ums.core.actor import Actor
from ums.core.crypto import derived_key
from ums.imi.answers import as_json
from ums.imi.authentication import COOKIE, logged_in
from ums.imi.routing import Endpoint
from ums.imi.services import session_close, session_open

if TYPE_CHECKING:
    from django.http import HttpResponse

    from ums.imi.calls import Call


def server_status(call: Call) -> dict[str, Any]:
    """Clients parse versions as numbers with dots and the build as digits, and fail at anything else."""
    major, minor, patch = [*__version__.split("."), "0", "0"][:3]
    return {
        "rmGuiServerVersion": __version__,
        "buildNumber": f"{int(major)}{int(minor):03}{int(patch):03}",
        "activeMQVersion": "0.0.0",
        "derbyVersion": "0.0.0",
        "serverUUID": str(uuid.UUID(bytes=derived_key("imi server uuid")[:16], version=4)),
        "server": call.request.get_host(),
        "links": [],
    }


def login(call: Call) -> HttpResponse:
    """Name and password by Basic; whatever is in the body means nothing."""
    user = logged_in(call.request)
    actor = Actor(user.get_username(), user, call.actor.address, call.actor.request_id)
    session_id = session_open(actor=actor, user=user)
    response = as_json({"message": f"{COOKIE}={session_id}"})
    response.set_cookie(COOKIE, session_id, path="/umsapi/", secure=True, httponly=True, samesite="Strict")
    return response


def logout(call: Call) -> HttpResponse:
    """End the session of the cookie; with Basic there is none to end."""
    session_close(actor=call.actor, session_id=call.request.COOKIES.get(COOKIE, ""))
    response = as_json({"message": "Logout successful"})
    response.delete_cookie(COOKIE, path="/umsapi/", samesite="Strict")
    return response


ENDPOINTS = (
    Endpoint("GET", "serverstatus", server_status, is_open=True),
    Endpoint("POST", "login", login, is_open=True),
    Endpoint("POST", "logout", logout),
)
