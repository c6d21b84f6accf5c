"""One parameter, and how a value for it is checked."""

import functools
import ipaddress
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias

Value: TypeAlias = bool | int | float | str
ParameterType: TypeAlias = Literal["string", "bool", "integer", "float", "range", "editable", "ip", "multiline"]

USE_CASES = ("wallpaper", "bootsplash", "screensaver", "taskbar")
"""What firmware customizations are about (domain/profiles.md §1)."""

# Whole numbers that every JSON reader, browsers included, keeps exactly.
MAX_INTEGER = 2**53 - 1
MAX_LINE = 4_096
MAX_MULTILINE = 65_536
# Long enough for any name; keeps a badly written pattern from costing time (see check_pattern).
MAX_PATTERN_VALUE = 255
MAX_PATTERN = 200
_MAX_NUMBER_TEXT = 40
_CHOICES_IN_MESSAGE = 12

_TRUE = frozenset({"true", "1", "on", "yes"})
_FALSE = frozenset({"false", "0", "off", "no"})


class ParameterError(ValueError):
    """A value that the parameter refuses; the message tells an administrator what to enter."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting that a firmware knows. Members of an instance class hold "%" in their path."""

    path: str
    type: ParameterType
    default: Value
    label: str
    help: str
    page: str
    group: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int | float | None = None
    maximum: int | float | None = None
    pattern: str = ""
    runtime: bool = True
    system_setting: bool = False
    machinespecific: bool = False
    secret: bool = False
    use_case: str = ""
    """One of USE_CASES: firmware customizations of that use case set it. Catalogues need not name any."""

    @property
    def class_path(self) -> str:
        """Path of the instance class that the parameter belongs to, "" for a plain parameter."""
        return self.path[: self.path.index("%") + 1] if "%" in self.path else ""

    @property
    def relative(self) -> str:
        """Name within an instance ("server"); the whole path for a plain parameter."""
        return self.path[self.path.index("%") + 2 :] if "%" in self.path else self.path

    def clean(self, raw: object) -> Value:
        """Return `raw` as a value of the parameter's type; cleaning a cleaned value changes nothing.

        Raises ParameterError with a message for the administrator.
        """
        match self.type:
            case "bool":
                return _clean_bool(raw)
            case "integer":
                return self._clean_integer(raw)
            case "float":
                return self._clean_float(raw)
            case "range":
                return self._clean_choice(raw)
            case "ip":
                return _clean_ip(raw)
            case "multiline":
                return clean_text(raw, multiline=True)
            case "string" | "editable":
                return self._clean_line(raw)

    def _clean_integer(self, raw: object) -> int:
        number: int | None = None
        if isinstance(raw, int) and not isinstance(raw, bool):
            number = raw
        elif isinstance(raw, float) and raw.is_integer():
            number = int(raw)
        elif isinstance(raw, str) and len(raw) <= _MAX_NUMBER_TEXT:
            text = raw.strip()
            if text.removeprefix("-").isdecimal() and text.isascii():
                number = int(text)
        if number is None or abs(number) > MAX_INTEGER or not self._within(number):
            raise ParameterError(self._number_message("a whole number"))
        return number

    def _clean_float(self, raw: object) -> float:
        number = math.nan
        if isinstance(raw, (int, float)) and not isinstance(raw, bool):
            # An integer beyond the range of floats cannot be converted at all.
            number = float(raw) if abs(raw) <= 1e300 else math.inf
        elif isinstance(raw, str) and len(raw) <= _MAX_NUMBER_TEXT and raw.isascii() and "_" not in raw:
            try:
                number = float(raw)
            except ValueError:
                number = math.nan
        if not math.isfinite(number) or not self._within(number):
            raise ParameterError(self._number_message("a number"))
        return number

    def _within(self, number: float) -> bool:
        if self.minimum is not None and number < self.minimum:
            return False
        return self.maximum is None or number <= self.maximum

    def _number_message(self, noun: str) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"Enter {noun} from {self.minimum} to {self.maximum}."
        if self.minimum is not None:
            return f"Enter {noun} of {self.minimum} or more."
        if self.maximum is not None:
            return f"Enter {noun} of {self.maximum} or less."
        return f"Enter {noun}."

    def _clean_choice(self, raw: object) -> str:
        text = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) <= MAX_INTEGER else raw
        if isinstance(text, str) and any(text == value for value, _ in self.choices):
            return text
        names = [f"{label} ({value})" if label != value else label for value, label in self.choices]
        more = len(names) - _CHOICES_IN_MESSAGE
        listed = ", ".join(names[:_CHOICES_IN_MESSAGE]) + (f" or one of {more} more" if more > 0 else "")
        raise ParameterError(f"Choose one of: {listed}.")

    def _clean_line(self, raw: object) -> str:
        text = clean_text(raw)
        if self.pattern and text:
            if len(text) > MAX_PATTERN_VALUE:
                raise ParameterError(f"Enter at most {MAX_PATTERN_VALUE} characters.")
            if not _compiled(self.pattern).fullmatch(text):
                hint = f" {self.help}" if self.help else f" It must match {self.pattern}"
                raise ParameterError(f"Enter a value of the expected form.{hint}")
        return text


def clean_text(raw: object, *, multiline: bool = False) -> str:
    """Return text that every store and wire can carry; whole numbers are taken as their digits.

    One line may hold 4,096 characters, several lines 65,536 in all. Raises ParameterError.
    """
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) <= MAX_INTEGER:
        return str(raw)
    if not isinstance(raw, str):
        raise ParameterError("Enter a text.")
    limit = MAX_MULTILINE if multiline else MAX_LINE
    if len(raw) > limit:
        raise ParameterError(f"Enter at most {limit} characters.")
    if raw.isprintable():
        return raw
    text = raw.replace("\r\n", "\n").replace("\r", "\n") if multiline else raw
    allowed = "\n\t" if multiline else ""
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in allowed for char in text):
        if multiline:
            raise ParameterError("Enter a text without control characters.")
        raise ParameterError("Enter the text on one line, without control characters.")
    return text


def check_pattern(pattern: str) -> None:
    """Raise ParameterError unless `pattern` is a regular expression that is cheap on any text of 255 characters.

    Repeated groups and many quantifiers or alternatives are what makes matching explode, so they are refused.
    """
    if len(pattern) > MAX_PATTERN:
        raise ParameterError(f"A pattern has at most {MAX_PATTERN} characters.")
    bare = re.sub(r"\\.|\[[^\]]*\]", "x", pattern, flags=re.DOTALL)
    if any(sign in bare for sign in (")*", ")+", "){")) or "(?" in bare.replace("(?:", "("):
        raise ParameterError("A pattern must not repeat a group or use extensions such as (?=…).")
    if sum(bare.count(sign) for sign in "*+{") > 3 or bare.replace("(?:", "(").count("?") + bare.count("|") > 12:
        raise ParameterError("A pattern may have up to 3 repetitions and 12 options or alternatives.")
    try:
        _compiled(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ParameterError("The pattern is not a valid regular expression.") from error


@functools.lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _clean_bool(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, (int, float)) and raw in (0, 1):
        return bool(raw)
    if isinstance(raw, str) and len(raw) <= _MAX_NUMBER_TEXT:
        word = raw.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    raise ParameterError("Choose on (true) or off (false).")


def _clean_ip(raw: object) -> str:
    if isinstance(raw, str) and len(raw) <= 64:
        text = raw.strip()
        if not text:
            return ""
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            pass
    raise ParameterError("Enter an IP address such as 192.168.1.10 or 2001:db8::10, or leave it empty.")
