"""The security policy of pages: the header, and nothing in any page that it would forbid."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.db import transaction
from django.urls import reverse

from tests.cast import Cast
from tests.meta.routes import ROUTES
from tests.meta.test_routes import ask

FILTERED = re.compile(r"(^|,)\s*[\w:.-]+\[")
"""A condition behind the name of an event, which htmx would have to evaluate."""
URLS = ("href", "src", "action", "formaction", "hx-get", "hx-post")


class Inspector(HTMLParser):
    """Collects what the policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inline handlers, styles and scripts, evaluated attributes, and what is on other hosts."""
        self.tags += 1
        values = dict(attrs)
        for name, value in attrs:
            handler = name.startswith(("on", "hx-on", "data-hx-on"))
            evaluated = name in ("hx-vals", "hx-headers") and (value or "").lstrip().startswith(("js:", "javascript:"))
            filtered = name == "hx-trigger" and FILTERED.search(value or "")
            elsewhere = name in URLS and (value or "").startswith(("javascript:", "http:", "https:", "//"))
            if handler or name == "style" or evaluated or filtered or elsewhere:
                self.found.append(f"<{tag} {name}={value!r}>")
        if tag == "style" or (tag == "script" and not values.get("src")):
            self.found.append(f"<{tag}>")


def inspect(html: str) -> Inspector:
    """Parse a page."""
    inspector = Inspector()
    inspector.feed(html)
    return inspector


PAGES = [
    route
    for route in ROUTES
    if route.method == "GET" and route.expected.startswith("200") and not route.name.startswith("api:")
]


@pytest.mark.parametrize("route", PAGES, ids=lambda route: f"{route.name} {route.query or ''}")
def test_no_page_holds_what_its_policy_forbids(cast: Cast, route: object) -> None:
    answers = []
    for headers in ({}, {"HX-Request": "true"}):
        with transaction.atomic():
            client = cast.client("root")
            client.defaults.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()})
            answers.append(ask(client, route, cast))  # type: ignore[arg-type]
            transaction.set_rollback(True)
    for answer in answers:
        if not answer.headers.get("Content-Type", "").startswith("text/html") or answer.streaming:
            continue
        assert not inspect(answer.content.decode()).found  # type: ignore[attr-defined]
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy


def test_the_pages_without_a_session_neither(cast: Cast) -> None:
    client = cast.client("anonymous")
    for path in (reverse("accounts:login"), "/webapp/nothing-here/"):
        answer = client.get(path, follow=True)
        inspected = inspect(answer.content.decode())
        assert inspected.tags > 10 and not inspected.found
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_headers_that_keep_the_page_to_itself(cast: Cast) -> None:
    headers = cast.client("root").get(reverse("connector:key_list")).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_the_inspector_finds_what_it_is_for() -> None:
    bad = '<a onclick="x()" style="a:b" href="javascript:x()"></a><i hx-vals="js:{}" hx-trigger="click[a]"></i>'
    bad += "<style></style><script>x()</script>"
    assert len(inspect(bad).found) == 7
    assert not inspect('<script src="/a.js"></script><a href="/b" hx-vals=\'{"a": 1}\'></a>').found
