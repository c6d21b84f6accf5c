"""Reads the catalogue file format "ums-catalogue/1" (docs/catalogues.md). Everything is bounded and checked."""

import re
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast, get_args

from ums.domain.parameters.catalogue import Catalogue, CatalogueError, InstanceClass, Page
from ums.domain.parameters.parameter import (
    MAX_INTEGER,
    USE_CASES,
    Parameter,
    ParameterError,
    ParameterType,
    Value,
    check_pattern,
    clean_text,
)

FORMAT = "ums-catalogue/1"
MAX_PARAMETERS = 20_000
MAX_CONCRETE = 50_000
MAX_PAGES = 2_000
MAX_PAGE_DEPTH = 8
MAX_CLASSES = 1_000
MAX_INDEX = 255
MAX_CHOICES = 1_000
MAX_PATH = 200
MAX_TITLE = 100
MAX_LABEL = 200
MAX_HELP = 4_000
MAX_CHOICE = 500

_TYPES = frozenset(get_args(ParameterType))
_NUMBERS = frozenset({"integer", "float"})
_PATH = re.compile(r"[A-Za-z0-9_-]{1,64}%?(?:\.[A-Za-z0-9_-]{1,64}%?){0,15}")
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_CLASS_FIELDS = frozenset({"path", "kind", "label", "indices", "name_parameter"})
_PARAMETER_FIELDS = frozenset(Parameter.__dataclass_fields__)


def is_path(text: str) -> bool:
    """Whether this may be the path of a parameter or of a class."""
    return len(text) <= MAX_PATH and _PATH.fullmatch(text) is not None


def parse_catalogue(data: object) -> Catalogue:
    """Build a catalogue from decoded JSON. Raises CatalogueError, and nothing else, for anything wrong in it."""
    root = _object(data, "The file")
    _known(root, frozenset({"format", "name", "version", "os", "pages", "classes", "parameters"}), "The file")
    if root.get("format") != FORMAT:
        raise CatalogueError(f'The file must say "format": "{FORMAT}".')
    pages = _pages(root.get("pages"))
    classes = _classes(root.get("classes", []))
    parameters = _parameters(root.get("parameters"), pages, classes)
    _check_classes(classes, parameters)
    return Catalogue(
        name=_text(root, "name", "The file", limit=100, required=True),
        version=_text(root, "version", "The file", limit=50, required=True),
        os=_text(root, "os", "The file", limit=50, required=True),
        pages=MappingProxyType(pages),
        parameters=MappingProxyType(parameters),
        classes=MappingProxyType(classes),
    )


def _pages(data: object) -> dict[str, Page]:
    pages: dict[str, Page] = {}
    for number, item in enumerate(_list(data, "pages", MAX_PAGES)):
        where = f"pages[{number}]"
        entry = _object(item, where)
        _known(entry, frozenset({"id", "title", "parent"}), where)
        page_id = _text(entry, "id", where, limit=100, required=True)
        if not _ID.fullmatch(page_id) or page_id in pages:
            raise CatalogueError(f'{where}: "id" must be unique and consist of small letters, digits and ".-_".')
        parent = entry.get("parent")
        if parent is not None and not isinstance(parent, str):
            raise CatalogueError(f'{where}: "parent" must be the id of a page, or null.')
        pages[page_id] = Page(page_id, _text(entry, "title", where, limit=MAX_TITLE, required=True), parent)
    for page in pages.values():
        _check_ancestors(page, pages)
    return pages


def _check_ancestors(page: Page, pages: dict[str, Page]) -> None:
    current = page
    for _ in range(MAX_PAGE_DEPTH):
        if current.parent is None:
            return
        if current.parent not in pages:
            raise CatalogueError(f'Page "{current.id}": its parent does not exist.')
        current = pages[current.parent]
    raise CatalogueError(f'Page "{page.id}" lies more than {MAX_PAGE_DEPTH} levels deep, or below itself.')


