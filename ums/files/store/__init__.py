"""Contents on the disks of servers, and how they come there.

`disk` is the store of one host. `streams` reads a content wherever it is: here, in the database, or (`remote`, with a
pass) on another server. `synchroniser` sees to it that this host has what it should, by `fetching`.
"""

from ums.files.store.disk import RESERVE, Incoming, Kept, Store, store

__all__ = ["RESERVE", "Incoming", "Kept", "Store", "store"]
