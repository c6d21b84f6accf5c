"""Which files reach devices: read for many devices at once, and not at all while no file is assigned to anything.

The rules are in `ums.domain.files`. What reaches a device is in its `Plan`, so that equal plans have equal results.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Exists, Q

from ums.core.among import among
from ums.core.crypto import derived_key
from ums.domain.files import Reaching, placed
from ums.domain.protocol import FileEntry, encode
from ums.files.models import FileAssignment
from ums.profiles.models import ProfileFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ums.effective.layers import Part


def files_in_use() -> Exists:
    """Whether any file is assigned to anything: asked along with another query."""
    return Exists(FileAssignment.objects.all()) | Exists(ProfileFile.objects.all())  # type: ignore[return-value]


_FILE = ("pk", "name", "device_path", "content", "size", "mode", "owner")
_COLUMNS = tuple(f"file__{name}" for name in _FILE)


class Files:
    """The files of some devices: two queries, or none."""

    def __init__(
        self, device_ids: Collection[int], directory_ids: Collection[int], profile_ids: Collection[int], *, used: bool
    ) -> None:
        """`used`: what `files_in_use` said."""
        self._on_device: dict[int, list[Reaching]] = defaultdict(list)
        self._on_directory: dict[int, list[tuple[tuple[object, ...], str]]] = defaultdict(list)
        self._with_profile: dict[int, list[tuple[object, ...]]] = defaultdict(list)
        if not used:
            return
        where = Q(device__in=among(device_ids)) | Q(directory__in=directory_ids)
        rows = FileAssignment.objects.filter(where).order_by()
        for device, directory, place, *file in rows.values_list(
            "device_id", "directory_id", "directory__name", *_COLUMNS
        ):
            if device is not None:
                self._on_device[device].append(_reaching(file, 0, place="the device"))
            else:
                self._on_directory[directory].append((tuple(file), place))
        for profile, *file in (
            ProfileFile.objects.filter(profile__in=profile_ids).order_by().values_list("profile_id", *_COLUMNS)
        ):
            self._with_profile[profile].append(tuple(file))

    @property
    def on_devices(self) -> Collection[int]:
        """Devices that have files of their own: they share no plan with others of their directory."""
        return self._on_device.keys()

    def reaching(self, device_id: int, directories: Iterable[int], parts: Sequence[Part]) -> tuple[Reaching, ...]:
        """What reaches a device in the `directories` (from its own up to the root) with these profiles."""
        if not (self._on_device or self._on_directory or self._with_profile):
            return ()
        found = list(self._on_device.get(device_id, ()))
        for distance, directory in enumerate(directories, start=1):
            for file, place in self._on_directory.get(directory, ()):
                found.append(_reaching(file, distance, place=f"directory {place}"))
        for part in _counting(parts):
            for file in self._with_profile.get(part.profile_id, ()):
                found.append(_reaching(file, part.distance, part.profile_id, part.label, part.place))
        return tuple(sorted(found, key=lambda one: (one.path, one.strength)))


def entries(reaching: Iterable[Reaching]) -> list[FileEntry]:
    """The files as they are told to the device."""
    return [
        FileEntry(one.path, one.sha256, one.size, one.mode, one.owner, one.name)
        for one in (decided.winner for decided in placed(reaching))
    ]


def tag_with_files(tag: str, files: list[FileEntry]) -> str:
    """The name of a result whose settings are named by `tag`; without files it is the same."""
    if not files:
        return tag
    return hashlib.blake2b(encode((tag, files)), digest_size=16, key=derived_key("settings tag")).hexdigest()


def _counting(parts: Sequence[Part]) -> list[Part]:
    """The profiles that take effect: of customizations of one use case the closest, then the newest (vector 32)."""
    strongest: dict[str, Part] = {}
    for part in parts:
        best = strongest.get(part.use_case)
        if best is None or (part.distance, -part.profile_id) < (best.distance, -best.profile_id):
            strongest[part.use_case] = part
    return [part for part in parts if not part.use_case or part is strongest[part.use_case]]


def _reaching(file: Sequence[object], distance: int, profile: int = 0, label: str = "", place: str = "") -> Reaching:
    pk, name, path, sha256, size, mode, owner = file
    return Reaching(path, distance, pk, name, sha256, size, mode, owner, profile, label, place)  # type: ignore[arg-type]
