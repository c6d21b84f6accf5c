"""What other rooms have to do when something happens in the network; they declare it in `AppConfig.ready`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HAND_OVERS: list[Callable[[str], object]] = []
"""Called with the life of a process that was lost or has stopped, in the transaction that says so: let go of what it
held. Must not fail, and must do nothing the second time."""


def declare_hand_over(function: Callable[[str], object]) -> None:
    """Let go of what a lost process held."""
    HAND_OVERS.append(function)


class Issuer(Protocol):
    """The network's certificate authority: it signs network tokens and the certificates of nodes."""

    def authority(self) -> str:
        """Its certificate, PEM."""

    def sign(self, content: bytes) -> bytes:
        """A signature by its key (ECDSA, SHA-256)."""

    def certificate(self, *, public_key: str, names: Sequence[str]) -> str:
        """A server certificate for a key (PEM) and names, with its chain, PEM. Raises ValueError for another key."""


_issuers: list[Issuer] = []


def declare_issuer(issuer: Issuer) -> None:
    """There is one: who declares later takes its place."""
    _issuers[:] = [issuer]


def issuer() -> Issuer:
    """The network's certificate authority."""
    return _issuers[0]
