"""Failed attempts to enrol, counted per address and per unit id in this process."""

from __future__ import annotations

from ums.core.throttle import Throttle

addresses = Throttle(burst=50, every=2.0)
"""A whole site may sit behind one address."""

unit_ids = Throttle(burst=10, every=10.0)
