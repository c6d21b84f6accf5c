"""The device's side: an agent for real Linux devices and a fleet of simulated ones.

Imports nothing of ours but `ums.domain.protocol`, so that the room could be packaged for devices alone.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    AGENT_VERSION = version("ums")
except PackageNotFoundError:  # run from a checkout that is not installed
    AGENT_VERSION = ""

FIRMWARE, FIRMWARE_VERSION = "UMS Linux", "1.0.0"
"""The parameter catalogue that the settings are meant for, whatever distribution carries the agent."""
