"""The OpenAPI schema: operations named by resource, and the refusals that every operation can answer with."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.plumbing import is_list_serializer
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from ums.api import idempotency, preconditions
from ums.api.errors import CONTENT_TYPE, Problem
from ums.api.examples import ANSWERS, REQUESTS
from ums.core.representation import FIELDS
from ums.core.rest import DRY_RUN, DRY_RUN_FORMS
from ums.effective.api import PreviewOut

REFUSALS = {
    "400": "A value is not acceptable; `fields` says which.",
    "401": "No token and no session, or one that is void.",
    "403": "Your permissions do not allow it.",
    "404": "There is no such object, or none that you may see.",
    "409": "The state of the object does not allow it, or somebody else was quicker.",
    "412": "The object is not as it was when you read it: its ETag is another.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The Idempotency-Key was used for another request.",
    "428": "This installation wants the object's ETag as If-Match.",
    "429": "Too many requests; `Retry-After` says when to come again.",
    "503": "What has to be asked does not answer.",
}


DRY_RUN_PARAMETER = OpenApiParameter(
    DRY_RUN,
    str,
    enum=DRY_RUN_FORMS,
    default="false",
    description="true: answer with what would change on devices, and do nothing. csv: the full list of it.",
)


IF_MATCH = OpenApiParameter(
    preconditions.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The ETag that the object had when you read it; if it has another one by now, nothing is done: 412.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    idempotency.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="A text of your own, another one for each request: the same request again within a day does nothing "
    "twice, and gets the same answer.",
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200],
    description="Changes with what can be written; for `If-Match`.",
)
REPLAYED = OpenApiParameter(
    idempotency.REPLAYED,
    str,
    OpenApiParameter.HEADER,
    response=[201],
    description="“true”: it was done before; this is the answer of then.",
)
RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, response=[429], description="Seconds until there is room again."
)


class AutoSchema(SpectacularAutoSchema):
    """Adds what all operations share: our problem details, ETags, keys, the choice of fields."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code in self._refusals():
            if code not in bodies:
                body = self._get_response_for_code(Problem, code, [CONTENT_TYPE], direction)
                bodies[code] = {**body, "description": REFUSALS[code]}
        if self._has_dry_run():
            bodies["200"] = self._or_preview(bodies.get("200"), direction)
        return dict(sorted(bodies.items()))

    def _is_list_view(self, serializer: Any = None) -> bool:
        """A list without pages is one document, unless it says that it is many."""
        shown = self.get_response_serializers() if serializer is None else serializer
        whole = getattr(self.view, "pagination_class", None) is None and not is_list_serializer(shown)
        return not whole and bool(super()._is_list_view(serializer))

    def get_override_parameters(self) -> list[Any]:
        """Parameters of the address and of the head that our resources share."""
        given: list[Any] = [*super().get_override_parameters(), RETRY_AFTER]
        if self._has_dry_run():
            given.append(DRY_RUN_PARAMETER)
        if self._tags():
            given.append(ETAG)
        if self.method == "GET":
            return [*given, *self._choice_of_fields()]
        if self._reader():
            given.append(IF_MATCH)
        if self._takes_key():
            given += [IDEMPOTENCY_KEY, REPLAYED]
        return given

    def get_examples(self) -> list[Any]:
        """Those of ums.api.examples."""
        given: list[Any] = super().get_examples()
        name = self.get_operation_id()
        if name in REQUESTS:
            given = [*given, OpenApiExample("Request", REQUESTS[name], request_only=True)]
        if name in ANSWERS:
            given = [
                *given,
                OpenApiExample("Answer", ANSWERS[name], response_only=True, status_codes=["200", "201", "207"]),
            ]
        return given

    def _tags(self) -> bool:
        """Whether the answer has an ETag."""
        action = getattr(self.view, "action", "") if self.method == "GET" else self._sibling()
        return self.method in ("GET", "PUT", "PATCH") and action in getattr(self.view, "tagged", ())

    def _sibling(self) -> str:
        return (getattr(self.view, "action_map", None) or {}).get("get", "")

    def _reader(self) -> str:
        return preconditions.reader_of(self.view) if hasattr(self.view, "tagged") else ""

    def _takes_key(self) -> bool:
        return self.method == "POST" and hasattr(self.view, "makes") and idempotency.takes_key(self.view)

    def _choice_of_fields(self) -> list[OpenApiParameter]:
        shown: Any = self.get_response_serializers()
        shown = shown() if isinstance(shown, type) else shown
        is_list = getattr(self.view, "action", "") == "list" and getattr(self.view, "pagination_class", None)
        if not (is_list or self._tags()) or not hasattr(shown, "fields"):
            return []
        text = "Only these keys of an object."
        return [OpenApiParameter(FIELDS, str, many=True, explode=False, enum=list(shown.fields), description=text)]

    def _has_dry_run(self) -> bool:
        return self.method != "GET" and getattr(self.view, "action", None) in getattr(self.view, "dry_runs", ())

    def _or_preview(self, done: dict[str, Any] | None, direction: Any) -> dict[str, Any]:
        """What a dry run answers, beside what the write itself does."""
        tried: dict[str, Any] = self._get_response_for_code(PreviewOut, "200", ["application/json"], direction)
        content = tried["content"]["application/json"]
        if done:
            written = done["content"]["application/json"]
            content = {**written, "schema": {"oneOf": [written["schema"], content["schema"]]}}
        either = {"application/json": content, "text/csv": {"schema": {"type": "string"}}}
        return {**(done or {}), "content": either, "description": "With `dry_run`: what would change."}

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
        codes = {"400", "401", "403", "404", "429"}
        if self.method != "GET":
            codes |= {"409", "413", "415"}
        if reader := self._reader() if self.method != "GET" else "":
            codes |= {"412", "428"} if reader == self._sibling() else {"412"}
        if self._takes_key():
            codes.add("422")
        if getattr(self.view, "action", None) in getattr(self.view, "asks", ()):
            codes |= {"409", "503"}
        return sorted(codes)
