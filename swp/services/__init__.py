"""Writes of Shared Workplace, by subject."""
