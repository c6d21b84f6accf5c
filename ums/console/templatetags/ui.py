"""Template tags of the console: icons, status chips and times.

They are tags and not includes because a device list draws a few hundred of them on one page; the markup of an icon is
built once per process.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from django import template
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

if TYPE_CHECKING:
    from collections.abc import Sequence

register = template.Library()

#: status -> (icon, word). Every status the console shows; the colour is the CSS class `status-<name>`.
STATUSES: dict[str, tuple[str, str]] = {
    "online": ("circle-check", "Online"),
    "late": ("clock-alert", "Late"),
    "offline": ("circle-minus", "Offline"),
    "never": ("circle-dashed", "Never seen"),
    "unknown": ("circle-question-mark", "Unknown"),
    "applied": ("check", "Applied"),
    "pending": ("circle-arrow-down", "Changes pending"),
    "deferred": ("power", "At next boot"),
    "updating": ("loader-circle", "Updating"),
    "running": ("loader-circle", "Running"),
    "queued": ("hourglass", "Queued"),
    "sent": ("send", "Sent"),
    "done": ("check", "Done"),
    "failed": ("circle-x", "Failed"),
    "error": ("circle-alert", "Error"),
    "info": ("info", "Information"),
    "warning": ("triangle-alert", "Warning"),
    "active": ("circle-check", "Active"),
    "used": ("check-check", "Used"),
    "expired": ("timer-off", "Expired"),
    "revoked": ("ban", "Revoked"),
}


@cache
def _svg(name: str) -> SafeString:
    return mark_safe(str(lucide(name, size=16, **{"class": "icon", "aria-hidden": "true"})))  # noqa: S308


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A lucide icon of 16 px; with `label` it gets an accessible name, without it is decoration beside a text."""
    if not label:
        return _svg(name)
    return format_html('{}<span class="visually-hidden">{}</span>', _svg(name), label)


@register.simple_tag
def status(name: str, label: str = "", pill: bool = False) -> SafeString:
    """Status chip: icon, word and colour. `label` replaces the word; unknown names show as they are."""
    symbol, word = STATUSES.get(name, ("circle", name))
    return format_html(
        '<span class="status status-{}{}">{}<span>{}</span></span>',
        name,
        " pill" if pill else "",
        _svg(symbol),
        label or word,
    )


@register.simple_tag
def presence(name: str, pill: bool = False) -> SafeString:
    """Status chip of a device's presence that live.js can turn into "Unknown" when the server cannot be read."""
    return format_html('<span data-presence="{}">{}</span>', name, status(name, pill=pill))


@register.simple_tag
def now_ms() -> int:
    """The server's clock in milliseconds since 1970; times.js counts by it."""
    return int(timezone.now().timestamp() * 1000)


@register.simple_tag
def when(moment: datetime | None, never: str = "never") -> SafeString:
    """A `<time>` with the exact moment; times.js writes it relative to the server's clock."""
    if moment is None:
        return format_html('<span class="muted">{}</span>', never)
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}">{}</time>', moment.isoformat(timespec="seconds"), local.strftime("%Y-%m-%d %H:%M:%S %Z")
    )


SPARK_WIDTH, SPARK_HEIGHT, SPARK_POINTS = 120, 20, 144


@register.simple_tag
def spark(values: Sequence[int], label: str, large: bool = False) -> SafeString:
    """A small line picture of numbers, oldest first; `label` and the extremes are read in place of it. Of many
    numbers the largest of each stretch are drawn."""
    if len(values) < 2:
        return format_html('<span class="muted" title="{}">–</span>', label)
    width = -(-len(values) // SPARK_POINTS)
    values = [max(values[at : at + width]) for at in range(0, len(values), width)]
    top, step = max(max(values), 1), SPARK_WIDTH / (len(values) - 1)
    points = " ".join(
        f"{n * step:.1f},{SPARK_HEIGHT - value / top * SPARK_HEIGHT:.1f}" for n, value in enumerate(values)
    )
    told = f"{label}: from {min(values):,} to {max(values):,}, now {values[-1]:,}"
    return format_html(
        '<svg class="spark{}" viewBox="-1 -2 {} {}" preserveAspectRatio="none" role="img" aria-label="{}"><title>{}'
        '</title><polyline points="{}"/></svg>',
        " large" if large else "",
        SPARK_WIDTH + 2,
        SPARK_HEIGHT + 4,
        told,
        told,
        points,
    )


FINGERPRINT = re.compile(r"(?:[0-9a-f]{32,128}|(?:[0-9a-f]{2}:){15,63}[0-9a-f]{2})", re.IGNORECASE)
"""Digests and tags: nobody reads them to the end."""

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")


@register.simple_tag
def short(text: str) -> SafeString:
    """The beginning of a digest, with a button that copies the whole."""
    if len(text) <= 12:
        return format_html("<code>{}</code>", text)
    return format_html(
        '<span class="line short"><code title="{}">{}…</code><button class="icon-button" type="button" data-copy="{}" '
        'aria-label="Copy {}" title="Copy">{}</button></span>',
        text,
        text[:11] if ":" in text[:4] else text[:8],
        text,
        text,
        _svg("copy"),
    )


@register.simple_tag
def fact(text: str) -> SafeString:
    """A value of the audit log for people: moments as times, digests short, everything else as it is."""
    if FINGERPRINT.fullmatch(text):
        return short(text)
    if MOMENT.fullmatch(text) and (moment := parse_datetime(text)):
        return when(moment)
    return format_html("{}", text)
