"""Networks of real nodes, and everything that may happen to them (marker `live`)."""
