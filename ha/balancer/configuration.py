"""HAProxy's configuration as text. Its servers stand in it, so that a start or a reload has them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ha.addresses import EVERYWHERE, host_and_port

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ha.balancer.plan import Server

FRONTEND, BACKEND = "devices", "servers"
ADMIN_SOCKET, MASTER_SOCKET = "admin.sock", "master.sock"
CERTIFICATE, AUTHORITY = "certificate.pem", "ca.pem"
"""Names in HAProxy's working directory: a unix socket has no room for long paths."""

_TEXT = """\
# Written by `ums balancer` at each change of the servers; what is changed here is overwritten.
global
    maxconn {connections}
    stats socket unix@{admin} mode 600 level admin expose-fd listeners
    # After a reload: until then devices stay connected through the process that ran before.
    hard-stop-after 60s

defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout http-request 15s
    timeout http-keep-alive 30s
    timeout server 30s
    timeout queue 5s
    # The device socket: devices and servers say something every few minutes at the latest.
    timeout tunnel 1h
    retries 3
    option redispatch 1
    retry-on conn-failure empty-response response-timeout

frontend {frontend}
    bind {bind} ssl crt {certificate} alpn http/1.1 ssl-min-ver TLSv1.2
    http-request deny deny_status 404 unless {{ path_beg /device-connector/ }} or {{ path /ums/check-status }}
    # What changes something is never sent twice.
    http-request disable-l7-retry unless {{ method GET HEAD OPTIONS }}
    # What a client says about where it comes from and what was proven of it is dropped.
    http-request del-header X-SSL- -m beg
    http-request del-header X-Forwarded- -m beg
    http-request del-header Forwarded
    http-request set-header X-Forwarded-Proto https
    option forwardfor
    default_backend {backend}

backend {backend}
    balance roundrobin
    # Loads the authority also when no server is here yet: one that is added at run time only finds what is loaded.
    default-server ssl verify required ca-file {authority}
"""


def configuration(*, bind: str, port: int, connections: int, servers: Iterable[Server]) -> str:
    """The text. `connections`: how many clients at once; more of them wait to be accepted."""
    text = _TEXT.format(
        admin=ADMIN_SOCKET,
        connections=connections,
        frontend=FRONTEND,
        bind=host_and_port(bind, port),
        certificate=CERTIFICATE,
        backend=BACKEND,
        authority=AUTHORITY,
    )
    return text + "".join(f"    server {server_line(server, bind=bind)}\n" for server in servers)


def server_line(server: Server, *, bind: str) -> str:
    """One server with all that belongs to it: what is added at run time inherits no defaults.

    Checked is whether somebody listens at its port, which the kernel answers. What else there is to know about a
    server, also that it hangs, its row tells. A question that it answers from its database would take all servers away
    when the database hangs. TLS, which the check speaks unless it names a port, has to be there within half a second: a
    server to which a thousand devices come at once takes longer, would count as down, lose them all, and have them come
    again.
    """
    source = "" if bind in EVERYWHERE else f" source {bind}"
    return (
        f"{server.id} {host_and_port(server.address, server.port)} ssl verify required ca-file {AUTHORITY} "
        f"verifyhost {server.name} alpn http/1.1 ssl-min-ver TLSv1.2{source} "
        f"check port {server.port} inter 500ms fastinter 100ms downinter 500ms fall 3 rise 1 "
        "on-marked-down shutdown-sessions"
    )
