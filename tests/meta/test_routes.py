"""The table of routes and permissions (tests/meta/routes/) is whole and true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.shortcuts import resolve_url
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.cast import ROLES, Cast
from tests.factories import AssignmentFactory, DeviceFactory, DirectoryFactory, EnrolmentKeyFactory, ProfileFactory
from tests.factories.swp import LoginFactory, SessionFactory
from tests.meta.routes import BUDGETS, ROUTES
from tests.meta.routes.shape import Budget, Route
from ums.devices.models import DirectoryKind

METHODS = ("get", "post", "put", "patch", "delete")


def patterns(resolver: URLResolver, path: str = "/", space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each route with its full name; the path for one without a name."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from patterns(entry, path + str(entry.pattern), inner)
        else:
            yield (f"{space}{entry.name}" if entry.name else path + str(entry.pattern)), entry


def methods(pattern: URLPattern) -> set[str]:
    """The methods that a class-based view or a viewset serves; none for a function, which cannot be asked."""
    callback: Any = pattern.callback
    if actions := getattr(callback, "actions", None):
        return {method.upper() for method in actions} & {method.upper() for method in METHODS}
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    # Django's form views take PUT for POST
    known = METHODS if hasattr(callback, "cls") else ("get", "post")
    return {m.upper() for m in known if m in view.http_method_names and hasattr(view, m)} if view else set()


def test_every_route_is_listed() -> None:
    listed = {(route.name, route.method) for route in ROUTES}
    names = {name for name, _ in listed}
    existing = list(patterns(get_resolver()))
    missing = {name for name, _ in existing if name not in names}
    missing |= {
        f"{name} {method}"
        for name, pattern in existing
        for method in methods(pattern)
        if name in names and (name, method) not in listed and not is_redirect(pattern)
    }
    assert not missing, f"add to tests/meta/routes/: {sorted(missing)}"
    stale = names - {name for name, _ in existing}
    assert not stale, f"no longer routes, remove from tests/meta/routes/: {sorted(stale)}"


def is_redirect(pattern: URLPattern) -> bool:
    """Redirects answer to all methods alike."""
    return getattr(getattr(pattern.callback, "view_class", None), "__name__", "") == "RedirectView"


def filled(value: Any, cast: Cast) -> Any:
    """`value` with the names of things replaced (rule 4 of the table)."""
    if isinstance(value, dict):
        return {key: filled(one, cast) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, cast) for one in value]
    if not isinstance(value, str):
        return value
    if value.startswith("="):
        return value[1:]
    thing, _, attribute = value.partition(".")
    assert thing in cast.things, f"“{thing}” is no thing of tests/cast.py; a text as it stands starts with “=”"
    return getattr(cast.things[thing], attribute or "pk")


def path_of(route: Route | Budget, cast: Cast) -> str:
    """The path with its query."""
    if route.name.startswith("/"):
        return route.name
    return reverse(route.name, kwargs=filled(route.at, cast), query=filled(route.query, cast) or None)


def ask(client: Client, route: Route, cast: Cast) -> HttpResponseBase:
    """Send the request of a line of the table."""
    path = route.path or path_of(route, cast)
    if route.json is not None or (route.name.startswith("api:") and route.method != "GET"):
        body = filled(route.json or {}, cast)
        return client.generic(
            route.method, path, data=json.dumps(body), content_type="application/json", headers=route.headers
        )
    if route.method == "GET":
        return client.get(path, headers=route.headers)
    return getattr(client, route.method.lower())(path, data=filled(route.data, cast), headers=route.headers)


def answer(response: HttpResponseBase) -> str:
    """The status as the table writes it."""
    location = response.headers.get("Location", "")
    signs_in = location.partition("?")[0] == resolve_url(settings.LOGIN_URL)
    return "login" if response.status_code == 302 and signs_in else str(response.status_code)


@pytest.mark.parametrize(
    "route", ROUTES, ids=lambda route: f"{route.method} {route.name} {'/'.join(route.at.values())}"
)
def test_route_answers_each_of_the_five(route: Route, cast: Cast) -> None:
    answers = []
    for role in ROLES:
        client = cast.client(role)
        client.raise_request_exception = False
        with transaction.atomic():
            answers.append(answer(ask(client, route, cast)))
            transaction.set_rollback(True)
    assert dict(zip(ROLES, answers, strict=True)) == dict(zip(ROLES, route.expected.split(), strict=True))


def grow(cast: Cast) -> None:
    """Make every list longer."""
    own = cast.own[DirectoryKind.DEVICE]
    profiles = ProfileFactory.create_batch(12, directory=cast.own[DirectoryKind.PROFILE])
    for device in DeviceFactory.create_batch(12, directory=own):
        AssignmentFactory(profile=profiles[0], device=device)
        LoginFactory(device=cast.things["device"], user=SessionFactory(device=device).user)
    for profile in profiles:
        AssignmentFactory(profile=profile, device=cast.things["device"])
        AssignmentFactory(profile=profile, device=None, directory=cast.things["directory"])
    for directory in DirectoryFactory.create_batch(12, parent=own):
        DirectoryFactory(parent=directory)
    EnrolmentKeyFactory.create_batch(12)


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: budget.name)
def test_list_takes_few_queries_however_long_it_is(budget: Budget, cast: Cast) -> None:
    client = cast.client("root")
    counts = []
    for more in (False, True):
        if more:
            grow(cast)
        client.get(path_of(budget, cast), headers=budget.headers)  # warms what is remembered across requests
        with CaptureQueriesContext(connection) as queries:
            response = client.get(path_of(budget, cast), headers=budget.headers)
        assert response.status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1], f"{counts[0]} queries for a short list, {counts[1]} for a long one"
    assert counts[1] <= budget.queries, "\n".join(query["sql"] for query in queries)
