"""UMS: manages fleets of thin-client devices."""

__version__ = "0.1.0"
