"""What a browser is shown of a directory: a plain page with links and sizes, no style and no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html, format_html_join

from ums.domain.transfer import address_of
from ums.files.transfer.selectors import members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ums.domain.transfer import Path
    from ums.files.models import TransferEntry


def listing(at: Path, entry: TransferEntry) -> bytes:
    """The page of a directory."""
    title = "/" + "/".join(at)
    rows = format_html_join("\n", '<li><a href="{}">{}</a> {}</li>', _rows(at, entry))
    page = format_html(
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{}</title></head>\n'
        "<body>\n<h1>{}</h1>\n<ul>\n{}\n</ul>\n</body>\n</html>\n",
        title,
        title,
        rows,
    )
    return page.encode()


def _rows(at: Path, entry: TransferEntry) -> Iterator[tuple[str, str, str]]:
    if at:
        yield address_of(at[:-1]) + "/", "One directory up", ""
    for member in members(entry):
        address = address_of((*at, member.name))
        if member.content is None:
            yield f"{address}/", f"{member.name}/", ""
        else:
            yield address, member.name, filesizeformat(member.content.size)
