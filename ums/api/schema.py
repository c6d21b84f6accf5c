"""The OpenAPI schema: operations named by resource, and the refusals that every operation can answer with."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.utils import OpenApiParameter

from ums.api.errors import CONTENT_TYPE, Problem
from ums.core.rest import DRY_RUN, DRY_RUN_FORMS
from ums.effective.api import PreviewOut

REFUSALS = {
    "400": "A value is not acceptable; `fields` says which.",
    "401": "No token and no session, or one that is void.",
    "403": "Your permissions do not allow it.",
    "404": "There is no such object, or none that you may see.",
    "409": "The state of the object does not allow it, or somebody else was quicker.",
    "415": "The body is not JSON.",
    "503": "What has to be asked does not answer.",
}


DRY_RUN_PARAMETER = OpenApiParameter(
    DRY_RUN,
    str,
    enum=DRY_RUN_FORMS,
    default="false",
    description="true: answer with what would change on devices, and do nothing. csv: the full list of it.",
)


class AutoSchema(SpectacularAutoSchema):
    """Adds our problem details to all operations."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code in self._refusals():
            if code not in bodies:
                body = self._get_response_for_code(Problem, code, [CONTENT_TYPE], direction)
                bodies[code] = {**body, "description": REFUSALS[code]}
        if self._has_dry_run():
            bodies["200"] = self._or_preview(bodies.get("200"), direction)
        return dict(sorted(bodies.items()))

    def get_override_parameters(self) -> list[Any]:
        """`dry_run` for what can be tried out."""
        given: list[Any] = super().get_override_parameters()
        return [*given, DRY_RUN_PARAMETER] if self._has_dry_run() else given

    def _has_dry_run(self) -> bool:
        return self.method != "GET" and getattr(self.view, "action", None) in getattr(self.view, "dry_runs", ())

    def _or_preview(self, done: dict[str, Any] | None, direction: Any) -> dict[str, Any]:
        """What a dry run answers, beside what the write itself does."""
        tried: dict[str, Any] = self._get_response_for_code(PreviewOut, "200", ["application/json"], direction)
        content = tried["content"]["application/json"]
        if done:
            alternatives = [done["content"]["application/json"]["schema"], content["schema"]]
            content = {"schema": {"oneOf": alternatives}}
        either = {"application/json": content, "text/csv": {"schema": {"type": "string"}}}
        return {"content": either, "description": "With `dry_run`: what would change."}

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
        codes = {"400", "401", "403", "404"}
        if self.method != "GET":
            codes |= {"409", "415"}
        if getattr(self.view, "action", None) in getattr(self.view, "asks", ()):
            codes |= {"409", "503"}
        return sorted(codes)
