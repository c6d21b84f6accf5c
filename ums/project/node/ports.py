"""`ums node ports`: shows the ports of a node, and changes them afterwards (manual p. 42: 30001, and 30002 for a server
beside a load balancer)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import django

from ha import nodefile, requirements
from ha.watchdog.configuration import Places
from ums.domain.processes import device_port
from ums.project.columns import columns
from ums.project.command import command
from ums.project.data import default_data_directory
from ums.project.node.programs import node_of
from ums.project.node.setup import port_uses
from ums.project.node.start import held
from ums.project.prepare import StartError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from ha.nodefile import NodeFile

PORTS = ("web_port", "device_port", "balancer_port")


@command
def ports(options: argparse.Namespace) -> None:
    """Show them, or change those that are given."""
    data = default_data_directory()
    wanted = {name: value for name in PORTS if (value := getattr(options, name)) is not None}
    node = node_of(data)
    changed = replace(node, **wanted)
    if changed == node:
        _show(node)
    else:
        _change(data, node, changed)


def _show(node: NodeFile) -> None:
    rows = []
    for number, purpose, option in port_uses(node):
        usual = {"--web-port": 8443, "--device-port": device_port(balancer=node.balancer), "--balancer-port": 30001}
        rows.append([str(number), purpose, option, str(usual[option])])
    print(columns(["Port", "For", "Changed by", "Usual"], rows))


def _change(data: Path, node: NodeFile, changed: NodeFile) -> None:
    """Raises StartError, AppError; then nothing has changed."""
    uses = port_uses(changed)
    named = [option for _, _, option in uses]
    for name in PORTS:
        option = f"--{name.replace('_', '-')}"
        if getattr(node, name) != getattr(changed, name) and option not in named:
            raise StartError(f"{node.name} has no such service: {option} means nothing here.")
    numbers = [number for number, _, _ in uses]
    if len(set(numbers)) != len(numbers):
        raise StartError("One port is named twice. Nothing was changed.")
    # Those that stay may be in use by this very node.
    old = {number for number, _, _ in port_uses(node)}
    for number, purpose, option in uses:
        check = requirements.port(node.bind, number, purpose, option)
        if number not in old and not check.good:
            raise StartError(f"{check.name}: {check.found}. {check.advice} Nothing was changed.")
    _store(data, changed, running=bool(held(Places(data).lock)))


def _store(data: Path, changed: NodeFile, *, running: bool) -> None:
    """Row, event and file together."""
    django.setup()
    from django.db import transaction

    from ha.services import node_ports_set
    from ums.core.actor import SYSTEM

    with transaction.atomic():
        node_ports_set(actor=SYSTEM, node=changed, now=not running)
        nodefile.write(data, changed)
    _show(changed)
    if running:
        print(f"\nThe node runs with its old ports until it is restarted: ums node stop --data {data}, then start.")
    print("\nDevices are told of the new ports when they sign in next. What only people know of:")
    print("  firewalls, proxies and names that lead to the old ports")
    print("  network tokens that were made before: make a new one, ums token create")
