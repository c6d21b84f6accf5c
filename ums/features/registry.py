"""What can be switched, declared once in `AppConfig.ready` by the app that has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ums.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Declared:
    """A feature.

    label, help: as the page shows it. default: whether it is on until somebody switches it.
    in_use: a sentence that says what stops counting when it is switched off; "" when nothing does.
    switched: called in the transaction that switches it, to mark what is concerned.
    """

    name: str
    label: str
    help: str
    default: bool
    in_use: Callable[[], str]
    switched: Callable[[Actor], None]


FEATURES: dict[str, Declared] = {}


def declare(feature: Declared) -> None:
    """Add a feature."""
    FEATURES[feature.name] = feature


LICENCES: dict[str, Callable[[], str]] = {}
"""By the name of a feature that needs a licence: a sentence that says what is missing, "" when nothing is."""


def declare_licence(name: str, lacking: Callable[[], str]) -> None:
    """A feature needs a licence; `lacking` asks for it."""
    LICENCES[name] = lacking
