"""Wiring: the only place that knows everything."""
