"""Our own source as syntax trees, for the tests that look at how it is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("ums", "ha", "swp")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*names: str) -> list[Path]:
    """The files of our packages that are named so (`views` is views.py or anything in views/)."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            inside = parts[2 if package == "ums" else 1 :]
            if any(name in inside for name in names) and "migrations" not in parts:
                found.append(path)
    return found


def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(), filename=str(path))


def functions(path: Path) -> Iterator[tuple[str, Function]]:
    """Each function and method of a file, with its dotted name inside the file."""

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{prefix}{child.name}", child
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from walk(child, f"{prefix}{child.name}.")
            else:
                yield from walk(child, prefix)

    yield from walk(tree(path), "")


def name_of(path: Path) -> str:
    """The path as people say it, from the root of the repository."""
    return str(path.relative_to(ROOT))


def called(node: ast.AST) -> set[str]:
    """The last name of everything that is called inside: `record` for both `record()` and `services.record()`."""
    return {
        one.func.id if isinstance(one.func, ast.Name) else one.func.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name | ast.Attribute)
    }
