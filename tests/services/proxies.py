"""The proxies of docs/proxies/ with their real programs, before a server of the tests."""

from __future__ import annotations

import os
from pathlib import Path

from tests.services.packages import program
from tests.services.process import Process, free_port
from tests.services.server import Server

EXAMPLES = Path(__file__).parents[2] / "docs" / "proxies"

NGINX = """\
daemon off;
pid {directory}/nginx.pid;
error_log stderr warn;
{user}
events {{ }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/example.conf;
}}
"""
"""What a distribution's own file has around the example."""


class Proxy:
    """The example of one kind (“nginx”, “haproxy”), with the addresses and files of this test in place of its own."""

    def __init__(self, kind: str, directory: Path, server: Server) -> None:
        self.port = free_port()
        tls = server.data / "tls"
        pair = directory / "pair.pem"
        pair.write_text((tls / "server.pem").read_text() + (tls / "server.key").read_text())
        pair.chmod(0o600)
        common = {
            "10.0.0.11:8443": f"127.0.0.1:{server.port}",
            "10.0.0.12:8443": f"127.0.0.1:{server.port}",
            "/etc/ssl/ums/ums.example.com.pem": str(pair),
            "/etc/ssl/ums/ums-ca.pem": str(tls / "ca.pem"),
        }
        command: list[str | Path]
        if kind == "nginx":
            text = adapted(
                "nginx.conf",
                {
                    **common,
                    "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                    "/etc/ssl/ums/ums.example.com.key": str(pair),
                },
            )
            (directory / "example.conf").write_text(text)
            main = directory / "nginx.conf"
            main.write_text(NGINX.format(directory=directory, user="user root;" if os.geteuid() == 0 else ""))
            command = [program("nginx"), "-p", directory, "-e", "stderr", "-c", main]
        else:
            main = directory / "haproxy.cfg"
            main.write_text(
                adapted(
                    "haproxy.cfg",
                    # Fewer connections: who runs the tests may not open as many files.
                    {**common, "0.0.0.0:443": f"127.0.0.1:{self.port}", "maxconn 20000": "maxconn 500"},
                )
            )
            command = [program("haproxy"), "-db", "-f", main]
        self._command = command
        self._log = directory / "log"
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"https://localhost:{self.port}"

    def start(self) -> None:
        """Start it."""
        self.process = Process(self._command, self._log)

    def stop(self) -> None:
        """End it."""
        if self.process:
            self.process.stop()


def adapted(name: str, replacements: dict[str, str]) -> str:
    """An example with other addresses and files. Raises ValueError when it lacks one of those that are replaced."""
    text = (EXAMPLES / name).read_text()
    for old, new in replacements.items():
        if old not in text:
            raise ValueError(f"{name} has no {old}.")
        text = text.replace(old, new)
    return text
