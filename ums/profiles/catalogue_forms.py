"""Forms about catalogues: importing one, and moving a profile to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from ums.domain.versions import version_key
from ums.profiles.forms import AppErrorForm
from ums.profiles.models import Catalogue

if TYPE_CHECKING:
    from ums.profiles.models import Profile

_INPUT = {"class": "input", "autocomplete": "off", "spellcheck": "false"}
OS_11, OS_12 = "igel-os-11", "igel-os-12"


class CatalogueImportForm(AppErrorForm):
    """What a definition is for; other files say it themselves."""

    name = forms.CharField(
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs=_INPUT),
        help_text="Of the firmware, as devices report it, or of the app, as base_system.",
    )
    version = forms.CharField(max_length=50, required=False, widget=forms.TextInput(attrs=_INPUT))
    os = forms.ChoiceField(
        choices=[(OS_12, "IGEL OS 12"), (OS_11, "IGEL OS 11")],
        required=False,
        label="For devices with",
        widget=forms.Select(attrs={"class": "select"}),
    )
    confirmed = forms.BooleanField(required=False)


class RebaseForm(AppErrorForm):
    """The catalogue that a profile moves to: of the same OS, the newest first."""

    catalogue = forms.ModelChoiceField(
        Catalogue.objects.none(),
        label="Move to",
        empty_label=None,
        widget=forms.Select(attrs={"class": "select"}),
    )
    comment = forms.CharField(max_length=1000, required=False, widget=forms.TextInput(attrs=_INPUT))
    base = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, profile: Profile, **options: Any) -> None:
        super().__init__(*args, **options)
        known = profile.based_on
        rows = Catalogue.objects.filter(os=known.os).exclude(pk=known.pk).defer("definition")
        field = self.fields["catalogue"]
        field.queryset = rows  # type: ignore[attr-defined]
        newest = sorted(rows, key=lambda row: (row.name == known.name, version_key(row.version)), reverse=True)
        field.choices = [(row.pk, str(row)) for row in newest]  # type: ignore[attr-defined]
        self.nowhere = not newest
        self.first = newest[0] if newest else None
