"""Many ids in one condition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Aggregate, TextField
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

FEW = 500
"""Up to so many ids stand one by one in the statement, so that the database plans with their number."""


def among(ids: Collection[int]) -> Collection[int] | RawSQL:
    """The right side of `…__in` for any number of ids: beyond FEW they are one argument, not tens of thousands."""
    if len(ids) <= FEW:
        return ids
    if connection.vendor == "postgresql":
        # As text: the driver would adapt the members one by one.
        return RawSQL("SELECT unnest(%s::bigint[])", [f"{{{','.join(map(str, ids))}}}"])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(ids))])


class JoinedIds(Aggregate):
    """The ids of a group as one text, "1,2,5"."""

    function = "GROUP_CONCAT"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The same there."""
        return self.as_sql(compiler, connection, template="STRING_AGG(%(expressions)s::text, ',')", **context)
