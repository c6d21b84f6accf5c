"""Names of domains, controllers and UPN suffixes as administrators write them. Plain Python."""

from __future__ import annotations

import re
from ipaddress import ip_address

LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
SEPARATORS = re.compile(r"[;,\s]+")

MAX_CONTROLLERS = 30
MAX_SUFFIXES = 200


def texts_in(text: str) -> list[str]:
    """The parts of a list that is written with semicolons, commas or lines: without empty ones, each once."""
    return list(dict.fromkeys(part for part in SEPARATORS.split(text) if part))


def controller_at(text: str) -> str:
    """A controller as it is stored: "dc1.corp.test", "10.0.0.5:10636", "[2001:db8::1]:636".

    A name in small letters, an address in its short form. Raises ValueError with words for people.
    """
    host, port = _parts(text.strip())
    try:
        address = ip_address(host)
    except ValueError:
        host = domain_name(host)
    else:
        host = f"[{address}]" if port and address.version == 6 else str(address)
    return f"{host}:{port}" if port else host


def domain_name(text: str) -> str:
    """A DNS name in small letters, without a dot at its end. Raises ValueError with words for people."""
    name = text.strip().removesuffix(".").lower()
    if not name.isascii() or len(name) > 253 or not all(LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(f"“{text.strip()[:80]}” is no name or address: write it like dc1.corp.example.com.")
    return name


def _parts(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
        if not port:
            raise ValueError(f"The port is missing in “{text[:80]}”.")
    else:
        host, port = text, ""
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) <= 65_535 and len(port) <= 5):
        raise ValueError(f"“{port[:20]}” in “{text[:80]}” is no port: 1 to 65535.")
    return host, port
