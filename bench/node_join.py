"""A further node: from `ums node join` until all of its processes run and say so in the list.

The baseline is the start of a Python that has Django and our settings: four such processes start on a node.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from bench.harness import Figure, figure
from tests.services.network import Network
from tests.services.process import wait_until

LIMIT = 30.0
STARTS = 3
PROCESSES = 4

RUNNING = (
    "SELECT count(*) FROM epr_processes process JOIN ha_node node ON node.id = process.node_id "
    "WHERE node.name = %s AND epr_service_status = 'SERVICE_RUNNING'"
)


def measure() -> list[Figure]:
    """In seconds."""
    with Network() as network:
        bare = statistics.median(_start() for _ in range(STARTS))
        began = time.monotonic()
        member = network.join()
        wait_until(lambda: network.query(RUNNING, member.name)[0][0] == PROCESSES, 120, "running in the list", 0.05)
        taken = time.monotonic() - began
    return [figure("node_join_s", taken, "s", baseline=bare, limit=LIMIT, absolute=True)]


def _start() -> float:
    began = time.monotonic()
    code = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'ums.project.settings'; django.setup()"
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.monotonic() - began
