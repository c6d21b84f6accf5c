"""XML that WebDAV clients send, looked at before anything is built of it: size, depth, number of elements, no DTD."""

from __future__ import annotations

from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from ums.core.errors import AppError

MAX_BODY = 256 * 1024
"""Bytes of a body that is not the content of a file."""

MAX_NESTING = 50
MAX_ELEMENTS = 1000


class _Shape:
    """Counts what a parser finds, and keeps nothing."""

    def __init__(self) -> None:
        self._open = self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._open += 1
        self._count += 1
        if self._open > MAX_NESTING or self._count > MAX_ELEMENTS:
            raise AppError("xml_refused", f"XML has {MAX_ELEMENTS:,} elements in {MAX_NESTING} levels at most.")

    def end(self, tag: str) -> None:
        self._open -= 1

    def close(self) -> Any:
        return None


def checked_xml(body: bytes) -> None:
    """Raises AppError `xml_refused` for what is no XML, or none that is needed here. Nothing at all may be."""
    if not body:
        return
    parser = DefusedXMLParser(target=_Shape(), forbid_dtd=True)
    try:
        parser.feed(body)
        parser.close()
    except (ParseError, DefusedXmlException) as error:
        raise AppError("xml_refused", "The body must be plain XML, without a document type.") from error
