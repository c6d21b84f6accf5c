"""Indexes that are the same on all our databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models.expressions import OrderBy
from django.db.models.functions import Collate
from django.db.models.indexes import IndexExpression
from django.utils.deconstruct import deconstructible

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


@deconstructible(path="ums.core.indexes.EmptyLast")
class EmptyLast(OrderBy):
    """Descending, empty values last. PostgreSQL must be told; it is SQLite's own order, which refuses to be told."""

    def __init__(self, expression: Any) -> None:
        super().__init__(expression, descending=True, nulls_last=True)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """Without NULLS LAST, which SQLite knows in queries but not in indexes."""
        plain = OrderBy(self.expression, descending=True)
        return plain.as_sql(compiler, connection)


IndexExpression.register_wrappers(OrderBy, EmptyLast, Collate)
