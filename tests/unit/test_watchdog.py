"""What the watchdog decides, what supervisor is told, and which port serves what."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

import pytest

from ha.nodefile import NodeFile
from ha.watchdog.configuration import Places, configuration, programs
from ha.watchdog.plan import (
    HANGS_AFTER,
    STARTS_WITHIN,
    STOPPED_BY_ADMINISTRATOR,
    Call,
    Decision,
    Row,
    Seen,
    decide,
    pause,
)
from ha.watchdog.remembered import remember, wanted
from ha.watchdog.supervisor import ends
from ums.domain.processes import ServiceStatus
from ums.project.ports import serves

RUNNING = ServiceStatus.RUNNING
NOTHING = Decision()


def row(pid: int = 7, status: ServiceStatus = RUNNING, silent: float = 0.0, detail: str = "") -> Row:
    return Row(status, pid, status in {RUNNING, ServiceStatus.STOPPING}, silent, detail)


@pytest.mark.parametrize(
    ("wanted", "seen", "row", "decision"),
    [
        # It speaks for itself.
        (True, Seen("RUNNING", 7), row(), NOTHING),
        (True, Seen("STARTING", 7), row(), NOTHING),
        (True, Seen("RUNNING", 7), row(silent=HANGS_AFTER), NOTHING),
        (True, Seen("RUNNING", 7), row(silent=HANGS_AFTER + 1), Decision(Call.KILL)),
        (True, Seen("RUNNING", 7), row(status=ServiceStatus.LOST, silent=20), NOTHING),
        (True, Seen("RUNNING", 7), row(status=ServiceStatus.LOST, silent=HANGS_AFTER + 1), Decision(Call.KILL)),
        (False, Seen("RUNNING", 7), row(), Decision(Call.STOP)),
        (False, Seen("STOPPING", 7), row(status=ServiceStatus.STOPPING), NOTHING),
        (False, Seen("STOPPING", 7), row(status=ServiceStatus.STOPPING, silent=HANGS_AFTER + 1), NOTHING),
        (False, Seen("STOPPING", 7), row(status=ServiceStatus.STOPPED), NOTHING),
        # Its row speaks of a process that has ended.
        (True, Seen("EXITED", end="was killed"), row(), Decision(None, ServiceStatus.FAILED, "was killed")),
        (True, Seen("STARTING", 8), row(), Decision(None, ServiceStatus.FAILED, "ended")),
        (True, Seen("RUNNING", 8), row(), Decision(None, ServiceStatus.FAILED, "ended")),
        (False, Seen("STOPPED"), row(), Decision(None, ServiceStatus.STOPPED, STOPPED_BY_ADMINISTRATOR)),
        # Nobody speaks for it, and it is wanted.
        (True, Seen("STOPPED"), None, Decision(Call.START, ServiceStatus.STARTING)),
        (True, Seen("EXITED"), row(0, ServiceStatus.FAILED), Decision(Call.START, ServiceStatus.STARTING)),
        (True, Seen("STARTING", 8), None, Decision(None, ServiceStatus.STARTING)),
        (True, Seen("RUNNING", 8, STARTS_WITHIN), None, Decision(None, ServiceStatus.STARTING)),
        (True, Seen("RUNNING", 8, STARTS_WITHIN + 1), None, Decision(Call.KILL, ServiceStatus.STARTING)),
        (
            True,
            Seen("STARTING", 8),
            row(0, ServiceStatus.FAILED, detail="was killed"),
            Decision(None, ServiceStatus.STARTING, "was killed"),
        ),
        (True, Seen("BACKOFF", end="status 1"), None, Decision(None, ServiceStatus.FAILED, "status 1")),
        (True, Seen("FATAL", end="status 1"), None, Decision(Call.START, ServiceStatus.FAILED, "status 1")),
        (True, Seen("STOPPING", 7), None, Decision(None, ServiceStatus.STOPPING)),
        # Nobody speaks for it, and it is not wanted.
        (False, Seen("STARTING", 8), None, Decision(Call.STOP, ServiceStatus.STOPPING)),
        (False, Seen("BACKOFF"), None, Decision(Call.STOP, ServiceStatus.STOPPING)),
        (False, Seen("STOPPING", 8), None, Decision(None, ServiceStatus.STOPPING)),
        (False, Seen("FATAL"), None, Decision(None, ServiceStatus.STOPPED, STOPPED_BY_ADMINISTRATOR)),
    ],
)
def test_decides(wanted: bool, seen: Seen, row: Row | None, decision: Decision) -> None:
    assert decide(wanted=wanted, seen=seen, row=row, resting=False) == decision


def test_what_keeps_ending_rests_between_tries() -> None:
    seen = Seen("FATAL", end="status 1")
    assert decide(wanted=True, seen=seen, row=None, resting=True) == Decision(None, ServiceStatus.FAILED, "status 1")
    assert [pause(failures) for failures in (1, 2, 3, 4, 5, 6, 100)] == [5, 10, 20, 40, 60, 60, 60]


def test_how_programs_ended() -> None:
    log = (
        "12:00 INFO spawned: 'server' with pid 5\n"
        "12:01 WARN exited: server (terminated by SIGKILL; not expected)\n"
        "12:02 WARN exited: worker (exit status 1; not expected)\n"
        "12:03 INFO stopped: balancer (exit status 0)\n"
        "12:04 WARN exited: watchdog (exit status 1; not expected)\n"
        "12:05 INFO stopped: watchdog (exit status 0)\n"
    )
    assert ends(log) == {"server": "was ended by SIGKILL", "worker": "ended with exit status 1"}


def text(data: Path, **autostart: bool) -> str:
    names = programs(server=True, balancer=True)
    return configuration(places=Places(data), command=["/opt/ums 1/ums"], parent=42, names=names, autostart=autostart)


def test_components_decide_what_runs() -> None:
    assert programs(server=True, balancer=True) == ["watchdog", "worker", "server", "balancer"]
    assert programs(server=True, balancer=False) == ["watchdog", "worker", "server"]
    assert programs(server=False, balancer=True) == ["watchdog", "balancer"]


def test_what_supervisor_is_told(tmp_path: Path) -> None:
    data = tmp_path / "100 % UMS"
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"))
    parser.read_string(text(data, server=False))
    assert parser["supervisord"]["umask"] == "077"
    assert parser["unix_http_server"]["chmod"] == "0600"
    assert "inet_http_server" not in parser
    server = parser["program:server"]
    assert shlex.split(server["command"].replace("%%", "%")) == ["/opt/ums 1/ums", "server", "--data", str(data)]
    assert server["autostart"] == "false"
    assert parser["program:worker"]["autostart"] == "true"
    assert server["environment"] == 'UMS_SUPERVISOR_PID="42"'
    assert server["stdout_logfile"] == f"{data}/log/server.log".replace("%", "%%")
    stops = sorted((int(parser[f"program:{name}"]["priority"]), name) for name in programs(server=True, balancer=True))
    assert [name for _, name in reversed(stops)] == ["balancer", "server", "worker", "watchdog"]


@pytest.mark.parametrize("name", ["a ;b", "a #b", "a\nb", 'a"b', "x" * 100])
def test_a_directory_that_supervisor_cannot_name(name: str) -> None:
    with pytest.raises(ValueError, match="its name"):
        text(Path("/srv") / name)


def test_what_was_wanted_is_remembered(tmp_path: Path) -> None:
    places = Places(tmp_path)
    assert wanted(places) == {}
    places.wanted.parent.mkdir()
    for broken in ("", "[1]", "{"):
        places.wanted.write_text(broken)
        assert wanted(places) == {}
    remember(places, {"server": False, "balancer": True})
    assert wanted(places) == {"server": False, "balancer": True}


NODE = NodeFile("", "", "north", "10.0.0.1", "10.0.0.1", True, False, 8443, 30001, 0, "")


@pytest.mark.parametrize(
    ("port", "path", "served"),
    [
        (8443, "/webapp/", True),
        (8443, "/device-connector/device/ws-connect", True),
        (30001, "/device-connector/device/ws-connect", True),
        (30001, "/ums/check-status", True),
        (30001, "/webapp/", False),
        (30001, "/", False),
        (30001, "/device-connector", False),
        (30001, "/x/device-connector/", False),
        (30001, "/ums/check-status/more", False),
    ],
)
def test_ports(port: int, path: str, served: bool) -> None:
    scope = {"type": "http", "path": path, "server": ("10.0.0.1", port)}
    assert serves(scope, NODE) is served
    assert serves(scope, None)
    assert serves({"type": "lifespan"}, NODE)
