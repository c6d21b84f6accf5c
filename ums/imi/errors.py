"""Refusals as IMI words them: `{"message", "errorCode", "time", "stackTrace"}` with codes ITG-….

Ids stand in angle brackets. The stack trace is always empty: it would tell what nobody outside needs.
"""

from __future__ import annotations

from django.utils import timezone

from ums.core.errors import AppError

STATUS = {
    "0A004": 415,
    "0A005": 415,
    "0A020": 404,
    "0B001": 401,
    "0B002": 401,
    "0B003": 401,
    "0B004": 401,
    "0B007": 401,
    "FF001": 500,
    "FF002": 500,
    "FF004": 500,
}
"""HTTP status of a code; all others are 400, also “not found” and a wrong verb."""

CODES = {
    "not_allowed": "0B005",
    "directory_not_empty": "0A006",
    "in_recycle_bin": "0A022",
    "key_has_value": "0A021",
    "object_gone": "0A021",
    "profile_gone": "0A001",
    "not_licensed": "0C001",
    "feature_off": "0C001",
}
"""What refusals of services are here. The rest say that a value of the body is none: 0A013."""


class ImiError(Exception):
    """A refusal that a client of IMI understands: `code` without its prefix ITG-."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS.get(self.code, 400)

    def as_answer(self) -> dict[str, str]:
        """The body."""
        now = timezone.now().isoformat(timespec="milliseconds").partition("+")[0]
        return {"message": self.message, "errorCode": f"ITG-{self.code}", "time": now, "stackTrace": ""}


def translated(error: AppError) -> ImiError:
    """What a service or selector refused."""
    if error.status >= 500:
        return ImiError("FF004" if error.status == 503 else "FF001", error.message)
    return ImiError(CODES.get(error.code, "0A013"), error.message)
