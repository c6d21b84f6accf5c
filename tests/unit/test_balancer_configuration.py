"""HAProxy's configuration and its answers, as texts. That HAProxy takes it, tests/apps/ha/test_balancer.py shows."""

from __future__ import annotations

import re

import pytest

from ha.addresses import host_and_port
from ha.balancer.configuration import configuration, server_line
from ha.balancer.plan import Actual, Admin, Server
from ha.balancer.runtime import Load, understood

NORTH = Server("8e10eafb-4654-4062-850b-d574ef2b5c3a", "north.example.com", "10.0.0.1", 30002)

STATES = """\
1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change
3 servers 1 a 127.0.0.1 2 0 1 1 2 8 2 0 6 0 0 0 - 9001 - 1 0 - - 0
3 servers 2 b 127.0.0.2 0 8 1 1 0 1 0 1 6 0 0 0 - 9002 - 1 0 - - 0
3 servers 3 c ::1 0 1 1 1 0 1 0 1 6 0 0 0 - 9003 - 1 0 - - 0
3 servers 4 d 127.0.0.4 2 0 1 1 0 1 0 1 6 0 0 0 - 9004 - 1 0 - - 0"""

STATISTICS = """\
# pxname,svname,qcur,scur,dreq,econ,status,check_status
devices,FRONTEND,,9,5,,OPEN,
servers,a,1,2,,0,UP,L6OK
servers,b,0,4,,0,DOWN,* L4CON
servers,c,0,0,,0,MAINT,
servers,BACKEND,3,6,0,4,UP,"""


def text(*servers: Server, bind: str = "10.0.0.9") -> str:
    return configuration(bind=bind, port=30001, connections=500, servers=servers)


def test_what_devices_may_ask_goes_through_and_nothing_else() -> None:
    frontend = text().partition("frontend devices")[2].partition("backend")[0]
    assert "bind 10.0.0.9:30001 ssl crt certificate.pem" in frontend
    assert "deny_status 404 unless { path_beg /device-connector/ } or { path /ums/check-status }" in frontend


def test_what_clients_claim_is_dropped_before_it_is_set() -> None:
    lines = [line.strip() for line in text().splitlines()]
    dropped = [lines.index(f"http-request del-header {what}") for what in ("X-SSL- -m beg", "X-Forwarded- -m beg")]
    assert (
        max(dropped) < lines.index("http-request set-header X-Forwarded-Proto https") < lines.index("option forwardfor")
    )


def test_no_request_that_changes_something_is_repeated() -> None:
    assert "http-request disable-l7-retry unless { method GET HEAD OPTIONS }" in text()


def test_servers_stand_in_the_file_with_all_that_belongs_to_them() -> None:
    line = next(line for line in text(NORTH).splitlines() if NORTH.id in line)
    assert line.strip() == f"server {server_line(NORTH, bind='10.0.0.9')}"
    for part in (
        f"{NORTH.id} 10.0.0.1:30002 ssl verify required ca-file ca.pem verifyhost north.example.com",
        "source 10.0.0.9",
        "check port 30002 inter 500ms",
        "on-marked-down shutdown-sessions",
    ):
        assert part in line


def test_the_same_servers_are_the_same_text() -> None:
    assert text(NORTH) == text(NORTH) != text()


@pytest.mark.parametrize("bind", ["0.0.0.0", "::"])
def test_who_listens_everywhere_has_no_address_of_its_own(bind: str) -> None:
    assert "source" not in server_line(NORTH, bind=bind)


def test_no_line_is_left_unfilled() -> None:
    assert not re.search(r"\{\w+\}", text(NORTH))


@pytest.mark.parametrize(("address", "expected"), [("10.0.0.1", "10.0.0.1:5"), ("::1", "[::1]:5")])
def test_addresses(address: str, expected: str) -> None:
    assert host_and_port(address, 5) == expected


def test_what_haproxy_answers_is_understood() -> None:
    servers, load = understood(STATES, STATISTICS)
    assert servers == [
        Actual("a", "127.0.0.1", 9001, Admin.READY, answers=True, sessions=3),
        Actual("b", "127.0.0.2", 9002, Admin.DRAIN, answers=False, sessions=4),
        Actual("c", "::1", 9003, Admin.MAINT, answers=False, sessions=0),
    ]
    assert load == Load(connected=6, waiting=3, refused=9)
