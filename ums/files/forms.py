"""Forms of files: uploading, replacing the content, and the properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from ums.core.access import Action, restrict
from ums.devices.models import Directory, DirectoryKind
from ums.devices.selectors import directory_choices
from ums.domain.protocol import MAX_DEVICE_PATH, MAX_FILE
from ums.files.models import Classification, Owner, check_device_path

if TYPE_CHECKING:
    from ums.core.errors import AppError

_INPUT = {"class": "input", "autocomplete": "off", "spellcheck": "false"}
_UPLOAD = {"class": "input"}


class Permissions(forms.CharField):
    """Permission bits as `chmod` takes them."""

    def to_python(self, value: Any) -> Any:
        """Raises ValidationError for what is not 0 to 777 in octal."""
        text = super().to_python(value)
        try:
            mode = int(text or "", 8)
        except ValueError:
            mode = -1
        if not 0 <= mode <= 0o777:
            raise ValidationError("Three octal digits, as 644.")
        return mode


class _Form(forms.Form):
    """Takes the refusals of a service beside the fields that they are about."""

    def refuse(self, error: AppError) -> None:
        """Show what a service said."""
        for name, messages in error.fields.items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)
        if not error.fields:
            self.add_error(None, error.message)


class PropertiesForm(_Form):
    """What a file is, and where and how it lies on devices."""

    name = forms.CharField(max_length=255, widget=forms.TextInput(attrs=_INPUT))
    description = forms.CharField(
        max_length=4000, required=False, widget=forms.Textarea(attrs={"class": "textarea", "rows": 2})
    )
    classification = forms.ChoiceField(
        label="Kind",
        choices=Classification.choices,
        widget=forms.Select(attrs={"class": "select"}),
        help_text="Private keys are stored encrypted, and nobody but devices can fetch them.",
    )
    device_path = forms.CharField(
        label="Path on the device",
        max_length=MAX_DEVICE_PATH,
        widget=forms.TextInput(attrs={**_INPUT, "placeholder": "/etc/ssl/certs/"}),
        help_text="Absolute. With “/” at its end the name of the uploaded file is put behind.",
    )
    mode = Permissions(
        label="Permissions",
        widget=forms.TextInput(attrs={**_INPUT, "inputmode": "numeric", "maxlength": "4"}),
        help_text="Octal, as chmod takes them: 644 lets everybody read, 600 only the owner.",
    )
    owner = forms.ChoiceField(choices=Owner.choices, widget=forms.Select(attrs={"class": "select"}))

    def clean_device_path(self) -> str:
        """The path, with the name of what is uploaded behind when it is a directory's."""
        path: str = self.cleaned_data["device_path"]
        uploaded = self.files.get("content")
        if path.endswith("/") and uploaded is not None:
            path += uploaded.name or ""
        check_device_path(path)
        return path


class UploadForm(PropertiesForm):
    """A new file."""

    content = forms.FileField(
        label="File",
        allow_empty_file=True,
        widget=forms.FileInput(attrs=_UPLOAD),
        help_text=f"{MAX_FILE // 2**20} MB at most.",
    )
    directory = forms.TypedChoiceField(coerce=int, widget=forms.Select(attrs={"class": "select"}))

    def __init__(self, *args: Any, user: Any, directory: Directory | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._user = user
        choices = directory_choices(user=user, kind=DirectoryKind.FILE)
        self.fields["directory"].choices = [  # type: ignore[attr-defined]
            (one.pk, f"{one.path} › {one.name}" if one.path else one.name) for one in choices
        ]
        self.fields["name"].required = False
        self.fields["name"].help_text = "Empty: as the uploaded file is called."
        self.initial.setdefault("directory", directory and directory.pk)
        self.initial.setdefault("mode", "644")
        self.initial.setdefault("owner", Owner.ROOT)
        self.order_fields(["content", "name", "device_path", "classification", "directory"])

    @property
    def nowhere(self) -> bool:
        """Whether the user may write in no directory of files."""
        return not self.fields["directory"].choices  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """The name of what is uploaded, unless another is given."""
        uploaded = self.files.get("content")
        return self.cleaned_data["name"] or ((uploaded.name or "")[:255] if uploaded is not None else "")

    def clean_directory(self) -> Directory:
        """The row."""
        rows = restrict(Directory.objects.filter(kind=DirectoryKind.FILE), self._user, Action.WRITE)
        return rows.get(pk=self.cleaned_data["directory"])


class ReplaceForm(_Form):
    """Another content."""

    content = forms.FileField(
        label="New content",
        allow_empty_file=True,
        widget=forms.FileInput(attrs=_UPLOAD),
        help_text=f"{MAX_FILE // 2**20} MB at most. Path, permissions and assignments stay.",
    )
