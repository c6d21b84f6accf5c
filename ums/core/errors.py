"""The one exception that services raise for what a user can put right."""

from __future__ import annotations


class AppError(Exception):
    """A refusal that a user understands.

    `code` is stable and for programs (`directory_not_empty`), `message` one or two sentences that say what is wrong
    and what to do, `fields` the messages per form field, `status` the HTTP status that an entrance answers with.
    """

    def __init__(
        self, code: str, message: str, *, status: int = 400, fields: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields or {}


class NotAllowed(AppError):
    """The actor lacks a permission. Entrances that must not tell what exists answer 404 instead."""

    def __init__(self, message: str = "You have no permission for this.") -> None:
        super().__init__("not_allowed", message, status=403)


class Conflict(AppError):
    """Somebody else changed the object in the meantime, or its state does not allow the action."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, status=409)