def _classes(data: object) -> dict[str, InstanceClass]:
    classes: dict[str, InstanceClass] = {}
    for number, item in enumerate(_list(data, "classes", MAX_CLASSES)):
        where = f"classes[{number}]"
        entry = _object(item, where)
        _known(entry, _CLASS_FIELDS, where)
        path = _path(entry, where)
        if path.count("%") != 1 or not path.endswith("%") or path in classes:
            raise CatalogueError(f'{where}: "path" must be unique and hold one "%", at its end.')
        kind = entry.get("kind")
        if kind not in ("free", "fixed"):
            raise CatalogueError(f'{where}: "kind" must be "free" or "fixed".')
        classes[path] = InstanceClass(
            path=path,
            kind="free" if kind == "free" else "fixed",
            label=_text(entry, "label", where, limit=MAX_TITLE, required=True),
            indices=_indices(entry.get("indices", []), kind == "fixed", where),
            name_parameter=_text(entry, "name_parameter", where, limit=200) or "name",
        )
    return classes


def _indices(data: object, fixed: bool, where: str) -> tuple[int, ...]:
    indices = _list(data, f"{where}.indices", MAX_INDEX + 1)
    valid = all(type(index) is int and 0 <= index <= MAX_INDEX for index in indices)
    if not valid or len(set(indices)) != len(indices) or bool(indices) != fixed:
        raise CatalogueError(
            f'{where}: "indices" must list different numbers from 0 to {MAX_INDEX} for a fixed class, '
            "and be absent for a free one."
        )
    return tuple(cast(list[int], indices))


def _parameters(data: object, pages: dict[str, Page], classes: dict[str, InstanceClass]) -> dict[str, Parameter]:
    parameters: dict[str, Parameter] = {}
    for number, item in enumerate(_list(data, "parameters", MAX_PARAMETERS)):
        where = f"parameters[{number}]"
        entry = _object(item, where)
        path = _path(entry, where)
        where = f'Parameter "{path}"'
        _known(entry, _PARAMETER_FIELDS, where)
        if path in parameters:
            raise CatalogueError(f"{where} is there twice.")
        if "%" in path and (path.count("%") != 1 or path[: path.index("%") + 1] not in classes or path[-1] == "%"):
            raise CatalogueError(f'{where}: what stands before "%" must be one of the classes, followed by a name.')
        parameter = _parameter(entry, path, where)
        if parameter.page not in pages:
            raise CatalogueError(f'{where}: "page" must be the id of a page.')
        parameters[path] = parameter
    return parameters


def _parameter(entry: dict[str, Any], path: str, where: str) -> Parameter:
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise CatalogueError(f'{where}: "type" must be one of {", ".join(sorted(_TYPES))}.')
    if "default" not in entry:
        raise CatalogueError(f'{where}: "default" is missing.')
    parameter = Parameter(
        path=path,
        type=cast(ParameterType, kind),
        default="",
        label=_text(entry, "label", where, limit=MAX_LABEL, required=True),
        help=_text(entry, "help", where, limit=MAX_HELP, multiline=True),
        page=_text(entry, "page", where, limit=100, required=True),
        group=_text(entry, "group", where, limit=MAX_TITLE),
        choices=_choices(entry.get("choices", []), kind, where),
        minimum=_bound(entry, "minimum", kind, where),
        maximum=_bound(entry, "maximum", kind, where),
        pattern=_pattern(entry, kind, where),
        runtime=_flag(entry, "runtime", where, absent=True),
        system_setting=_flag(entry, "system_setting", where),
        machinespecific=_flag(entry, "machinespecific", where),
        secret=_flag(entry, "secret", where),
        use_case=_use_case(entry, where),
    )
    try:
        default: Value = parameter.clean(entry["default"])
    except ParameterError as error:
        raise CatalogueError(f"{where}: its default is refused by its own rules. {error}") from error
    return replace(parameter, default=default)


def _choices(data: object, kind: str, where: str) -> tuple[tuple[str, str], ...]:
    choices: dict[str, str] = {}
    for item in _list(data, f"{where}: choices", MAX_CHOICES):
        if not isinstance(item, list) or len(item) != 2 or not all(isinstance(text, str) for text in item):
            raise CatalogueError(f'{where}: each of "choices" must be a pair ["value", "label"].')
        value, label = (_line(text, "choices", where, limit=MAX_CHOICE) for text in item)
        if value in choices:
            raise CatalogueError(f'{where}: a value is there twice in "choices".')
        choices[value] = label
    if bool(choices) != (kind == "range") and kind != "editable":
        raise CatalogueError(
            f'{where}: "choices" are needed by the type range, possible with editable, and for no other.'
        )
    return tuple(choices.items())


