"""Requests to the transfer directory, answered in this thread and its transaction; what lies around that, the bridge to
the ASGI server, has tests of its own."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from ums.accounts.models import User
from ums.accounts.services import api_token_create
from ums.core.actor import Actor
from ums.domain.transfer import MOUNT
from ums.files.transfer.bridge import environment
from ums.files.transfer.entrance import answer, plain_scope


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


def basic(name: str, password: str) -> str:
    """The header Authorization."""
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


class Dav:
    """A WebDAV client that is signed in by an API token; `user` None: by nothing."""

    def __init__(self, user: User | None) -> None:
        self.authorization = ""
        if user is not None:
            _, text = api_token_create(actor=Actor.of(user), user=user, name="dav")
            self.authorization = basic(user.username, text)

    def __call__(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """`path` is percent-encoded, behind the mount. Raises PathError for what the entrance lets not in."""
        sent = {"host": "localhost", "content-length": str(len(body)), "authorization": self.authorization, **headers}
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "https", "path": MOUNT + path,
            "raw_path": (MOUNT + path).encode(), "query_string": b"", "server": ("127.0.0.1", 443),
            "client": ("192.0.2.1", 1), "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }  # fmt: skip
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            started.append((status, headers))

        content = b"".join(answer(environment(plain_scope(scope), BytesIO(body)), start_response))
        status, answered = started[-1]
        return Answer(int(status[:3]), {name.lower(): value for name, value in answered}, content)
