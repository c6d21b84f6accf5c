"""What was adapted while a file was read, as sentences for an administrator."""

_EXAMPLES = 3

_SENTENCES = {
    "path": "{n} left out: the path is not one that can be stored",
    "number": "{n} with numbers above 255: those instances were left out",
    "instance": "{n} with settings of its own: all instances have the defaults of their class",
    "flattened": "{n} within another class: their instances became plain steps of the path",
    "base": "{n} named as a base and not in the file",
    "type": "{n} of an unknown type, taken as text",
    "untyped": "{n} without a type: it was chosen by the default",
    "default": "{n} whose default does not fit the type, taken as text",
    "long": "{n} left out: the default is too long",
    "control": "{n} with control characters in the default: they were removed",
    "choice": "{n} whose default was not among the choices: it was added",
    "choices": "{n} with choices that cannot be stored: those were left out",
    "bounds": "{n} whose default lies outside of the slider: it has no bounds",
    "text": "{n} with a text that was too long, and was cut",
    "unknown": "{n} shown on a page and not defined",
    "further": "{n} on no page: to be found under “Further parameters”",
    "page": "{n} without a parameter, left out",
}

_NOUNS = {
    "number": ("class", "classes"),
    "instance": ("instance", "instances"),
    "flattened": ("class", "classes"),
    "base": ("class", "classes"),
    "page": ("page", "pages"),
}


class Report:
    """Counts what was adapted, with the first few places of each kind."""

    def __init__(self) -> None:
        self._places: dict[str, dict[str, None]] = {}

    def add(self, kind: str, place: str) -> None:
        """One place; the same one again counts once."""
        self._places.setdefault(kind, {})[place] = None

    def lines(self) -> tuple[str, ...]:
        """One sentence for each kind of adaptation, always in the same order."""
        return tuple(_line(kind, list(self._places[kind])) for kind in _SENTENCES if kind in self._places)


def _line(kind: str, places: list[str]) -> str:
    one, many = _NOUNS.get(kind, ("parameter", "parameters"))
    counted = f"{len(places):,} {one if len(places) == 1 else many}"
    shown = ", ".join(place[-80:] for place in places[:_EXAMPLES])
    more = " …" if len(places) > _EXAMPLES else ""
    return f"{_SENTENCES[kind].format(n=counted)} ({shown}{more})."
