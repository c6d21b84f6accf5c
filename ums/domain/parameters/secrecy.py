"""What is likely a secret though no catalogue says so: of parameters that nobody described only the name is known."""

import re
from functools import lru_cache

_WORDS = re.compile(
    r"passw|passphrase|secret|credential|token|private[_-]?key|shared[_-]?key|api[_-]?key|wep[_-]?key"
    # Short words count where they stand alone: “encryption” and “spinner” are no secrets.
    r"|(?<![a-z])(?:crypt|pass|pwd|psk|pin)(?![a-z])",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def looks_secret(path: str) -> bool:
    """Whether a text of an unknown parameter is taken for a secret; errs towards yes (docs/catalogues.md)."""
    return _WORDS.search(path) is not None
