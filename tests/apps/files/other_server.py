"""Another server of the network, as far as it gives contents: HTTPS with a certificate of the network's authority."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

from ha.clock import database_now
from ha.models import Node, Process
from ums.domain.processes import ProcessType, ServiceStatus
from ums.files.models import ContentCopy, CopyState, FileContent
from ums.files.store.remote import PATH
from ums.project.tls import server_files


@dataclass
class Asked:
    """One request that came."""

    sha256: str
    authorization: str
    range: str


@dataclass
class OtherServer:
    """`with OtherServer(directory) as other:` runs one; it has `contents`, and breaks off after `most` bytes once for
    each number in `breaks`."""

    directory: Path
    contents: dict[str, bytes] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    node_id: UUID = field(default_factory=uuid4)

    def has(self, content: FileContent, data: bytes) -> None:
        """It holds these bytes, and says that they are the content."""
        self.contents[content.pk] = data
        ContentCopy.objects.update_or_create(
            content=content, node_id=self.node_id, defaults={"state": CopyState.HELD, "checked_at": database_now()}
        )

    def beats(self) -> None:
        """It has just been heard of."""
        Process.objects.filter(node=self.node_id).update(timestamp=database_now())

    def __enter__(self) -> Self:
        files = server_files(self.directory, "127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        Thread(target=self._server.serve_forever, daemon=True).start()
        port = self._server.server_address[1]
        node = Node.objects.create(pk=self.node_id, name="other", address="127.0.0.1", web_port=port, version="1")
        now = database_now()
        Process.objects.create(
            id=str(self.node_id),
            host="other",
            type=ProcessType.SERVER,
            status=ServiceStatus.RUNNING,
            timestamp=now,
            started_at=now,
            version="1",
            node=node,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        other = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                sha256 = self.path.removeprefix(PATH)
                asked = Asked(sha256, self.headers["Authorization"], self.headers["Range"])
                other.asked.append(asked)
                data = other.contents.get(sha256)
                if data is None:
                    self.send_response(404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                start = int(asked.range.removeprefix("bytes=").removesuffix("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
                self.send_header("Content-Length", str(len(data) - start))
                self.end_headers()
                if other.breaks:
                    self.wfile.write(data[start : start + other.breaks.pop(0)])
                    self.close_connection = True
                else:
                    self.wfile.write(data[start:])

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        return Handler
