"""What wsgidav sees of an entry: a document with bytes, or a collection of members. Writes go to the services."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree.ElementTree import Element, tostring

from django.db import connection
from wsgidav import xml_tools
from wsgidav.dav_error import (
    HTTP_BAD_REQUEST,
    HTTP_FORBIDDEN,
    DAVError,
    PRECONDITION_CODE_ProtectedProperty,
)
from wsgidav.dav_provider import DAVCollection, DAVNonCollection

from ums.core.errors import AppError
from ums.domain.transfer import MOUNT, address_of
from ums.files.models import TransferEntry
from ums.files.store import Incoming, store
from ums.files.store.streams import content_stream
from ums.files.transfer import services
from ums.files.transfer.locks import locked_among
from ums.files.transfer.selectors import members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ums.core.actor import Actor
    from ums.domain.transfer import Path

ACTOR = "ums.actor"
"""In the WSGI environment: who asks."""

REFUSAL = "ums.refusal"
"""There: why a change was refused, which wsgidav would only count."""

CREATED = "ums.created"
"""There: a copy or a move came to a place that was free."""


@contextmanager
def told(environ: dict[str, Any]) -> Iterator[None]:
    """AppErrors as wsgidav knows them."""
    try:
        yield
    except AppError as error:
        environ[REFUSAL] = DAVError(error.status, error.message)
        raise environ[REFUSAL] from error


def path_in(address: str) -> Path:
    """The names in a path that wsgidav hands over: decoded, and checked by the entrance."""
    return tuple(name for name in address.split("/") if name)


class _Resource:
    """What documents and collections have in common. Comes before wsgidav's class."""

    entry: TransferEntry
    at: Path
    locked: bool
    environ: dict[str, Any]

    @property
    def actor(self) -> Actor:
        """Who asks."""
        actor: Actor = self.environ[ACTOR]
        return actor

    def get_creation_date(self) -> float:
        """Seconds since 1970."""
        return self.entry.created_at.timestamp()

    def get_last_modified(self) -> float:
        """Seconds since 1970."""
        return self.entry.updated_at.timestamp()

    def get_property_names(self, *, is_allprop: bool) -> list[str]:
        """Those of the protocol, and what clients have noted."""
        return [*super().get_property_names(is_allprop=is_allprop), *self.entry.properties]  # type: ignore[misc]

    def get_property_value(self, name: str) -> Any:
        """Raises DAVError 404."""
        if name in self.entry.properties:
            return xml_tools.string_to_xml(self.entry.properties[name])
        if name == "{DAV:}lockdiscovery" and not self.locked:
            return Element(name)  # without a question for each member of a list
        if name == "{DAV:}getetag" and self.entry.content_id:
            return f'"{self.entry.content_id}"'
        return super().get_property_value(name)  # type: ignore[misc]

    def set_property_value(self, name: str, value: Any, *, dry_run: bool = False) -> None:
        """Note something, or (None) forget it. Raises DAVError."""
        if name.startswith("{DAV:}"):
            raise DAVError(HTTP_FORBIDDEN, err_condition=PRECONDITION_CODE_ProtectedProperty)
        properties = {key: text for key, text in self.entry.properties.items() if key != name}
        if value is not None:
            value.tail = None
            properties[name] = tostring(value, encoding="unicode")
        if not dry_run:
            with told(self.environ):
                services.entry_describe(actor=self.actor, entry=self.entry, properties=properties)

    def handle_delete(self) -> bool:
        """All at once. Raises DAVError, also for a lock on it or below it, which wsgidav leaves to us."""
        provider = self.environ["wsgidav.provider"]
        for url in {_root(self.at), *locked_among(self.at)}:
            provider.check_unlocked(url, self.environ)
        with told(self.environ):
            services.entry_delete(actor=self.actor, entry=self.entry)
        return True

    def handle_copy(self, dest_path: str, *, depth_infinity: bool) -> bool:
        """All at once. Raises DAVError."""
        with self._arriving(dest_path) as to:
            services.entry_copy(
                actor=self.actor, entry=self.entry, to=to, deep=depth_infinity or bool(self.entry.content_id)
            )
        return True

    def handle_move(self, dest_path: str) -> bool:
        """All at once. Raises DAVError."""
        with self._arriving(dest_path) as to:
            services.entry_move(actor=self.actor, entry=self.entry, to=to)
        return True

    @contextmanager
    def _arriving(self, dest_path: str) -> Iterator[Path]:
        provider = self.environ["wsgidav.provider"]
        self.environ[CREATED] = not provider.exists(dest_path, self.environ)
        with told(self.environ):
            yield path_in(dest_path)


