"""The OpenAPI schema: operations named by resource, and the refusals that every operation can answer with."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema

from ums.api.errors import CONTENT_TYPE, Problem

REFUSALS = {
    "400": "A value is not acceptable; `fields` says which.",
    "401": "No token and no session, or one that is void.",
    "403": "Your permissions do not allow it.",
    "404": "There is no such object, or none that you may see.",
    "409": "The state of the object does not allow it, or somebody else was quicker.",
    "415": "The body is not JSON.",
}


class AutoSchema(SpectacularAutoSchema):
    """Adds our problem details to all operations."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code in self._refusals():
            if code not in bodies:
                body = self._get_response_for_code(Problem, code, [CONTENT_TYPE], direction)
                bodies[code] = {**body, "description": REFUSALS[code]}
        return dict(sorted(bodies.items()))

    def get_operation_id(self) -> str:
        """`devices_move` rather than `devices_move_create`: only the usual five are named by their verb."""
        name: str = super().get_operation_id()
        usual = ("list", "create", "retrieve", "update", "partial_update", "destroy")
        own = getattr(self.view, "action", None) not in usual and self.method == "POST"
        return name.removesuffix("_create") if own else name

    def get_summary(self) -> str | None:
        """The first sentence of what a method says about itself; the usual ones need none."""
        method = getattr(self.view, getattr(self.view, "action", None) or "", None)
        text = (getattr(method, "__doc__", None) or "").strip()
        return text.partition(".")[0] or None

    def _refusals(self) -> list[str]:
        codes = ["400", "401", "403", "404"]
        return codes if self.method == "GET" else [*codes, "409", "415"]
