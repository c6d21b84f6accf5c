"""The unit tests, and the rules that they test, run without Django."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.meta.source import ROOT, name_of, tree

pytestmark = pytest.mark.once

FRAMEWORKS = {"django", "rest_framework", "channels", "celery"}


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "unit").rglob("*.py")), ids=name_of)
def test_imports_no_framework(path: Path) -> None:
    imported = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert not imported & FRAMEWORKS
