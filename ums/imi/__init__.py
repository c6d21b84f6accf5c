"""The IGEL Management Interface, version 3, below /umsapi/v3/: translation only, no rule of its own (docs/imi.md)."""
