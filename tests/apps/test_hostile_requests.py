"""Every page of profiles, files, template keys, features and effective settings, asked what no browser asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.cast import Cast

NAMESPACES = ("profiles", "files", "effective", "features")
MANY = ",".join(map(str, range(1, 100_001)))
DEEP = "[" * 100_000
NUL, SURROGATE, HUGE = "a\0b", "\ud800", str(10**30)
HUGE_ID = re.compile(r"\d{15,}")
NAMES = (
    "ids", "id", "q", "profile", "left", "right", "directory", "target", "target_id", "device", "kind", "picks",
    "after", "sort", "limit", "when", "base", "name", "value", "values", "settings", "catalogue", "group", "numbers",
    "page", "file", "data", "path", "show", "preview", "revision", "number", "key", "comment",
)  # fmt: skip
"""Parameters and fields; each route knows some of them."""


def routes(patterns: Any, namespace: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, converters) of the routes in NAMESPACES."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern) and namespace in NAMESPACES and pattern.name:
            yield f"{namespace}:{pattern.name}", pattern.pattern.converters


def addresses(cast: Cast) -> Iterator[tuple[str, str]]:
    """(name, address), each with things that are there, with none, and with ids beyond any column."""
    by_word = {**{word: thing.pk for word, thing in cast.things.items()}, "pk": cast.things["profile"].pk}
    for name, converters in routes(get_resolver().url_patterns):
        thing = next((by_word[word] for word in sorted(by_word, key=len, reverse=True) if word in name), by_word["pk"])
        for wanted in (thing, 2**63, 10**24) if converters else (0,):
            given = {key: wanted if "Int" in type(converter).__name__ else "x" for key, converter in converters.items()}
            try:
                yield name, reverse(name, kwargs=given)
            except Exception:
                continue


def asked(client: Client, name: str, address: str, answers: list[str], method: str, query: str, **body: Any) -> None:
    """Ask, undo, and note what broke."""
    with transaction.atomic():
        response: Any = client.generic(method, f"{address}?{query}" if query else address, **body)
        if response.status_code >= 500:
            answers.append(f"{method} {name} {query[:60]} {str(body)[:100]}")
        elif response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)


FORM, JSON = "application/x-www-form-urlencoded", "application/json"


QUERIES = [
    *("&".join(f"{name}={value}" for name in NAMES) for value in ("a%00b", HUGE, "%ED%A0%80", "-1", "%D9%A3")),
    f"ids={MANY}&kind=profile",
]
WRONG: list[Any] = [NUL, SURROGATE, 10**30, None, [[1]], {"a": {"b": []}}]
BODIES = [
    *((JSON, json.dumps(dict.fromkeys(NAMES, value)).encode()) for value in WRONG),
    *((FORM, query.encode()) for query in QUERIES),
    *((kind, DEEP.encode()) for kind in (JSON, FORM)),
    (JSON, json.dumps(list(range(100_000))).encode()),
    (JSON, b"\xff\xfe"),
    (FORM, b"settings=" + DEEP.encode() + b"&base=1&data=" + DEEP.encode()),
    (FORM, b"settings=%7B%22values%22%3A1%7D&base=1"),
]
SLICES = 12
UPLOADS = ["profiles:import_plan", "profiles:profiles_import", "profiles:catalogue_import", "files:file_create"]


@pytest.mark.parametrize("number", range(SLICES))
def test_no_page_breaks(cast: Cast, number: int) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(cast.root)
    broken: list[str] = []
    seen = list(addresses(cast))
    assert len({name for name, _ in seen}) > 80
    for name, address in seen[number::SLICES]:
        there = HUGE_ID.search(address) is None
        for query in QUERIES if there else QUERIES[:1]:
            asked(client, name, address, broken, "GET", query)
        for kind, body in BODIES if there else BODIES[:1]:
            asked(client, name, address, broken, "POST", "", data=body, content_type=kind)
    assert not broken, "\n".join(broken)


def test_no_uploaded_file_breaks_a_page(cast: Cast) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(cast.root)
    contents = (b"", b"\0", DEEP.encode(), b"PK\x03\x04" + b"\0" * 60, b"[profile]\nname = 1\n")
    broken = []
    for name in UPLOADS:
        for content in contents:
            for file_name in ("a.xml", "a.ipm", "a.toml", "a\0.json", "x" * 300):
                with transaction.atomic():
                    file = SimpleUploadedFile(file_name, content)
                    response = client.post(reverse(name), {"file": file, "files": file, "name": "x"})
                    transaction.set_rollback(True)
                if response.status_code >= 500:
                    broken.append(f"{name} {content[:20]!r} {file_name[:10]!r}")
    assert not broken, "\n".join(broken)
