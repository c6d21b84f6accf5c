"""The schema and its page; random requests made from it never break anything."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings

from tests.cast import Cast, make_cast
from ums.accounts.services import api_token_create
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
    assert page.count("<script") == page.count("<script src=") == 3
    script: Any = client.get("/api/v1/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")


EXAMPLES = 4
"""Requests for each operation; the order of tests and their values are those of the run's seed."""


@pytest.mark.django_db
def test_no_request_breaks_anything() -> None:
    """Each operation with generated values, wrong ones among them, as a superuser: no 5xx, and answers as described."""
    cast = make_cast()
    _, token = api_token_create(actor=Actor.of(cast.root), user=cast.root, name="schemathesis")
    header = {"Authorization": f"Token {token}"}
    client = Client(headers={"host": "localhost", **header}, raise_request_exception=False)
    client.defaults["wsgi.url_scheme"] = "https"
    raw: Any = client.get("/api/v1/schema/?format=json")
    schema = schemathesis.openapi.from_dict(raw.json())
    results: Any = schema.get_all_operations()
    operations = [result.ok() for result in results]
    assert len(operations) > 40
    for operation in operations:
        ask_at_random(client, operation)


def ask_at_random(client: Client, operation: Any) -> None:
    @given(case=operation.as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def ask(case: Any) -> None:
        with transaction.atomic():
            check(client, case)
            transaction.set_rollback(True)

    ask()


def check(client: Client, case: Any) -> None:
    body = case.body if isinstance(case.body, dict | list | str | int | float | bool | None) else None
    response: Any = client.generic(
        case.method,
        case.formatted_path,
        data=json.dumps(body) if body is not None else "",
        content_type="application/json",
        query_params={key: value for key, value in (case.query or {}).items() if value is not None},
    )
    told = f"{case.method} {case.formatted_path} {case.query} {body}: {response.status_code}"
    assert response.status_code < 500, told
    described = case.operation.definition.raw["responses"]
    assert str(response.status_code) in described, told
    if response.status_code == 204:
        return
    kind = response.headers["Content-Type"].partition(";")[0]
    assert kind in described[str(response.status_code)]["content"], f"{told} {kind}"
