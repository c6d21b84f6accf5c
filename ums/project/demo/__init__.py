"""A tenant for trying out: two hospitals and a call centre, 21 profiles, and a fleet that connects for real.

Filled through the services as an administrator would, and found again by name: a second start changes nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import transaction

from ums.connector.models import EnrolmentKey
from ums.connector.services.keys import enrolment_key_reveal, enrolment_keys_create
from ums.core.private import write_private
from ums.project.demo.filling import DEMO, SEED, tenant_fill

if TYPE_CHECKING:
    from pathlib import Path

KEY = "Demo fleet"


class Demo:
    """The demo tenant of one data directory, and its simulated fleet as a child process."""

    def __init__(self, data: Path, url: str, ca: Path, devices: int) -> None:
        self._data, self._url, self._ca, self._devices = data, url, ca, devices
        self._process: subprocess.Popen[bytes] | None = None

    def fill(self) -> None:
        """Directories, profiles with assignments, the key, and the devices' entries."""
        with transaction.atomic():
            known = self._key_file.exists() and EnrolmentKey.objects.filter(name=KEY).exists()
            secret = "" if known else _key()
            tenant_fill(devices=self._devices)
        # Not before the commit: a file with a key that the database never got would keep the fleet out for good.
        if secret:
            write_private(self._key_file, secret + "\n")

    def start(self) -> None:
        """Switch the fleet on."""
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "ums.project.cli", "simulate", "--server", self._url, "--ca", str(self._ca)),
                *("--key-file", str(self._key_file), "--devices", str(self._devices), "--seed", str(SEED)),
                *("--ramp", str(min(20.0, 1 + self._devices / 50)), "--state", str(self._data / "demo-fleet")),
                *("--restless", "0.05", "--quiet", "--exit-with-parent"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "UMS_SUPERUSER_PASSWORD"},
            start_new_session=True,
        )

    def stop(self) -> None:
        """Switch the fleet off."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()

    @property
    def _key_file(self) -> Path:
        return self._data / "demo-fleet.key"


def _key() -> str:
    """The secret of the fleet's mass-deployment key."""
    key = EnrolmentKey.objects.filter(name=KEY).first()
    if key is None:
        return enrolment_keys_create(actor=DEMO, kind=EnrolmentKey.Kind.MASS, name=KEY)[0].secret
    return enrolment_key_reveal(actor=DEMO, key=key)
