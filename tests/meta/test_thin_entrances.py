"""Entrances translate: they write no rows and stay short. Rules live in services and selectors."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.meta.source import functions, modules, name_of, tree

pytestmark = pytest.mark.once

ENTRANCES = ("views", "api", "consumers", "tasks", "commands", "forms", "tables", "filters", "serializers")
WRITES = {
    "abulk_create", "abulk_update", "acreate", "adelete", "aget_or_create", "asave", "aupdate", "aupdate_or_create",
    "bulk_create", "bulk_update", "create", "delete", "get_or_create", "save", "update", "update_or_create",
}  # fmt: skip
"""What Django's models, managers and querysets write with."""

NOT_ROWS: dict[str, set[str]] = {
    # file: calls in it, as “name.method”, that are named like a write but write no row; each with its reason
}
"""Exceptions. Better than a line here: another name, or a service."""

LONGEST = 40
"""Lines of one function of an entrance."""


def writes(node: ast.AST) -> bool:
    """Whether a call may write rows. `update` with a positional argument is that of a dict or set."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in WRITES:
        return False
    return not (node.func.attr == "update" and node.args)


@pytest.mark.parametrize("path", modules(*ENTRANCES), ids=name_of)
def test_writes_no_rows(path: Path) -> None:
    allowed = NOT_ROWS.get(name_of(path), set())
    calls = [ast.unparse(node) for node in ast.walk(tree(path)) if writes(node)]
    found = [call for call in calls if call.partition("(")[0] not in allowed]
    assert not found, f"{name_of(path)} writes rows, which is a service's work: {found}"


@pytest.mark.parametrize("path", modules(*ENTRANCES), ids=name_of)
def test_functions_are_short(path: Path) -> None:
    found = [
        f"{name}: {length} lines"
        for name, node in functions(path)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST
    ]
    assert not found, f"{name_of(path)}: longer than {LONGEST} lines: {found}"
