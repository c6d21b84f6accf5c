"""Forms of licences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms

from ums.devices.models import Device

if TYPE_CHECKING:
    from ums.licences.models import Licence

MOST = 5000
"""Unit IDs that the form takes at once."""


class GiveForm(forms.Form):
    """To which devices a licence goes: those that lack one, as many as it is left for, or those with unit IDs."""

    which = forms.ChoiceField(choices=[("missing", ""), ("named", "")], initial="missing")
    expect = forms.IntegerField(min_value=0, max_value=10**9, required=False, widget=forms.HiddenInput)
    unit_ids = forms.CharField(
        required=False,
        label="Unit IDs",
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 4, "spellcheck": "false"}),
        help_text="One below the other, or separated by spaces or commas.",
    )

    def clean(self) -> dict[str, Any]:
        """`devices`: the primary keys of those that are named."""
        data = super().clean() or {}
        if data.get("which") == "named":
            self._named(data)
        return data

    def _named(self, data: dict[str, Any]) -> None:
        wanted = list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", data.get("unit_ids", "")))))
        if not 1 <= len(wanted) <= MOST:
            self.add_error("unit_ids", f"Name 1 to {MOST:,} devices.")
            return
        found = dict(Device.objects.filter(unit_id__in=wanted).order_by().values_list("unit_id", "pk"))
        if missing := [unit_id for unit_id in wanted if unit_id not in found]:
            named = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
            self.add_error("unit_ids", f"There is no device {named}.")
        data["devices"] = list(found.values())


class ChooseForm(forms.Form):
    """Which licence a device gets."""

    licence = forms.ChoiceField(label="Licence", widget=forms.Select(attrs={"class": "select"}))

    def __init__(self, *args: Any, licences: list[Licence], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["licence"]
        field.choices = [(str(row.pk), _words(row)) for row in licences]  # type: ignore[attr-defined]


def _words(row: Licence) -> str:
    left = (row.quantity or 0) - row.given_count  # type: ignore[attr-defined]
    end = f"until {row.expires_at:%Y-%m-%d}" if row.expires_at else "perpetual"
    return f"{row.number} – {row.get_kind_display()}, {end}, {left:,} left"
