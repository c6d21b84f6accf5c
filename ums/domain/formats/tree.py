"""A directory with exported profiles, their assignments and template keys, as a version control system keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ums.domain.formats.archive import file_name
from ums.domain.formats.exchange import MAX_FILE, MAX_PROFILES, ExchangedCatalogue, ExchangedProfile, ExchangeError
from ums.domain.formats.files import read_file
from ums.domain.formats.templates import ExchangedTemplates, read_templates, write_templates
from ums.domain.formats.text import (
    ASSIGNMENTS_FILE,
    TEMPLATES_FILE,
    ExchangedAssignments,
    line_of,
    read_assignments,
    write_assignments,
    write_profile,
)

SUFFIXES = (".toml", ".ipm", ".xml")


@dataclass(frozen=True, slots=True)
class Filed:
    """A profile and the file that it stands in."""

    profile: ExchangedProfile
    file: Path

    def place(self, key: str = "") -> str:
        """The file with the line of a value, for an error message."""
        if self.file.suffix != ".toml":
            return str(self.file)
        return f"{self.file}:{line_of(self.file.read_text(errors='replace'), key) if key else 1}"


@dataclass(frozen=True, slots=True)
class Tree:
    """What the files of a directory say. `assignments`, `templates` None: there is no file about them."""

    profiles: tuple[Filed, ...]
    catalogues: tuple[ExchangedCatalogue, ...] = ()
    assignments: tuple[ExchangedAssignments, ...] | None = None
    assignments_file: Path = Path(ASSIGNMENTS_FILE)
    templates: ExchangedTemplates | None = None
    templates_file: Path = Path(TEMPLATES_FILE)


def read_tree(directory: Path) -> Tree:
    """All files below a directory. Raises ExchangeError whose message begins with “file:line: ”."""
    if not directory.is_dir():
        raise ExchangeError("There is no such directory.", where=str(directory))
    profiles: list[Filed] = []
    catalogues: list[ExchangedCatalogue] = []
    assignments: tuple[ExchangedAssignments, ...] | None = None
    templates: ExchangedTemplates | None = None
    assigned, keyed = directory / ASSIGNMENTS_FILE, directory / TEMPLATES_FILE
    for path in sorted(directory.rglob("*")):
        if (
            path.suffix not in SUFFIXES
            or not path.is_file()
            or any(part.startswith(".") for part in path.relative_to(directory).parts)
        ):
            continue
        try:
            data = _read(path)
            if path == assigned:
                assignments = read_assignments(data, "")
                continue
            if path == keyed:
                templates = read_templates(data, "")
                continue
            exchange = read_file(data)[1]
        except ExchangeError as error:
            raise ExchangeError(str(error), where=f"{path}:{error.line or 1}", line=error.line) from None
        profiles += [Filed(profile, path) for profile in exchange.profiles]
        catalogues += exchange.catalogues
        if len(profiles) > MAX_PROFILES:
            raise ExchangeError(f"More than {MAX_PROFILES:,} profiles.", where=str(directory))
    if not profiles and assignments is None and templates is None:
        raise ExchangeError("There are no exported profiles here.", where=str(directory))
    return Tree(tuple(profiles), tuple(catalogues), assignments, assigned, templates, keyed)


def write_tree(
    directory: Path,
    profiles: list[ExchangedProfile],
    assignments: list[ExchangedAssignments] | None,
    templates: ExchangedTemplates | None = None,
) -> list[Path]:
    """Write one file for each profile, one for the assignments, one for template keys; returns them. Raises OSError."""
    folder = directory / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    written = []
    for profile in profiles:
        written.append(folder / file_name(profile.name, taken, ".toml"))
        written[-1].write_bytes(write_profile(profile))
    if assignments is not None:
        written.append(directory / ASSIGNMENTS_FILE)
        written[-1].write_bytes(write_assignments(assignments))
    if templates is not None:
        written.append(directory / TEMPLATES_FILE)
        written[-1].write_bytes(write_templates(templates))
    return written


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise ExchangeError(f"The file is larger than {MAX_FILE // 2**20} MB.")
        return path.read_bytes()
    except OSError as error:
        raise ExchangeError(f"The file cannot be read: {error.strerror}") from None
