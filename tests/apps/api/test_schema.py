"""The schema and its page; random requests made from it never break anything."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft4Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.cast import Cast, make_cast
from ums.accounts.services import api_token_create
from ums.api.examples import ANSWERS, REQUESTS
from ums.core.actor import Actor


def test_the_schema_has_no_warnings() -> None:
    told = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=told)
    assert told.getvalue().startswith("openapi:")


def test_schema_and_page_are_for_those_with_an_account(cast: Cast) -> None:
    for path, anonymous in (("schema/", 401), ("docs/", 302), ("", 401)):
        assert cast.client("stranger").get(f"/api/v1/{path}").status_code == 200
        assert cast.client("anonymous").get(f"/api/v1/{path}").status_code == anonymous


def test_the_page_needs_nothing_that_our_policy_refuses(cast: Cast) -> None:
    client = cast.client("stranger")
    page = client.get("/api/v1/docs/").content.decode()
    assert "<style" not in page
    assert "style=" not in page
    assert "//" not in page.replace("<!DOCTYPE html>", "")
    assert page.count("<script") == page.count("<script src=") == 5
    script: Any = client.get("/api/v1/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")


def test_each_body_has_an_example_that_its_schema_takes() -> None:
    told = SchemaGenerator().get_schema(public=True)
    operations = [one for methods in told["paths"].values() for one in methods.values()]
    names = {one["operationId"] for one in operations}
    stale = (REQUESTS.keys() | ANSWERS.keys()) - names
    assert not stale, f"examples of operations that are no more: {sorted(stale)}"
    for operation in operations:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        name = operation["operationId"]
        if content is None or name in WITHOUT_EXAMPLE:
            continue
        assert name in REQUESTS, f"{name} needs an example in ums/api/examples.py"
        takes(told, content["schema"], REQUESTS[name], name)
    for operation in operations:
        for answer in operation["responses"].values():
            content = answer.get("content", {}).get("application/json", {})
            for example in content.get("examples", {}).values():
                takes(told, content["schema"], example["value"], operation["operationId"])


WITHOUT_EXAMPLE: set[str] = set()


def takes(told: dict[str, Any], schema: dict[str, Any], example: Any, name: str) -> None:
    whole = json.loads(json.dumps({**schema, "components": told["components"]}).replace('"nullable": true', '"x": 1'))
    errors = [error.message for error in Draft4Validator(whole).iter_errors(example)]
    assert not errors, f"{name}: {errors}"


EXAMPLES = {GenerationMode.POSITIVE: 2, GenerationMode.NEGATIVE: 1}
"""Requests for each operation, as described and not; the order of tests and the values are those of the run's seed."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


PARTS = 4
"""Of the operations, so that several processes share them."""


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests leave the connection of the test open, as those of Django's test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_request_breaks_anything(part: int) -> None:
    """Each operation with generated values, wrong ones among them, as a superuser: no 5xx, and answers as described."""
    cast = make_cast()
    _, token = api_token_create(actor=Actor.of(cast.root), user=cast.root, name="schemathesis")
    headers = {"Authorization": f"Token {token}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", get_wsgi_application(), headers=headers)
    results: Any = schema.get_all_operations()
    operations = [result.ok() for result in results]
    operations = [one for one in operations if "text/event-stream" not in str(one.definition.raw["responses"])]
    assert len(operations) > 100  # an event stream has no end
    for operation in operations[part::PARTS]:
        for mode, examples in EXAMPLES.items():
            ask_at_random(operation, mode, examples, headers)


def ask_at_random(operation: Any, mode: GenerationMode, examples: int, headers: dict[str, str]) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        with transaction.atomic():
            response = case.call(headers=headers)
            asked = {*CHECKS} - ({response_schema_conformance} if "fields" in (case.query or {}) else set())
            case.validate_response(response, checks=list(asked))
            transaction.set_rollback(True)

    try:
        ask()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # there is nothing wrong that could be sent
