"""How often somebody may try to log in at devices, counted in this process, before a directory is asked."""

from __future__ import annotations

from ums.core.throttle import Throttle

devices = Throttle(burst=10, every=6.0)
"""Logins of one device, by its key, whatever came of them: ten at once, then ten a minute."""

users = Throttle(burst=5, every=60.0)
"""Wrong passwords of one user, at whatever device: below what locks accounts where somebody set that up."""
