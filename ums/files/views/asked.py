"""What a request names: files by id or by the filter of their list, and where in their tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import QueryDict

from ums.core.access import Action, restrict, subtree
from ums.core.errors import AppError
from ums.core.filters import like
from ums.core.ids import numbers
from ums.core.listing import FilterBar
from ums.core.rest import MAX_IDS, all_of, one_of
from ums.devices.models import Directory, DirectoryKind
from ums.devices.views.actions import given
from ums.devices.views.assigning import Candidate
from ums.domain.criteria import Criteria, Field, Kind, Pattern, Span
from ums.files.models import Classification, File, FileAssignment
from ums.files.selectors import file_list

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

FIELDS = (
    Field(
        "kind", Kind.CHOICE, "What it is", tuple((key.replace("_", "-"), name) for key, name in Classification.choices)
    ),
    Field("assigned", Kind.FLAG, "Assigned to a device or directory", (("yes", "Yes"), ("no", "No"))),
    Field("path", Kind.TEXT, "Path on the device, as /etc/ssl/*"),
    Field("changed", Kind.MOMENT, "Last change, as <7d"),
)
"""What the filter bar of the list offers."""

NO_FILE = "There is no file that you may assign. Upload one under Files."
"""Where files are picked."""


def file_of(request: HttpRequest, pk: int) -> File:
    """The file, or Http404."""
    file: File = one_of(file_list(user=request.user), pk, "file")
    return file


def directory_of(request: HttpRequest, query: QueryDict) -> Directory | None:
    """The directory of files that an address names. Raises Http404 when it may not be browsed."""
    ids = numbers(query.get("directory", ""))
    if not ids:
        return None
    directories = restrict(Directory.objects.filter(kind=DirectoryKind.FILE), request.user, Action.BROWSE)
    found: Directory = one_of(directories, ids[0], "directory")
    return found


def listed_files(request: HttpRequest, query: QueryDict, criteria: Criteria) -> QuerySet[File]:
    """What the list with this address shows."""
    directory = directory_of(request, query)
    rows = file_list(user=request.user)
    if directory is not None:
        rows = rows.filter(directory__in=subtree([directory.pk]))
    for (_, excluded), terms in criteria.by_key().items():
        wanted = Q()
        for term in terms:
            wanted |= _condition(term.field.key, term.wanted)
        rows = rows.exclude(wanted) if excluded else rows.filter(wanted)
    return with_words(rows, " ".join(criteria.words))


def with_words(rows: QuerySet[File], words: str) -> QuerySet[File]:
    """Each word is part of name, description or path."""
    for word in words.split()[:10]:
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word) | Q(device_path__icontains=word))
    return rows


def _condition(key: str, wanted: Any) -> Q:
    if isinstance(wanted, Pattern):
        return like("device_path", wanted)
    if isinstance(wanted, Span):
        condition = Q(pk__isnull=wanted.never)
        condition &= Q(updated_at__gte=wanted.start) if wanted.start else Q()
        return condition & (Q(updated_at__lt=wanted.end) if wanted.end else Q())
    if key == "kind":
        return Q(classification=str(wanted).replace("-", "_"))
    used = Q(pk__in=FileAssignment.objects.values("file"))
    return used if wanted else ~used


def chosen_files(request: HttpRequest) -> list[File]:
    """The files named by `file` (repeated) or `ids`, or with `all` all that the filter of the list shows."""
    asked = given(request)
    if not asked.get("all"):
        ids = numbers(",".join([asked.get("ids", ""), *asked.getlist("file")]))
        return all_of(file_list(user=request.user), ids, "file")
    query = QueryDict(asked.get("filter", ""))
    bar = FilterBar(query, FIELDS)
    if bar.error:
        raise AppError("filter_invalid", bar.error)
    found = list(listed_files(request, query, bar.criteria)[: MAX_IDS + 1])
    if len(found) > MAX_IDS:
        raise AppError("too_many", f"At most {MAX_IDS:,} files can be taken at once; narrow the filter.")
    return found


def candidate_of(file: File) -> Candidate:
    """A file that can be ticked."""
    return Candidate("file", file.pk, file.name, "file-key" if file.secret else "file", file.device_path)


def in_words(files: list[File]) -> str:
    """For titles and toasts."""
    return f"“{files[0].name}”" if len(files) == 1 else f"{len(files):,} files"
