"""Messages between the processes of the network, over Redis and over the database (docs/bus.md).

Truth is rows, messages are nudges: one that gets lost costs seconds. So the bus promises little and does it fast:

1. A message goes over Redis while Redis answers and every process hears it, and over the database (LISTEN, NOTIFY)
   otherwise. Each process listens to both all the time, so that nothing has to be agreed when one of them dies.
2. What comes over both counts once: each message has an id.
3. `Bus` runs in threads of its own and is spoken to from any thread; sending never waits and never fails.
4. `BusLayer` is the Channels layer on top: groups live in each process, the bus carries what is sent to them.
"""

from ha.bus.bus import Bus, BusTimeout, carrier_name, current, start, stop

__all__ = ["Bus", "BusTimeout", "carrier_name", "current", "start", "stop"]
