"""Forms of webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from ums.feeds.filters import kind_choices

if TYPE_CHECKING:
    from ums.core.errors import AppError


class WebhookForm(forms.Form):
    """Name, address and kinds of events."""

    name = forms.CharField(max_length=100, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}))
    url = forms.CharField(
        label="URL",
        max_length=500,
        help_text="https only. Its certificate is checked.",
        widget=forms.TextInput(
            attrs={"class": "input", "inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    kinds = forms.MultipleChoiceField(
        label="Events",
        required=False,
        help_text="None chosen: all that you may see.",
        widget=forms.SelectMultiple(attrs={"class": "select", "size": "8"}),
    )
    enabled = forms.BooleanField(label="Switched on", required=False, initial=True)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, words in kind_choices():
            groups.setdefault(name.partition(".")[0].replace("_", " ").capitalize(), []).append((name, words))
        self.fields["kinds"].choices = list(groups.items())  # type: ignore[attr-defined]

    def complain(self, error: AppError) -> None:
        """What a service refuses, beside the fields that it names."""
        named = {name: messages for name, messages in error.fields.items() if name in self.fields}
        for name, messages in named.items():
            self.add_error(name, messages)
        if not named:
            self.add_error(None, error.message)
