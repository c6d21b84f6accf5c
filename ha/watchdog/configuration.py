"""What supervisor is told: one configuration file below the data directory, written at each start of the node."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MAX_SOCKET = 100
"""Characters that the address of a unix socket may have; the kernel takes 107."""

PARENT = "UMS_SUPERVISOR_PID"
"""Environment variable that tells a program who must be its parent."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are below the data directory of a node."""

    data: Path

    @property
    def configuration(self) -> Path:
        """What supervisor reads."""
        return self.data / "run" / "supervisord.conf"

    @property
    def socket(self) -> Path:
        """Where supervisor listens; only its owner may speak to it."""
        return self.data / "run" / "supervisor.sock"

    @property
    def lock(self) -> Path:
        """Held by the supervisor of this node while it runs."""
        return self.data / "node.lock"

    @property
    def wanted(self) -> Path:
        """What ran, or not, when the database was last asked."""
        return self.data / "run" / "wanted.json"

    def log(self, program: str) -> Path:
        """What a program prints."""
        return self.data / "log" / f"{program}.log"


@dataclass(frozen=True, slots=True)
class Program:
    """`priority`: lower starts first and stops last. `stops_within`: seconds until it is killed. `retries`: how often
    supervisor tries to start it before it leaves that to the watchdog, with a pause that is a second longer each time.
    """

    priority: int
    stops_within: int
    retries: int = 3


PROGRAMS: Mapping[str, Program] = {
    # Nobody else would start it again.
    "watchdog": Program(10, 15, retries=1_000_000),
    "worker": Program(20, 30),
    # Devices are asked to come back elsewhere (18 s), what is on its way is answered (8 s), rows are written.
    "server": Program(30, 45),
    # Open connections go on for some seconds. HAProxy outlives a balancer that is killed, and serves the next one.
    "balancer": Program(40, 30),
}


def programs(*, server: bool, balancer: bool) -> list[str]:
    """The programs of a node with these components."""
    return ["watchdog", *(["worker", "server"] if server else []), *(["balancer"] if balancer else [])]


def configuration(
    *, places: Places, command: Sequence[str], parent: int, names: Sequence[str], autostart: Mapping[str, bool]
) -> str:
    """The text of supervisor's configuration. `command`: how `ums` is called; `parent`: supervisor's process.

    Raises ValueError with the reason when the data directory has a name that supervisor cannot use.
    """
    path = str(places.data)
    if any(sign in path for sign in ("\n", " ;", " #", '"')):
        raise ValueError("its name has signs that separate comments")
    if len(str(places.socket).encode()) > MAX_SOCKET:
        raise ValueError(f"its name is too long: {MAX_SOCKET - len('/run/supervisor.sock')} characters are possible")
    sections = [_SUPERVISORD.format(log=_plain(places.log("supervisord")), run=_plain(places.socket.parent))]
    for name in names:
        program = PROGRAMS[name]
        line = shlex.join([*command, name, "--data", path])
        sections.append(
            _PROGRAM.format(
                name=name,
                command=line.replace("%", "%%"),
                parent=f'{PARENT}="{parent}"',
                autostart=str(autostart.get(name, True)).lower(),
                log=_plain(places.log(name)),
                priority=program.priority,
                stops_within=program.stops_within,
                retries=program.retries,
            )
        )
    return "\n".join(sections)


def _plain(path: Path) -> str:
    """As a value: supervisor replaces what stands behind a percent sign."""
    return str(path).replace("%", "%%")


_SUPERVISORD = """\
; Written by “ums node start”, each time: changes are lost.
[supervisord]
nodaemon=true
identifier=ums-node
umask=077
logfile={log}
logfile_maxbytes=10MB
logfile_backups=3
pidfile={run}/supervisord.pid

[unix_http_server]
file={run}/supervisor.sock
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

# startsecs: what ends sooner has not started; it is tried again after 1, 2 and 3 seconds, and then by the watchdog.
# On a busy machine a program needs its time to find out that it cannot start.
_PROGRAM = """\
[program:{name}]
command={command}
environment={parent}
autostart={autostart}
autorestart=true
startsecs=20
startretries={retries}
priority={priority}
stopsignal=TERM
stopwaitsecs={stops_within}
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=5
"""
