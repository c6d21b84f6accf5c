"""Shared Workplace in the API, by subject."""