def _bound(entry: dict[str, Any], field: str, kind: str, where: str) -> int | float | None:
    bound = entry.get(field)
    if bound is None:
        return None
    if kind not in _NUMBERS or type(bound) not in (int, float) or not abs(bound) <= MAX_INTEGER:
        raise CatalogueError(f'{where}: "{field}" must be a number, and only for the types integer and float.')
    return cast(int | float, bound)


def _pattern(entry: dict[str, Any], kind: str, where: str) -> str:
    pattern = _text(entry, "pattern", where, limit=500)
    if pattern:
        if kind not in ("string", "editable"):
            raise CatalogueError(f'{where}: "pattern" is only for the types string and editable.')
        try:
            check_pattern(pattern)
        except ParameterError as error:
            raise CatalogueError(f"{where}: {error}") from error
    return pattern


def _use_case(entry: dict[str, Any], where: str) -> str:
    use_case = _text(entry, "use_case", where, limit=16)
    if use_case and use_case not in USE_CASES:
        raise CatalogueError(f'{where}: "use_case" must be one of {", ".join(USE_CASES)}.')
    return use_case


def _check_classes(classes: dict[str, InstanceClass], parameters: dict[str, Parameter]) -> None:
    sizes = dict.fromkeys(classes, 0)
    taken = {path for path in parameters if "%" not in path}
    for path, parameter in parameters.items():
        if "%" in path:
            sizes[parameter.class_path] += 1
    for cls in classes.values():
        if not sizes[cls.path]:
            raise CatalogueError(f'Class "{cls.path}" has no parameter.')
        if cls.kind == "free" and f"{cls.path}.{cls.name_parameter}" not in parameters:
            raise CatalogueError(f'Class "{cls.path}" needs the parameter "{cls.path}.{cls.name_parameter}".')
    if sum(sizes[cls.path] * len(cls.indices) for cls in classes.values()) > MAX_CONCRETE:
        raise CatalogueError(f"The fixed instances have more than {MAX_CONCRETE} parameters in all.")
    for parameter in parameters.values():
        if "%" in parameter.path:
            paths = {parameter.path.replace("%", str(index)) for index in classes[parameter.class_path].indices}
            if paths & taken:
                raise CatalogueError(f'Parameter "{parameter.path}": one of its instances has the path of another.')
            taken |= paths


def _object(data: object, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise CatalogueError(f"{where} must be an object.")
    return data


def _list(data: object, where: str, limit: int) -> list[object]:
    if not isinstance(data, list):
        raise CatalogueError(f"{where} must be a list.")
    if len(data) > limit:
        raise CatalogueError(f"{where} has {len(data)} entries; at most {limit} are allowed.")
    return data


def _known(entry: dict[str, Any], fields: frozenset[str], where: str) -> None:
    if not entry.keys() <= fields:
        unknown = str(min(entry.keys() - fields))[:50]
        raise CatalogueError(f"{where}: unknown field {unknown!r}; known are {', '.join(sorted(fields))}.")


def _path(entry: dict[str, Any], where: str) -> str:
    path = entry.get("path")
    if not isinstance(path, str) or not is_path(path):
        raise CatalogueError(
            f'{where}: "path" must be names of letters, digits, "-" and "_", separated by ".", '
            f"at most {MAX_PATH} characters."
        )
    return path


def _text(
    entry: dict[str, Any], field: str, where: str, *, limit: int, required: bool = False, multiline: bool = False
) -> str:
    text = entry.get(field, "")
    if not isinstance(text, str):
        raise CatalogueError(f'{where}: "{field}" must be a text.')
    text = _line(text, field, where, limit=limit, multiline=multiline)
    if required and not text.strip():
        raise CatalogueError(f'{where}: "{field}" is missing.')
    return text


def _line(text: str, field: str, where: str, *, limit: int, multiline: bool = False) -> str:
    if len(text) > limit:
        raise CatalogueError(f'{where}: "{field}" has more than {limit} characters.')
    try:
        return clean_text(text, multiline=multiline)
    except ParameterError as error:
        raise CatalogueError(f'{where}: "{field}": {error}') from error


def _flag(entry: dict[str, Any], field: str, where: str, *, absent: bool = False) -> bool:
    flag = entry.get(field, absent)
    if not isinstance(flag, bool):
        raise CatalogueError(f'{where}: "{field}" must be true or false.')
    return flag
