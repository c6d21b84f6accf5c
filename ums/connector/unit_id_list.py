"""Unit ids as people have them: typed one below the other, pasted from a table, or a CSV file with a head line."""

from __future__ import annotations

import csv
import re

COLUMN = re.compile(r"unit[\s_-]?ids?|ids?", re.IGNORECASE)


def unit_ids_in(text: str) -> list[str]:
    """The unit ids in a text, in order.

    1. When the first line is a CSV head with a column “unit id”, that column is taken and the others are not.
    2. Else everything is a unit id that is separated by line ends, spaces, commas, semicolons or tabs.
    """
    lines = text.replace("\ufeff", "").strip().splitlines()
    if not lines:
        return []
    separator = max(",;\t", key=lines[0].count)
    head = [cell.strip() for cell in next(csv.reader([lines[0]], delimiter=separator))]
    column = next((index for index, cell in enumerate(head) if COLUMN.fullmatch(cell)), None)
    if column is None:
        return [part for part in re.split(r"[\s,;]+", "\n".join(lines)) if part]
    rows = csv.reader(lines[1:], delimiter=separator)
    return [row[column].strip() for row in rows if len(row) > column and row[column].strip()]
