"""What commands have in common: a failure that is foreseen is one line that says what is wrong, and an exit code."""

from __future__ import annotations

import sys
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

from django.core.exceptions import ImproperlyConfigured

from ums.core.errors import AppError
from ums.project.prepare import StartError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")


def command(work: Callable[P, int | None]) -> Callable[P, int]:
    """The same function as a command: it returns its exit code, None being 0. 1: it failed, and a line on stderr says
    why."""

    @wraps(work)
    def run(*arguments: P.args, **options: P.kwargs) -> int:
        from django.db import DatabaseError

        try:
            return work(*arguments, **options) or 0
        except (StartError, AppError, OSError, ValueError, ImproperlyConfigured) as error:
            what = str(error)
        except DatabaseError as error:
            what = f"The database cannot be used: {(str(error).strip() or type(error).__name__).splitlines()[0]}."
        print(f"ums: {what}", file=sys.stderr)
        return 1

    return run
