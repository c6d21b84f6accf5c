"""Forms of linked directories and of what holds for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from swp.addresses import texts_in
from swp.certificates import certificates_of
from swp.models import LinkedDirectory, SharedWorkplaceSettings
from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swp.certificates import Trusted

_INPUT = {"class": "input", "autocomplete": "off", "spellcheck": "false"}


class Lines(forms.CharField):
    """A list of texts that is written with semicolons."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=10_000, **options)

    def prepare_value(self, value: Any) -> Any:
        """As one line."""
        return "; ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Its parts."""
        return value if isinstance(value, list) else texts_in(super().to_python(value) or "")


class DirectoryForm(forms.Form):
    """Everything of a linked directory; certificates are check boxes `pem`, a ticked one is trusted."""

    kind = forms.ChoiceField(choices=LinkedDirectory.Kind.choices, initial=LinkedDirectory.Kind.AD)
    domain_name = forms.CharField(
        label="Domain Name",
        max_length=253,
        help_text="The DNS name of the domain, like corp.example.com.",
        widget=forms.TextInput(attrs=_INPUT),
    )
    netbios_name = forms.CharField(
        label="NetBIOS name",
        max_length=15,
        required=False,
        help_text="The first part of CORP\\user. A test of the connection finds it.",
        widget=forms.TextInput(attrs=_INPUT),
    )
    controllers = Lines(
        label="Domain Controller(s)",
        help_text="In the order in which they are tried, with semicolons between: dc1.corp.example.com; "
        "dc2.corp.example.com:636. With LDAPS give names, not addresses: certificates are made for names.",
        widget=forms.Textarea(attrs={**_INPUT, "class": "textarea short", "rows": 2}),
    )
    ldaps = forms.BooleanField(
        label="Use LDAPS connection",
        required=False,
        initial=True,
        help_text="Port 636, encrypted. Without it passwords cross the network readable, and most domains refuse them.",
    )
    page_size = forms.IntegerField(
        label="Page Size",
        min_value=1,
        max_value=5000,
        initial=1000,
        help_text="Objects that the directory sends at once. Active Directory sends 1000 at most.",
        widget=forms.NumberInput(attrs=_INPUT),
    )
    base_dn = forms.CharField(
        label="Base DN",
        max_length=1000,
        required=False,
        help_text="Where searches begin. Empty: made from the domain name, DC=corp,DC=example,DC=com.",
        widget=forms.TextInput(attrs=_INPUT),
    )
    browse_user = forms.CharField(
        label="User name",
        max_length=1000,
        required=False,
        help_text="user@corp.example.com, CORP\\user or a DN. It needs to read, nothing more.",
        widget=forms.TextInput(attrs={**_INPUT, "autocapitalize": "none"}),
    )
    browse_password = forms.CharField(
        label="Password",
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}, render_value=False),
    )
    upn_suffixes = Lines(
        label="UPN Suffixes",
        required=False,
        help_text="Other endings of user names that mean this domain, semicolons between: example.com; example.net.",
        widget=forms.TextInput(attrs=_INPUT),
    )

    def __init__(self, *args: Any, directory: LinkedDirectory | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.directory = directory
        stored = directory is not None and bool(directory.sealed_browse_password)
        self.fields["browse_password"].help_text = (
            "One is stored. Leave this empty to keep it; an empty user name removes it." if stored else ""
        )

    @classmethod
    def of(cls, directory: LinkedDirectory) -> DirectoryForm:
        """Filled with what is stored, but for the password."""
        names = cls.base_fields.keys() - {"browse_password"}
        return cls(initial={name: getattr(directory, name) for name in names}, directory=directory)

    @property
    def trusted(self) -> list[Trusted]:
        """The certificates to show: those that are ticked, or stored. What cannot be read is left out."""
        try:
            return certificates_of(self.pems)
        except AppError:
            return []

    @property
    def pems(self) -> list[str]:
        """The certificates as texts."""
        if self.is_bound:
            return list(self.data.getlist("pem"))  # type: ignore[attr-defined]
        return [one.pem for one in self.directory.certificates.all()] if self.directory else []

    def arguments(self) -> dict[str, Any]:
        """What `directory_link` and `directory_change` take. An empty password of a stored account stays."""
        given: dict[str, Any] = {**self.cleaned_data, "certificates": self.pems}
        if self.directory is not None and not given["browse_password"]:
            given["browse_password"] = None
        return given

    def complain(self, error: AppError) -> None:
        """Show a refusal beside the fields that it names."""
        told = complaints(self, error.fields)
        if not told:
            self.add_error(None, error.message)


class SettingsForm(forms.ModelForm):
    """What holds for all linked directories."""

    class Meta:
        model = SharedWorkplaceSettings
        fields = ("all_domains", "refresh_minutes", "history_days")
        widgets: ClassVar = {
            "refresh_minutes": forms.NumberInput(attrs={"class": "input", "min": 0, "max": 10_080}),
            "history_days": forms.NumberInput(attrs={"class": "input", "min": 1, "max": 36_500}),
        }


def complaints(form: forms.BaseForm, fields: Mapping[str, list[str]]) -> bool:
    """Put messages beside the fields that they are about, others above the form; whether there were any."""
    for name, messages in fields.items():
        form.add_error(name if name in form.fields else None, messages)
    return bool(fields)
