"""The commands `ums node start|stop`, those that supervisor runs, and `ums service`."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING

from ums.project.node.cli import add_data, port_number, use

if TYPE_CHECKING:
    from ums.project.node.cli import Commands


def add_programs(commands: Commands) -> None:
    """`ums server`, `ums worker`, `ums balancer`, `ums watchdog`."""
    _add(commands, "server", "run the UMS Server of a node, without its worker", "ums.project.node.server:server")
    _add(commands, "worker", "run the task worker of a node", "ums.project.node.worker:worker")
    _add(commands, "balancer", "run the load balancer of a node", "ums.project.node.balancer:balancer")
    _add(commands, "watchdog", "run the watchdog of a node", "ums.project.node.watchdog:watchdog")


def add_start_and_stop(actions: Commands) -> None:
    """`ums node start`, `ums node stop`."""
    _add(
        actions,
        "start",
        "run this node: watchdog, and what it has of server, worker and load balancer; Ctrl-C ends it",
        "ums.project.node.start:start",
    )
    _add(actions, "stop", "stop this node in order, from another shell", "ums.project.node.start:stop")


def add_ports(actions: Commands) -> None:
    """`ums node ports`."""
    parser = actions.add_parser(
        "ports",
        help="show the ports of this node, or change them",
        description="Show the ports of this node, or change those that are given, after looking whether they are free. "
        "They are used from its next start. A load balancer has 30001, a server beside it 30002, one without it 30001.",
    )
    for name, what in (("web", "console, servers, devices"), ("device", "devices"), ("balancer", "load balancer")):
        parser.add_argument(f"--{name}-port", metavar="N", type=port_number, help=what)
    add_data(parser)
    parser.set_defaults(run=_ports)


def add_ping(actions: Commands) -> None:
    """`ums node ping`."""
    parser = actions.add_parser(
        "ping",
        help="how long a message takes to the processes of the network, and back",
        description="Send a message to a process, or to all, over what carries the messages of the network, and print "
        "how long the answer took. Exit code 0: all have answered.",
    )
    parser.add_argument("process", metavar="PROCESS", nargs="?", default="", help="its id (default: all)")
    add_data(parser)
    parser.set_defaults(run=_ping)


def add_service(commands: Commands) -> None:
    """`ums service start`, `ums service stop`."""
    parser = commands.add_parser(
        "service",
        help="start or stop a server or load balancer of the network",
        description="Have the watchdog of a node start or stop its server or load balancer. What was stopped stays so, "
        "until it is started again, here or on the UMS Network page.",
    )
    parser.add_argument("what", choices=("start", "stop"))
    parser.add_argument("component", choices=("server", "balancer"))
    parser.add_argument("--node", metavar="NAME", default="", help="the node (the one of the data directory)")
    parser.add_argument("--yes", action="store_true", help="stop also the last server that runs")
    parser.add_argument("--user", default="admin", help="whose permissions it has (%(default)s)")
    add_data(parser)
    parser.set_defaults(run=_service)


def _ports(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project.node.ports import ports

    return ports(options)


def _ping(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project.node.ping import ping

    return ping(process=options.process)


def _service(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project.node.service import service

    return service(options)


def _add(commands: Commands, name: str, what: str, function: str) -> None:
    parser = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    add_data(parser)
    parser.set_defaults(run=_run, function=function)


def _run(options: argparse.Namespace) -> int:
    use(options.data)
    module, _, name = options.function.partition(":")
    code: int = getattr(import_module(module), name)()
    return code
