"""Forms of first-authentication keys."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms

from ums.connector.models import EnrolmentKey
from ums.connector.services.keys import MAX_COUNT
from ums.connector.unit_id_list import unit_ids_in
from ums.core.access import Action, restrict
from ums.devices.models import Directory, DirectoryKind

if TYPE_CHECKING:
    from datetime import date

    from ums.core.errors import AppError

Kind = EnrolmentKey.Kind

LAST_YEAR = 9998
"""Of a key's last day: a moment after it must exist."""


class DirectoryField(forms.ModelChoiceField):
    """A picker of the device directories that somebody may put devices into, each with the way to it."""

    def __init__(self) -> None:
        super().__init__(
            Directory.objects.none(),
            label="Directory",
            required=False,
            empty_label="The root directory",
            help_text="Where new devices go that come with the key.",
            widget=forms.Select(attrs={"class": "select"}),
        )
        self._paths: dict[int, str] = {}

    def offer(self, user: Any) -> None:
        """Fill it for `user`: two queries, however many directories there are."""
        known = Directory.objects.filter(kind=DirectoryKind.DEVICE).values_list("pk", "parent_id", "name")
        nodes: dict[int, tuple[int | None, str]] = {pk: (parent, name) for pk, parent, name in known}
        self._paths = {pk: _path(pk, nodes) for pk in nodes}
        writable = restrict(Directory.objects.filter(kind=DirectoryKind.DEVICE), user, Action.WRITE)
        self.queryset = writable
        rows = sorted(((self._paths[row.pk], row.pk) for row in writable.order_by()), key=lambda row: row[0].casefold())
        self.choices = [("", self.empty_label or ""), *((pk, path) for path, pk in rows)]


def _path(pk: int, nodes: dict[int, tuple[int | None, str]]) -> str:
    names: list[str] = []
    at: int | None = pk
    while at is not None and at in nodes and len(names) < 100:
        at, name = nodes[at]
        names.append(name)
    return " / ".join(reversed(names))


class KeyForm(forms.Form):
    """Name, directory and end of a key."""

    name = forms.CharField(
        max_length=90,
        help_text="Tells you later what the key is for.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    directory = DirectoryField()
    last_day = forms.DateField(
        label="Valid until",
        required=False,
        help_text="The last day (UTC). Empty: no end.",
        widget=forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["directory"].offer(user)  # type: ignore[attr-defined]

    def complain(self, error: AppError) -> None:
        """Show a refusal of the service beside the fields that it names."""
        names = {"expires_at": "last_day"}
        beside = {names.get(name, name): messages for name, messages in error.fields.items()}
        for name, messages in beside.items():
            self.add_error(name if name in self.fields else None, messages)
        if not beside:
            self.add_error(None, error.message)

    def expires_at(self, key: EnrolmentKey | None = None) -> datetime | None:
        """The end of the last day; the moment that `key` has when the day is the same."""
        day: date | None = self.cleaned_data["last_day"]
        if key is not None and day == last_day(key):
            return key.expires_at
        return datetime.combine(day, time(), UTC) + timedelta(days=1) if day else None

    def clean_last_day(self) -> date | None:
        """The moment after the last day must be one that there is."""
        day: date | None = self.cleaned_data["last_day"]
        if day is not None and day.year > LAST_YEAR:
            raise forms.ValidationError(f"Enter a day up to the year {LAST_YEAR}, or none for no end.")
        return day


class NewKeysForm(KeyForm):
    """What is asked for new keys. Fields that do not belong to the kind are hidden in the page and not looked at."""

    kind = forms.ChoiceField(choices=Kind.choices, initial=Kind.ONE_TIME, widget=forms.RadioSelect)
    count = forms.IntegerField(
        label="How many",
        initial=1,
        min_value=1,
        max_value=MAX_COUNT,
        widget=forms.NumberInput(attrs={"class": "input"}),
    )
    unit_ids = forms.CharField(
        label="Unit IDs",
        help_text="One below the other, or CSV with a column “unit id”. Each gets a key of its own.",
        widget=forms.Textarea(attrs={"class": "textarea mono", "rows": 5, "spellcheck": "false"}),
    )
    text = forms.CharField(
        label="Text of the key",
        required=False,
        max_length=200,
        help_text="Your own text, 16 characters or more. Empty: a random one, which is safer.",
        widget=forms.TextInput(attrs={"class": "input mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    # The browser would insist on fields that the kind hides.
    use_required_attribute = False
    field_order = ("kind", "name", "count", "unit_ids", "text", "directory", "last_day")

    def clean(self) -> dict[str, Any]:
        """Errors of fields that are hidden do not count."""
        data = super().clean() or {}
        own = {Kind.ONE_TIME: "count", Kind.BOUND: "unit_ids", Kind.MASS: "text"}.get(data.get("kind", ""))
        for name in {"count", "unit_ids", "text"} - {own}:
            self.errors.pop(name, None)
        return data

    def arguments(self) -> dict[str, Any]:
        """What `enrolment_keys_create` takes."""
        data = self.cleaned_data
        own: dict[str, dict[str, Any]] = {
            Kind.ONE_TIME: {"count": data.get("count", 1)},
            Kind.BOUND: {"unit_ids": unit_ids_in(data.get("unit_ids", ""))},
            Kind.MASS: {"text": data.get("text", "")},
        }
        return {
            "kind": data["kind"],
            "name": data["name"],
            "directory": data["directory"],
            "expires_at": self.expires_at(),
            **own[data["kind"]],
        }


def last_day(key: EnrolmentKey) -> date | None:
    """The last day on which a key holds."""
    return (key.expires_at.astimezone(UTC) - timedelta(microseconds=1)).date() if key.expires_at else None
