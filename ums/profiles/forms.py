"""Forms of profiles: a new one, its name and description, and where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import TextChoices

from ums.core.access import Action, restrict
from ums.core.filters import MAX_ID
from ums.devices.models import Directory
from ums.profiles.kinds import WORDS
from ums.profiles.models import Catalogue, Profile, ProfileKind, UseCase
from ums.profiles.selectors import catalogue_default
from ums.profiles.services.planning import Decision
from ums.profiles.services.profiles import DIRECTORY_KIND

if TYPE_CHECKING:
    from ums.core.errors import AppError

_INPUT = {"class": "input", "autocomplete": "off"}


class DirectoryField(forms.ModelChoiceField):
    """A directory of one tree, with its path; those that the user may write in."""

    def __init__(self, *, user: Any, kind: str) -> None:
        directories = restrict(Directory.objects.filter(kind=DIRECTORY_KIND[kind]), user, Action.WRITE)
        super().__init__(directories, empty_label=None, widget=forms.Select(attrs={"class": "select"}))
        self.choices = paths(list(directories))


def paths(directories: list[Directory]) -> list[tuple[int, str]]:
    """(id, "North › Ward 3") of each directory, in the order of the tree; unknown parents are left out."""
    known = {directory.pk: directory for directory in directories}

    def trail(directory: Directory) -> list[str]:
        names: list[str] = []
        current: Directory | None = directory
        while current is not None:
            names.append(current.name)
            current = known.get(current.parent_id or 0)
        return names[::-1]

    named = sorted((trail(directory), directory.pk) for directory in directories)
    return [(pk, " › ".join(names)) for names, pk in named]


class AppErrorForm(forms.Form):
    """Takes the refusals of a service beside the fields that they are about."""

    def refuse(self, error: AppError) -> None:
        """Show what a service said."""
        for name, messages in error.fields.items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)
        if not error.fields:
            self.add_error(None, error.message)


class PropertiesForm(AppErrorForm):
    """What a profile is called."""

    name = forms.CharField(max_length=255, widget=forms.TextInput(attrs=_INPUT))
    description = forms.CharField(
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 3}),
        help_text="What it is for. Searched by the filter of the list.",
    )


class Start(TextChoices):
    """What a new profile begins with (domain/profiles.md §1)."""

    NOTHING = "", "No settings"
    EVERYTHING = "all", "All settings"
    PROFILE = "profile", "Those of a profile"
    DEVICE = "device", "Those of a device"


class CreateForm(PropertiesForm):
    """A new profile. `kind` chooses the tree; `start` and `source` (a profile or device) what it begins with."""

    based_on = forms.ModelChoiceField(
        Catalogue.objects.none(),
        label="Based on",
        empty_label=None,
        widget=forms.Select(attrs={"class": "select"}),
        help_text="The firmware whose parameters it can set.",
    )
    overwrite_sessions = forms.BooleanField(
        required=False,
        label="Overwrite sessions",
        help_text="Devices keep only the sessions, printers and other free instances of this profile and of stronger "
        "ones; those of weaker profiles and of the device itself go.",
    )

    use_case = forms.ChoiceField(
        choices=UseCase.choices,
        label="About",
        widget=forms.Select(attrs={"class": "select"}),
        help_text="What it may set. Of each a device has one firmware customization: the closest.",
    )
    start = forms.ChoiceField(choices=Start.choices, required=False)
    source = forms.IntegerField(min_value=1, max_value=MAX_ID, required=False)

    def __init__(self, *args: Any, user: Any, kind: str, directory: Directory | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["directory"] = DirectoryField(user=user, kind=kind)
        self.fields["based_on"].queryset = Catalogue.objects.defer("definition")  # type: ignore[attr-defined]
        self.initial.setdefault("directory", directory and directory.pk)
        self.initial.setdefault("based_on", catalogue_default())
        if kind != ProfileKind.CUSTOMIZATION:
            del self.fields["use_case"]
        if not WORDS[kind].takes_all:
            del self.fields["overwrite_sessions"], self.fields["start"], self.fields["source"]
        self.order_fields(["name", "use_case", "description", "directory", "based_on", "overwrite_sessions"])

    @property
    def nowhere(self) -> bool:
        """Whether the user may write in no directory of this tree."""
        return not self.fields["directory"].choices  # type: ignore[attr-defined]


class CopyForm(PropertiesForm):
    """The copy of a profile; its directory may be of the other tree."""

    with_assignments = forms.BooleanField(required=False, label="Assign it to the same devices and directories")

    def __init__(self, *args: Any, user: Any, profile: Profile, **options: Any) -> None:
        super().__init__(*args, **options)
        both = (ProfileKind.STANDARD.value, ProfileKind.PRIORITY.value)
        kinds = both if profile.kind in both else (profile.kind,)
        field = DirectoryField(user=user, kind=kinds[0])
        field.queryset = Directory.objects.filter(kind__in=[DIRECTORY_KIND[kind] for kind in kinds])
        field.queryset = restrict(field.queryset, user, Action.WRITE)
        field.choices = paths(list(field.queryset))
        self.fields["directory"] = field
        self.initial.setdefault("directory", profile.directory_id)
        self.initial.setdefault("name", f"{profile.name[:240]} (copy)")
        self.initial.setdefault("description", profile.description)
        self.order_fields(["name", "description", "directory", "with_assignments"])


class MoveForm(AppErrorForm):
    """To which directory."""

    def __init__(self, *args: Any, user: Any, profile: Profile, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["directory"] = DirectoryField(user=user, kind=profile.kind)
        self.initial.setdefault("directory", profile.directory_id)


class ImportForm(AppErrorForm):
    """Where the profiles of a file go."""

    target = forms.ModelChoiceField(
        Directory.objects.none(),
        label="Import into",
        required=False,
        empty_label="Each into the tree of its kind",
        widget=forms.Select(attrs={"class": "select"}),
        help_text="A directory of priority profiles turns standard profiles into such, and the other way round.",
    )
    rebuild = forms.BooleanField(
        required=False,
        initial=True,
        label="Rebuild the directories of the file there",
    )
    duplicates = forms.ChoiceField(
        required=False, choices=[("", "Decide each"), *((one.value, one.value) for one in Decision)]
    )
    leave_out = forms.BooleanField(required=False)

    def __init__(self, *args: Any, user: Any, kind: str, directory: Directory | None, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["target"]
        found = {
            label: list(restrict(Directory.objects.filter(kind=DIRECTORY_KIND[one]), user, Action.WRITE))
            for one, label in ProfileKind.choices
        }
        groups = [(label, paths(rows)) for label, rows in found.items() if rows]
        field.queryset = restrict(  # type: ignore[attr-defined]
            Directory.objects.filter(kind__in=list(DIRECTORY_KIND.values())), user, Action.WRITE
        )
        field.choices = [("", field.empty_label), *groups]  # type: ignore[attr-defined]
        of_kind = [row for row in found.get(ProfileKind(kind).label, []) if row.parent_id is None]
        self.initial.setdefault("target", directory.pk if directory else next((row.pk for row in of_kind), None))

    @property
    def where(self) -> dict[str, Any]:
        """What the plan of an import depends on."""
        return {"target": self.cleaned_data["target"], "rebuild": self.cleaned_data["rebuild"]}

    @property
    def options(self) -> dict[str, Any]:
        """What the import itself takes."""
        duplicates = self.cleaned_data["duplicates"]
        return {
            **self.where,
            "duplicates": Decision(duplicates) if duplicates else None,
            "leave_out": self.cleaned_data["leave_out"],
        }
