"""`make ha-demo`: a network of two nodes with 200 simulated devices, from nothing, on this machine.

PostgreSQL, Redis, server and load balancer on each node; the devices connect through both load balancers. Ctrl-C ends
it all, and nothing is kept.
"""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from tests.services.network import PROGRAM, Member, Network
from tests.services.process import Process
from tests.services.server import PASSWORD

DEVICES = 200


def fleet(network: Network, member: Member, devices: int, key: str, seed: int) -> Process:
    """Simulated devices that enrol and connect through the load balancer of `member`."""
    state = network.directory / f"fleet-{member.name}"
    command: list[str | Path] = [
        PROGRAM,
        "simulate",
        "--server",
        member.device_url,
        "--ca",
        member.authority,
        "--quiet",
    ]
    command += ["--quiet", "--devices", str(devices), "--seed", str(seed), "--state", state, "--exit-with-parent"]
    return Process(command, network.directory / f"fleet-{member.name}.log", environment={"UMS_KEY": key})


def mass_key(member: Member) -> str:
    """A first-authentication key for any number of devices."""
    with member.api() as api:
        made = api.post("enrolment-keys/", json={"name": "Simulated devices", "kind": "mass"})
        made.raise_for_status()
        return str(made.json()["items"][0]["secret"])


def main() -> int:
    """Run until Ctrl-C or SIGTERM."""
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        print("Starting PostgreSQL, Redis and the first node …", flush=True)
        network = stack.enter_context(Network(subnet="127.0.0"))
        print("A second node joins by the network token …", flush=True)
        network.join()
        key = mass_key(network.members[0])
        for seed, member in enumerate(network.members, 1):
            stack.callback(fleet(network, member, DEVICES // len(network.members), key, seed).stop)
        first = network.members[0]
        print(f"\n{network.ums('node', 'status', '--data', str(first.data))}", flush=True)
        for member in network.members:
            print(f"Console    {member.url}/webapp/network/servers/", flush=True)
        print(f"Sign in as admin, password {PASSWORD}", flush=True)
        print(f"{DEVICES} devices connect through {', '.join(member.device_url for member in network.members)}.")
        print(f"A further node: ums node join --token {network.token} --components server --bind 127.0.0.9 --data DIR")
        print("Ctrl-C ends it all.", flush=True)
        ended.wait()
        print("Stopping …", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
