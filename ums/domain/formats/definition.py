"""From the definition that an app of the original carries to a catalogue of ours (docs/catalogues.md)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ums.domain.formats.placing import Placed, place
from ums.domain.formats.report import Report
from ums.domain.formats.setup_def import Node, read_setup_def
from ums.domain.formats.ui_json import read_ui
from ums.domain.formats.values import as_parameter, one_line
from ums.domain.parameters import CatalogueError
from ums.domain.parameters.fileformat import FORMAT, MAX_CLASSES, MAX_INDEX, MAX_PARAMETERS, MAX_TITLE, is_path

MAX_VISITS = 200_000
"""Nodes that are looked at, those of inner instances once for each of their numbers."""
MAX_BASES = 8

_NAMES = ("name", "label", "title", "displayname", "description")


@dataclass(frozen=True, slots=True)
class Converted:
    """A catalogue in the form of docs/catalogues.md, and what was adapted on the way, one sentence each."""

    catalogue: dict[str, Any]
    report: tuple[str, ...]


@dataclass(slots=True)
class Leaf:
    """A parameter of the definition: its attributes, also those that it has from a base or from nodes above.

    origin: its path in the file, which differs from ours where classes lie within classes.
    """

    path: str
    origin: str
    attributes: dict[str, str]


@dataclass(slots=True)
class _Class:
    label: str
    extended: bool
    numbers: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def convert_definition(
    *, name: str, version: str, os: str, definition: bytes, ui: bytes = b"", translations: bytes = b""
) -> Converted:
    """The catalogue of `setup.def`, on the pages of `ui.json` with the titles of `translation.json`.

    What our form cannot hold is adapted or left out, and reported. Raises CatalogueError, and nothing else, for
    files that cannot be read.
    """
    report = Report()
    walk = _Walk(read_setup_def(definition), report)
    origins = {leaf.path: leaf.origin for leaf in walk.leaves.values()}
    placed = place(read_ui(ui, translations), origins, walk.classes, report)
    parameters = [entry for one in placed.shown if (entry := _entry(one, walk.leaves[one.path], report))]
    if not parameters:
        raise CatalogueError("setup.def: there is no parameter in it, that is, no node with value=<…>.")
    used = {entry["path"].partition("%")[0] + "%" for entry in parameters if "%" in entry["path"]}
    catalogue = {
        "format": FORMAT,
        "name": name,
        "version": version,
        "os": os,
        "pages": placed.pages({entry["page"] for entry in parameters}),
        "classes": [_class(path, cls) for path, cls in walk.classes.items() if path in used],
        "parameters": parameters,
    }
    return Converted(catalogue, report.lines())


def _entry(placed: Placed, leaf: Leaf, report: Report) -> dict[str, Any] | None:
    entry = as_parameter(leaf.path, leaf.attributes, placed.minimum, placed.maximum, report)
    if entry is not None:
        entry["page"] = placed.page
        if placed.group:
            entry["group"] = placed.group
    return entry


def _class(path: str, cls: _Class) -> dict[str, Any]:
    """Fixed are those that exist by number and that nobody can add to: sessions have a base, lists have names."""
    label = cls.label or path[:-1].rpartition(".")[2]
    if cls.numbers and not cls.extended and "name" not in cls.names:
        return {"path": path, "kind": "fixed", "label": label, "indices": cls.numbers}
    named_by = next((name for name in _NAMES if name in cls.names), cls.names[0])
    return {"path": path, "kind": "free", "label": label, "name_parameter": named_by}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree: our path, the path of the file, and the class that it lies in."""

    path: str
    origin: str
    cls: _Class | None

    def step(self, name: str, origin: str = "") -> "_Place":
        return _Place(self.path + name, self.origin + (origin or name), self.cls)


