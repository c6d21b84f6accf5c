"""A program of a node does not outlive supervisor: unsupervised it would hold ports that the next start needs."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from ha.watchdog.configuration import PARENT

PR_SET_PDEATHSIG = 1


def end_with_supervisor() -> None:
    """Have the kernel send SIGTERM when supervisor dies, if this process was started by one. Before threads start."""
    parent = os.environ.pop(PARENT, "")
    if not parent or not sys.platform.startswith("linux"):
        return
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != int(parent):
        # It died before the kernel knew.
        sys.exit(1)
