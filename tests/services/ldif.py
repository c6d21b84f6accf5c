"""What directory services of the tests are filled with, as LDIF."""

from __future__ import annotations

import base64
from collections.abc import Iterable

PASSWORD = "Joe.Passw0rd"
"""Of all users of the tests, unless they are told otherwise."""

Value = str | bytes | int


def record(dn: str, **attributes: Value | Iterable[Value]) -> str:
    """An object to be added. Everything is written in base64, so that any sign may stand in it."""
    lines = [_line("dn", dn)]
    for name, value in attributes.items():
        values = [value] if isinstance(value, str | bytes | int) else value
        lines += [_line(name, one) for one in values]
    return "\n".join(lines) + "\n\n"


def change(dn: str, **attributes: Value | Iterable[Value]) -> str:
    """Attributes of an object replaced."""
    lines = [_line("dn", dn), "changetype: modify"]
    for name, value in attributes.items():
        values = [value] if isinstance(value, str | bytes | int) else value
        lines += [f"replace: {name}", *(_line(name, one) for one in values), "-"]
    return "\n".join(lines) + "\n\n"


def unicode_password(password: str) -> bytes:
    """As AD takes passwords."""
    return f'"{password}"'.encode("utf-16-le")


def escaped(value: str) -> str:
    """A value as part of a DN (RFC 4514)."""
    quoted = "".join(f"\\{sign}" if sign in '\\,+"<>;=#' else sign for sign in value)
    quoted = quoted.replace("\0", "\\00")
    return f"\\{quoted}" if quoted.startswith(" ") else quoted


def _line(name: str, value: Value) -> str:
    data = value if isinstance(value, bytes) else str(value).encode()
    return f"{name}:: {base64.b64encode(data).decode()}"