class _Walk:
    """Finds the leaves and the classes of a tree.

    A place in the tree is looked at through several nodes, its views: its own, then those of the same path in its
    bases, each of which gives what those before it lack.
    """

    def __init__(self, root: Node, report: Report) -> None:
        self.leaves: dict[str, Leaf] = {}
        self.classes: dict[str, _Class] = {}
        self._root = root
        self._report = report
        self._visits = 0
        self._open: set[int] = set()
        self._below((root,), _Place("", "", None), {})

    def _below(self, views: tuple[Node, ...], at: _Place, inherited: dict[str, str]) -> None:
        names = dict.fromkeys(name for view in views for name in view.children)
        self._visits += len(names)
        if self._visits > MAX_VISITS:
            raise CatalogueError(f"setup.def comes to more than {MAX_VISITS:,} nodes with its inner instances.")
        numbers = _numbers(names)
        for name in names:
            seen = _children(views, name)
            stem = name.rstrip("0123456789")
            if not name.endswith("%"):
                if stem == name or f"{stem}%" not in names:
                    self._node(seen, at.step(name), inherited)
                elif at.cls is None and any(view.children or view.attributes for view in seen):
                    self._report.add("instance", at.step(name).path)
            elif at.cls is None:
                self._class(seen, f"{at.path}{name}", numbers.get(name[:-1], []), inherited)
            else:
                # Our paths hold one "%": the inner instances that exist become plain steps.
                self._report.add("flattened", at.step(name).path)
                for number in numbers.get(name[:-1], [0]):
                    concrete = f"{name[:-1]}{number}"
                    self._node((*_children(views, concrete), *seen), at.step(concrete, name), inherited)

    def _class(self, views: tuple[Node, ...], path: str, numbers: list[int], inherited: dict[str, str]) -> None:
        if not is_path(path) or path.count("%") != 1:
            self._report.add("path", path)
            return
        if len(self.classes) >= MAX_CLASSES:
            raise CatalogueError(f"setup.def has more than {MAX_CLASSES:,} classes of instances.")
        stored = [number for number in numbers if number <= MAX_INDEX]
        if len(stored) < len(numbers):
            self._report.add("number", path)
        own = views[0].attributes
        label = one_line(own.get("displayname[en]") or own.get("displayname", ""), MAX_TITLE)
        cls = self.classes[path] = _Class(label, "extends_base" in own, stored)
        self._node(views, _Place(path, path, cls), inherited)

    def _node(self, views: tuple[Node, ...], at: _Place, inherited: dict[str, str]) -> None:
        views = self._with_bases(tuple(view for view in views if id(view) not in self._open))
        merged = dict(inherited)
        for view in reversed(views):
            merged.update(view.attributes)
        if "value" in merged and not at.path.endswith("%"):
            self._leaf(at, merged)
        if any(view.children for view in views):
            passed_on = {name: merged[name] for name in _PASSED_ON if name in merged}
            opened = {id(view) for view in views}
            self._open |= opened
            self._below(views, _Place(f"{at.path}.", f"{at.origin}.", at.cls), passed_on)
            self._open -= opened

    def _leaf(self, at: _Place, attributes: dict[str, str]) -> None:
        if not is_path(at.path):
            self._report.add("path", at.path)
            return
        if len(self.leaves) >= MAX_PARAMETERS:
            raise CatalogueError(f"setup.def has more than {MAX_PARAMETERS:,} parameters.")
        self.leaves[at.path] = Leaf(at.path, at.origin, attributes)
        if at.cls is not None:
            at.cls.names.append(at.path[at.path.index("%") + 2 :])

    def _with_bases(self, views: tuple[Node, ...]) -> tuple[Node, ...]:
        """The views and the bases that they extend, each once, and none that this place already lies in."""
        found = list(views)
        for view in found:
            base = view.attributes.get("extends_base")
            if base is not None and len(found) < MAX_BASES:
                node = self._at(base.strip())
                if node is None:
                    self._report.add("base", base.strip())
                elif id(node) not in self._open and not any(node is one for one in found):
                    found.append(node)
        return tuple(found)

    def _at(self, path: str) -> Node | None:
        node: Node | None = self._root
        for step in path.split(".")[:20]:
            node = node.children.get(step) if node is not None else None
        return node


_PASSED_ON = ("system_setting", "machinespecific", "runtime")


def _numbers(names: Iterable[str]) -> dict[str, list[int]]:
    """The numbers that each stem exists with: {"wm": [0, 1]} for "wm%", "wm0", "wm1"."""
    found: dict[str, list[int]] = {}
    for name in names:
        stem = name.rstrip("0123456789")
        digits = name[len(stem) :]
        if digits and len(digits) <= 6 and str(int(digits)) == digits:
            found.setdefault(stem, []).append(int(digits))
    return {stem: sorted(numbers) for stem, numbers in found.items()}


def _children(views: tuple[Node, ...], name: str) -> tuple[Node, ...]:
    return tuple(view.children[name] for view in views if name in view.children)