class Document(_Resource, DAVNonCollection):
    """A file."""

    def __init__(self, at: Path, environ: dict[str, Any], entry: TransferEntry, *, locked: bool = True) -> None:
        """`entry` may be one that is not stored yet: a PUT stores it once all bytes have come."""
        super().__init__("/" + "/".join(at), environ)
        self.at, self.entry, self.locked = at, entry, locked
        self._coming = ExitStack()
        self._incoming: Incoming | None = None
        self._stream: BinaryIO | None = None

    def get_content_length(self) -> int:
        """Bytes."""
        return self.entry.content.size if self.entry.content else 0

    def get_etag(self) -> str | None:
        """The SHA-256."""
        return self.entry.content_id

    def support_etag(self) -> bool:
        """Always."""
        return True

    def support_ranges(self) -> bool:
        """Always."""
        return True

    def finalize_headers(self, environ: dict[str, Any], headers: list[tuple[str, str]]) -> None:
        """Called before an answer starts, as long as it can still say that the content cannot be read."""
        headers.append(("Content-Disposition", "attachment"))
        if environ["REQUEST_METHOD"] == "GET" and self.entry.content:
            with told(environ):
                self._stream = content_stream(self.entry.content)

    def get_content(self) -> BinaryIO | None:
        """The stream; wsgidav closes it."""
        return self._stream

    def begin_write(self, *, content_type: str | None = None) -> _Written:
        """Where to write. Raises DAVError."""
        with told(self.environ):
            size = int(self.environ.get("CONTENT_LENGTH") or 0)
            self._incoming = self._coming.enter_context(store().incoming(size=size))
        if not connection.in_atomic_block:
            connection.close()  # an upload may take its time, and others need it meanwhile
        return _Written(self._incoming, self.environ)

    def end_write(self, *, with_errors: bool) -> None:
        """All bytes have come, or never will. Raises DAVError when the place has been locked or taken meanwhile."""
        with self._coming:
            if with_errors or self._incoming is None:
                return
            size = self.environ.get("CONTENT_LENGTH")
            if size and int(size) != self._incoming.size:
                raise DAVError(HTTP_BAD_REQUEST, "The request has ended early.")
            self.environ["wsgidav.provider"].store(self, self._incoming)


class _Written:
    """The end of an upload that wsgidav writes to; what the disk refuses is told as WebDAV tells it."""

    def __init__(self, incoming: Incoming, environ: dict[str, Any]) -> None:
        self._incoming, self._environ = incoming, environ

    def write(self, data: bytes) -> None:
        """Raises DAVError."""
        with told(self._environ):
            self._incoming.write(data)

    def close(self) -> None:
        """Nothing to do: `end_write` finishes."""


class Collection(_Resource, DAVCollection):
    """A directory."""

    def __init__(self, at: Path, environ: dict[str, Any], entry: TransferEntry, *, locked: bool = True) -> None:
        super().__init__("/" + "/".join(at), environ)
        self.at, self.entry, self.locked = at, entry, locked

    def get_member_names(self) -> list[str]:
        """Of all members."""
        return [entry.name for entry in members(self.entry)]

    def get_member_list(self) -> list[Document | Collection]:
        """All members, in two queries."""
        locked = locked_among(self.at)
        return [
            resource((*self.at, entry.name), self.environ, entry, locked=_root((*self.at, entry.name)) in locked)
            for entry in members(self.entry)
        ]

    def create_collection(self, name: str) -> None:
        """Raises DAVError."""
        with told(self.environ):
            services.directory_make(actor=self.actor, at=(*self.at, name))

    def create_empty_resource(self, name: str) -> Document:
        """A document that a PUT is going to fill, or for a LOCK an empty one at once. Raises DAVError."""
        at = (*self.at, name)
        document = Document(at, self.environ, TransferEntry(parent=self.entry, name=name))
        if self.environ["REQUEST_METHOD"] != "PUT":
            with told(self.environ), store().incoming() as incoming:
                document.entry = services.file_put(actor=self.actor, at=at, kept=incoming.finish())
        return document


def resource(at: Path, environ: dict[str, Any], entry: TransferEntry, *, locked: bool = True) -> Document | Collection:
    """What fits an entry. `locked` False: it is known that nobody holds a lock on it."""
    kind = Collection if entry.content_id is None else Document
    return kind(at, environ, entry, locked=locked)


def _root(at: Path) -> str:
    return address_of(at).removeprefix(MOUNT)
