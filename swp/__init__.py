"""Shared Workplace (SWP): settings that go with the user, by way of linked Active Directories (manual p. 44-55)."""
