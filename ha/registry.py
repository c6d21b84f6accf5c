"""What other rooms have to do when something happens in the network; they declare it in `AppConfig.ready`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HAND_OVERS: list[Callable[[str], object]] = []
"""Called with the life of a process that was lost or has stopped, in the transaction that says so: let go of what it
held. Must not fail, and must do nothing the second time."""


def declare_hand_over(function: Callable[[str], object]) -> None:
    """Let go of what a lost process held."""
    HAND_OVERS.append(function)
