"""Paths of the transfer directory: what names may be, and how deep and large it gets. Plain rules, no framework."""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes

MOUNT = "/ums_filetransfer"
"""Where the servers show it."""

CONTENTS = ".contents"
"""The room for servers, in which they fetch contents from each other. People neither see nor use this name."""

MAX_SIZE = 4 * 2**30
"""Bytes of one file."""

MAX_NAME = 255
"""Bytes of one name in UTF-8, as on disks."""

MAX_DEPTH = 32
"""Names in one path."""

MAX_ENTRIES = 10_000
"""Members of one directory, and entries that one request moves, copies or deletes."""

REFUSED = frozenset("/\\;?\x7f")
"""Characters that no name has: what separates parts of paths here or on devices, and what clients cut addresses at."""

Path = tuple[str, ...]
"""The names from the top to an entry; empty: the transfer directory itself."""


class PathError(ValueError):
    """A path that nothing can have; the text is for people."""


def check_name(name: str) -> None:
    """Raises PathError for what cannot be the name of an entry."""
    if name in {"", ".", ".."}:
        raise PathError("A path must not have empty parts, “.” or “..”.")
    if len(name.encode("utf-8", "surrogatepass")) > MAX_NAME:
        raise PathError(f"A name has {MAX_NAME} bytes at most.")
    if any(character in REFUSED or character < " " or "\ud800" <= character <= "\udfff" for character in name):
        raise PathError("A name must not hold control characters, slashes, “\\”, “;” or “?”.")


def check_path(path: Path) -> None:
    """Raises PathError for what cannot be the path of an entry."""
    for name in path:
        check_name(name)
    if len(path) > MAX_DEPTH:
        raise PathError(f"Directories lie {MAX_DEPTH} deep at most.")
    if path and path[0] == CONTENTS:
        raise PathError(f"“{CONTENTS}” is for the servers.")


def path_of(address: str) -> Path:
    """The names in the path of a URL, behind MOUNT and still percent-encoded. Raises PathError.

    Each part is decoded by itself, so that an encoded slash does not separate.
    """
    address = address.strip("/") if not address.startswith("//") and not address.endswith("//") else address
    if not address:
        return ()
    try:
        path = tuple(unquote_to_bytes(part).decode() for part in address.split("/"))
    except UnicodeDecodeError:
        raise PathError("Names are written in UTF-8.") from None
    check_path(path)
    return path


def address_of(path: Path) -> str:
    """The path of the URL of an entry, with MOUNT."""
    return "/".join([MOUNT, *(quote(name, safe="") for name in path)])
