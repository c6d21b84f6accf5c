"""Reads `setup.def`, the parameter definition that an app of the original carries: text into a tree of nodes.

The text looks like XML and is not: tags are the nodes of parameter paths, attributes stand between the tags as
`name=<value>` or `name[language]=<value>`. What the tree means is told by `ums.domain.formats.definition`.
"""

import re
from dataclasses import dataclass, field

from ums.domain.parameters import CatalogueError

MAX_BYTES = 32 * 1024 * 1024
MAX_NODES = 100_000
MAX_DEPTH = 32

# Each alternative begins with another sign and nothing is tried twice, so reading is linear in any text.
_TOKEN = re.compile(
    r"\s*+(?:</([^<>]{0,200}+)>|<([^<>/=]{1,200}+)>"
    r"|([A-Za-z_][A-Za-z0-9_.-]{0,63}+)(?:\[([^\[\]<>]{0,20}+)\])?+\s*+=\s*+<([^>]*+)>)"
)
_END = re.compile(r"[\s\0]*+")
_ROOT = "vlist"
_MAX_SHOWN = 40

KEPT = frozenset(
    [
        "value",
        "type",
        "range",
        "displayname",
        "tooltip",
        "help",
        "runtime",
        "system_setting",
        "machinespecific",
        "encrypted",
        "extends_base",
    ]
)
"""The attributes that decide something here; all others are ignored."""


@dataclass(slots=True)
class Node:
    """A step of a parameter path. Attributes in a language are kept in English only: "displayname[en]"."""

    attributes: dict[str, str] = field(default_factory=dict)
    children: dict[str, "Node"] = field(default_factory=dict)


def read_setup_def(data: bytes) -> Node:
    """The tree of a definition; its top node holds the first steps of all paths.

    A node that is there twice is one node. Raises CatalogueError with line and column for what is cut off or wrong.
    """
    text = _decoded(data)
    top = Node()
    open_nodes: list[tuple[str, Node]] = [("", top)]
    position = count = 0
    while found := _TOKEN.match(text, position):
        closed, opened, attribute, language, value = found.groups()
        node = open_nodes[-1][1]
        if attribute is not None:
            _keep(node, attribute, language, value)
        elif opened is not None:
            name = opened.strip()
            count += 1
            if count > MAX_NODES or len(open_nodes) > MAX_DEPTH:
                what = f"more than {MAX_NODES:,} nodes" if count > MAX_NODES else f"more than {MAX_DEPTH} levels"
                raise _error(text, found.start(), open_nodes, f"there are {what}")
            open_nodes.append((name, node.children.setdefault(name, Node())))
        elif len(open_nodes) > 1 and closed.strip() == open_nodes[-1][0]:
            open_nodes.pop()
        else:
            expected = f"</{open_nodes[-1][0]}> is expected" if len(open_nodes) > 1 else "nothing is open here"
            raise _error(text, found.start(), open_nodes, f"{expected}, and there is </{closed[:_MAX_SHOWN]}>")
        position = found.end()
    rest = _END.match(text, position)
    end = rest.end() if rest else position
    if end < len(text):
        shown = " ".join(text[end : end + _MAX_SHOWN].split())
        raise _error(text, end, open_nodes, f"a tag or an attribute such as name=<value> is expected, not “{shown}”")
    if len(open_nodes) > 1:
        raise _error(text, end, open_nodes, f"the text ends, and <{open_nodes[-1][0]}> is still open")
    wrapped = top.children.get(_ROOT)
    if wrapped is not None and len(top.children) == 1:
        top = wrapped
    if not top.children:
        raise CatalogueError("setup.def: there is no node in it.")
    return top


def items(text: str) -> list[str]:
    """The items of a list such as "[16] [32]"."""
    return [piece.partition("[")[2] for piece in text.split("]")[:-1] if "[" in piece]


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise CatalogueError(f"setup.def has more than {MAX_BYTES // 2**20} MB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogueError(f"setup.def is not text in UTF-8: byte {error.start + 1} does not fit.") from error


def _keep(node: Node, attribute: str, language: str | None, value: str) -> None:
    if attribute not in KEPT:
        return
    if language is not None:
        if not language.lower().startswith("en"):
            return
        attribute += "[en]"
    if "&" in value:
        value = value.replace("&lt", "<").replace("&gt", ">")
    node.attributes[attribute] = value


def _error(text: str, position: int, open_nodes: list[tuple[str, Node]], reason: str) -> CatalogueError:
    position += len(text) - position - len(text[position:].lstrip())
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    within = ".".join(name for name, _ in open_nodes[1:] if name != _ROOT)
    place = f"line {line}, column {column}" + (f", in {within[-100:]}" if within else "")
    return CatalogueError(f"setup.def, {place}: {reason}.")
