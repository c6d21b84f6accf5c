"""Forms of Shared Workplace, by subject."""
