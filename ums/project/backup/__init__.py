"""`ums backup` and `ums restore`: an installation in one file, and back (docs/operations.md)."""
