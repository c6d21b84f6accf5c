"""`ums agent` as users start it: a device of its own beside the simulated ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.services.process import Process, wait_until
from tests.services.server import Server


class Agent:
    """One real agent with its state directory."""

    def __init__(self, state: Path, server: Server, key: str, *, unit_id: str, name: str, url: str = "") -> None:
        """`url`: another way to the server, through a proxy."""
        state.mkdir(mode=0o700)
        key_file = state.parent / "key"
        key_file.write_text(key)
        key_file.chmod(0o600)
        self.state = state
        self.command = [
            *(Path(sys.executable).with_name("ums"), "agent", "--server", url or server.url, "--key-file", key_file),
            *("--ca", server.data / "tls" / "ca.pem", "--state", state, "--unit-id", unit_id, "--name", name),
            *("--files", state.parent / "root"),
        ]
        self.process: Process | None = None

    def start(self) -> None:
        """Start it and wait until it has settings."""
        self.process = Process([str(part) for part in self.command], self.state.parent / "agent.log")
        self.process.wait_ready((self.state / "settings.json").exists)

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        return self.process.stop() if self.process else 0

    def hook(self, name: str, script: str) -> None:
        """Put an executable into apply.d/."""
        directory = self.state / "apply.d"
        directory.mkdir(exist_ok=True)
        (directory / name).write_text(script)
        (directory / name).chmod(0o700)

    @property
    def values(self) -> dict[str, Any]:
        """What the settings file holds."""
        return dict(json.loads((self.state / "settings.json").read_text())["values"])

    def wait_values(self, expected: dict[str, Any], seconds: float) -> None:
        """Until the file holds them. Raises TimeoutError that names what it holds instead."""

        def there() -> bool:
            values = self.values
            return all(values.get(path) == value for path, value in expected.items())

        try:
            wait_until(there, seconds, f"{expected} in the agent's settings file")
        except TimeoutError as error:
            found = {path: self.values.get(path) for path in expected}
            raise TimeoutError(f"{error}; it holds {found}") from None


def enrolled(server: Server, directory: str, state: Path, *, unit_id: str, name: str) -> Agent:
    """An agent, not yet started, that will enrol into a directory of devices with a key of its own."""
    with server.api() as api:
        directories = api.get("directories/", params={"kind": "device", "limit": 500}).json()["items"]
        where = next(entry["id"] for entry in directories if entry["name"] == directory)
        key = {"name": name, "kind": "bound", "unit_ids": [unit_id], "directory": where}
        made = api.post("enrolment-keys/", json=key)
        made.raise_for_status()
    return Agent(state, server, made.json()["items"][0]["secret"], unit_id=unit_id, name=name)
