"""Starts after a process that died half-way."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ums.connector.models import EnrolmentKey
from ums.connector.services.keys import digests_of
from ums.core.actor import SYSTEM
from ums.profiles.services import builtin_catalogues_store
from ums.project.demo import KEY, Demo
from ums.project.tls import server_files


@pytest.mark.django_db
def test_a_key_without_its_certificate_is_replaced(tmp_path: Path) -> None:
    files = server_files(tmp_path, "127.0.0.1")
    good = files.certificate.read_bytes()
    assert server_files(tmp_path, "127.0.0.1").certificate.read_bytes() == good
    pem = serialization.Encoding.PEM
    other = ec.generate_private_key(ec.SECP256R1())
    files.key.write_bytes(other.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    assert server_files(tmp_path, "127.0.0.1").certificate.read_bytes() != good


@pytest.mark.django_db
def test_a_key_file_of_a_demo_that_was_not_stored_is_replaced(tmp_path: Path) -> None:
    builtin_catalogues_store(actor=SYSTEM)
    file = tmp_path / "demo-fleet.key"
    file.write_text("AAAAA-AAAAA-AAAAA-AAAAA\n")
    Demo(tmp_path, "https://localhost", tmp_path / "ca.pem", 2).fill()
    key = EnrolmentKey.objects.get(name=KEY)
    assert key.digest in digests_of(file.read_text())
