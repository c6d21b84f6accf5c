"""Forms of rules and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from ums.assets.rule_models import AssetRule, AssetSettings
from ums.core.access import Action, may
from ums.devices.models import Directory
from ums.devices.places import DeviceDirectories
from ums.devices.selectors import directory_root
from ums.notices.models import Notice

if TYPE_CHECKING:
    from ums.core.errors import AppError

MOST = 5000
"""Directories that are offered."""


class RuleForm(forms.Form):
    """What a rule looks for, where, and how serious it is."""

    name = forms.CharField(
        max_length=100,
        help_text="Stands in each of its notices.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(choices=AssetRule.Kind.choices, initial=AssetRule.Kind.NOT_ALLOWED)
    filter = forms.CharField(
        max_length=1000,
        required=False,
        label="Which assets",
        help_text="As in the filter bar, by category, bus, name, vendor, product and serial: "
        "category:storage -vendor:Kingston means storage of any vendor but Kingston. Empty: every asset.",
        widget=forms.TextInput(attrs={"class": "input mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    directory = forms.TypedChoiceField(
        required=False,
        label="At devices in",
        coerce=int,
        empty_value=None,
        widget=forms.Select(attrs={"class": "select"}),
        help_text="And in all directories below it.",
    )
    minutes = forms.IntegerField(
        min_value=0,
        max_value=525_600,
        initial=60,
        required=False,
        label="Gone for so many minutes",
        help_text="To carry a thing to another desk takes some.",
        widget=forms.NumberInput(attrs={"class": "input"}),
    )
    level = forms.ChoiceField(
        choices=Notice.Level.choices,
        initial=Notice.Level.WARNING,
        label="The notice is",
        widget=forms.Select(attrs={"class": "select"}),
    )

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        places = DeviceDirectories(user, Action.WRITE)
        root = directory_root().pk
        lines, _ = places.lines("", MOST)
        choices: list[tuple[Any, str]] = [
            (line.pk, f"{line.path} › {line.name}" if line.path else line.name) for line in lines if line.pk != root
        ]
        if may(user, Action.ADMINISTER):
            choices.insert(0, ("", "All directories"))
        self.fields["directory"].choices = choices  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        data["directory"] = Directory.objects.get(pk=data["directory"]) if data["directory"] else None
        if data["minutes"] is None:
            del data["minutes"]
        return data

    def refuse(self, error: AppError) -> None:
        """Show what the service said."""
        for name, messages in error.fields.items():
            self.add_error(name if name in self.fields else None, messages)
        if not error.fields:
            self.add_error(None, error.message)


class SettingsForm(forms.ModelForm):
    """How long the history is kept."""

    class Meta:
        model = AssetSettings
        fields = ("history_days",)
        widgets = {"history_days": forms.NumberInput(attrs={"class": "input", "min": 1, "max": 36_500})}
