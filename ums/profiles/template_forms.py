"""Forms of template keys, their values, and groups of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from ums.core.access import Action, restrict
from ums.core.filters import MAX_ID
from ums.devices.models import Directory, DirectoryKind
from ums.profiles.forms import paths
from ums.profiles.keys import value_list
from ums.profiles.models import KeyType

if TYPE_CHECKING:
    from ums.core.errors import AppError
    from ums.profiles.models import TemplateKey, TemplateValue, ValueGroup

_INPUT = {"class": "input", "autocomplete": "off", "spellcheck": "false"}
_SELECT = {"class": "select"}


class DirectoryField(forms.ModelChoiceField):
    """A directory of template keys that the user may write in."""

    def __init__(self, *, user: Any) -> None:
        directories = restrict(Directory.objects.filter(kind=DirectoryKind.TEMPLATE), user, Action.WRITE)
        super().__init__(directories, empty_label=None, widget=forms.Select(attrs=_SELECT))
        self.choices = paths(list(directories))


class ValuesField(forms.ModelMultipleChoiceField):
    """Values of keys. Ids beyond the column are no choices."""

    def clean(self, value: Any) -> Any:
        """Raises ValidationError."""
        if any(len(str(pk)) > len(str(MAX_ID)) - 1 for pk in value or ()):
            raise forms.ValidationError("There is no such value.")
        return super().clean(value)


class _Form(forms.Form):
    """Takes the refusals of a service beside the fields that they are about."""

    def refuse(self, error: AppError) -> None:
        """Show what a service said."""
        for name, messages in error.fields.items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)
        if not error.fields:
            self.add_error(None, error.message)

    @property
    def nowhere(self) -> bool:
        """Whether the user may write in no directory of template keys."""
        return not self.fields["directory"].choices  # type: ignore[attr-defined]


class KeyForm(_Form):
    """A template key. `key`: the one that is changed."""

    name = forms.CharField(
        max_length=64,
        widget=forms.TextInput(attrs=_INPUT),
        help_text="Letters, digits, “_” and “-”. A profile names it as ${SITE}.",
    )
    type = forms.ChoiceField(choices=KeyType.choices, widget=forms.Select(attrs=_SELECT))
    description = forms.CharField(max_length=1000, required=False, widget=forms.TextInput(attrs=_INPUT))

    def __init__(
        self, *args: Any, user: Any, directory: Directory | None, key: TemplateKey | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["directory"] = DirectoryField(user=user)
        if key is not None:
            directory = key.directory
            self.initial = {"name": key.name, "type": key.type, "description": key.description}
        self.initial.setdefault("directory", directory and directory.pk)


class ValueForm(_Form):
    """A value of a key; its field suits the type of the key."""

    description = forms.CharField(
        max_length=1000, required=False, widget=forms.TextInput(attrs=_INPUT), help_text="What it is for."
    )

    def __init__(self, *args: Any, key: TemplateKey, row: TemplateValue | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["value"] = _value_field(key.type)
        self.order_fields(["value", "description"])
        if row is not None:
            value = str(row.value).lower() if isinstance(row.value, bool) else row.value
            self.initial = {"value": value, "description": row.description}


class GroupForm(_Form):
    """A group of values. `group`: the one that is changed."""

    name = forms.CharField(max_length=255, widget=forms.TextInput(attrs=_INPUT))
    description = forms.CharField(max_length=1000, required=False, widget=forms.TextInput(attrs=_INPUT))

    def __init__(
        self, *args: Any, user: Any, directory: Directory | None, group: ValueGroup | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["directory"] = DirectoryField(user=user)
        self.fields["values"] = ValuesField(value_list(user=user), required=False)
        if group is not None:
            directory = group.directory
            self.initial = {"name": group.name, "description": group.description}
            self.initial["values"] = list(group.values.order_by().values_list("pk", flat=True))
        self.initial.setdefault("directory", directory and directory.pk)

    @property
    def ticked(self) -> set[int]:
        """The values that are in the group, as the dialog shows it."""
        chosen = self["values"].value() or []
        return {int(pk) for pk in chosen if str(pk).isdecimal()}


def _value_field(kind: str) -> forms.Field:
    if kind == KeyType.CHECKBOX:
        return forms.ChoiceField(choices=[("true", "On"), ("false", "Off")], widget=forms.Select(attrs=_SELECT))
    mode = {KeyType.INTEGER.value: "numeric", KeyType.FLOAT.value: "decimal"}.get(kind, "text")
    return forms.CharField(max_length=4096, strip=False, widget=forms.TextInput(attrs={**_INPUT, "inputmode": mode}))
