"""Values of parameters as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ums.profiles.content import MASK

if TYPE_CHECKING:
    from ums.domain.parameters import Parameter, Value

register = template.Library()

LONGEST = 120
"""Characters of a value that a table shows; the whole stands in the title."""


@register.simple_tag
def value(parameter: Parameter | None, shown: Value | None, never: str = "not set") -> SafeString:
    """On or Off, the label of a choice, or the text itself; `never` for None."""
    if shown is None:
        return format_html('<span class="muted">{}</span>', never)
    if isinstance(shown, bool):
        return format_html("{}", "On" if shown else "Off")
    if shown == "":
        return format_html('<span class="muted">{}</span>', "empty")
    if shown == MASK:
        return format_html('{}<span class="visually-hidden"> a secret</span>', MASK)
    text = str(shown)
    label = dict(parameter.choices).get(text, text) if parameter else text
    if len(label) <= LONGEST and "\n" not in label:
        return format_html("{}", label)
    return format_html('<span title="{}">{}…</span>', label, " ".join(label[:LONGEST].split()))
