"""Forms of the console about devices. Two people who edit the same device see a merge: what one leaves alone stays."""

from __future__ import annotations

from typing import Any

from django import forms

from ums.devices.models import Device
from ums.devices.services.devices import PROPERTIES


class DevicePropertiesForm(forms.ModelForm):
    """The custom properties of a device. Each field carries what it was when the page was read."""

    class Meta:
        model = Device
        fields = PROPERTIES
        labels = {"in_service_date": "In-service date"}
        widgets = {
            "name": forms.TextInput(attrs={"data-key": "e"}),
            "in_service_date": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "comment": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True
            textarea = isinstance(field.widget, forms.Textarea)
            field.widget.attrs.setdefault("class", "textarea" if textarea else "input")
            field.widget.attrs.setdefault("autocomplete", "off")

    def clean(self) -> dict[str, Any]:
        """What was changed here and by somebody else meanwhile is asked about once."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in self.changed_data:
            stored, before = getattr(self.stored, name), self._as_read(name)
            if name in cleaned and stored not in (before, cleaned[name]):
                told = f"“{stored}”" if stored else "nothing"
                self.add_error(name, f"Somebody else changed this to {told} meanwhile. Save again to keep yours.")
                self.data = {
                    **_single(self.data),
                    self[name].html_initial_name: self.fields[name].prepare_value(stored),
                }
        return cleaned

    @property
    def stored(self) -> Device:
        """The device as it is in the database now: the form writes its values into `instance`."""
        if not hasattr(self, "_stored"):
            self._stored = Device.objects.get(pk=self.instance.pk)
        return self._stored

    @property
    def changes(self) -> dict[str, Any]:
        """The properties that were changed in this form, for the service."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def _as_read(self, name: str) -> Any:
        field = self.fields[name]
        text = field.hidden_widget().value_from_datadict(self.data, self.files, self[name].html_initial_name)
        try:
            return field.to_python(text)
        except forms.ValidationError:
            return None


def _single(data: Any) -> dict[str, Any]:
    """Sent values by name; none of these fields has several."""
    return {name: data[name] for name in data}
