"""Choosing a directory in a dialog: a searchable tree of those that one may write to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from ums.core.access import Action, restrict
from ums.core.errors import AppError
from ums.devices.models import Directory, DirectoryKind
from ums.devices.selection import id_of
from ums.devices.selectors import DirectoryChoice, directory_choices

if TYPE_CHECKING:
    from collections.abc import Collection

SHOWN = 200


def picker(
    user: Any, kind: str, *, chosen: int | None = None, text: str = "", without: Collection[int] = ()
) -> dict[str, Any]:
    """Context of devices/_picker.html. `without`: subtrees that are no targets (a directory cannot go into itself)."""
    choices: list[DirectoryChoice] = directory_choices(user=user, kind=kind, text=text, without=without)
    return {
        "choices": choices[:SHOWN],
        "choices_more": max(0, len(choices) - SHOWN),
        "picker_url": reverse("devices:directory_picker"),
        "picker_kind": kind,
        "picker_chosen": chosen,
        "picker_without": ",".join(map(str, without)),
        "picker_text": text,
    }


def picked(user: Any, text: str, kind: str) -> Directory:
    """The directory that was chosen. Raises AppError `no_directory` when none was, or it is not there."""
    directories = restrict(Directory.objects.filter(kind=DirectoryKind(kind)), user, Action.BROWSE)
    directory = directories.filter(pk=id_of(text) or 0).first()
    if directory is None:
        message = "Choose a directory."
        raise AppError("no_directory", message, fields={"directory": [message]})
    return directory
