"""Back-off, servers, journal, atomic files, state, facts, identity: the parts of the agent without a network."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import jwt
import msgspec
import pytest
from cryptography import x509

from tests.unit.peer import Authority, der
from ums.agent import facts, models
from ums.agent.backoff import Backoff
from ums.agent.connection import clean_server
from ums.agent.identity import Identity, IdentityError, KeyType
from ums.agent.journal import INTERRUPTED, REMEMBERED, Journal
from ums.agent.link import Servers
from ums.agent.measure import percentiles
from ums.agent.state import State, StateError, StoredInstance, StoredSettings, changes
from ums.agent.storage import write_atomic
from ums.domain.protocol import PROOF_AUDIENCE, PROOF_LIFETIME, CommandResult, Settings, decode_device, encode

# ---------------------------------------------------------------- back-off


def test_backoff_doubles_with_full_jitter_up_to_the_cap() -> None:
    for attempt, ceiling in [(0, 1), (3, 8), (8, 256), (9, 300), (40, 300)]:
        delays = []
        for seed in range(400):
            backoff = Backoff(Random(seed))
            for _ in range(attempt):
                backoff.after_failure()
            delays.append(backoff.after_failure())
        assert 0 <= min(delays) < ceiling * 0.05
        assert ceiling * 0.95 < max(delays) <= ceiling


def test_backoff_starts_anew_after_a_good_connection_and_after_a_restart() -> None:
    backoff = Backoff(Random(1))
    for _ in range(10):
        backoff.after_failure()
    backoff.reset()
    assert backoff.after_failure() <= 1
    for _ in range(10):
        backoff.after_failure()
    assert backoff.after_restart(20) <= 20
    assert backoff.after_failure(floor=60) <= 61
    assert backoff.after_restart(-5) == 0


def test_servers_are_tried_in_turn_and_the_configured_one_stays() -> None:
    servers = Servers("https://a:8443", ["https://b:8443", "ftp://x", "http://far.example"])
    assert servers.known == ("https://b:8443", "https://a:8443")
    tried = []
    for _ in range(3):
        tried.append(servers.current)
        servers.next()
    assert tried == ["https://a:8443", "https://b:8443", "https://a:8443"]
    assert servers.learn(["https://c:1"])
    assert not servers.learn(["https://c:1"])
    assert not servers.learn([])
    assert servers.known == ("https://c:1", "https://a:8443")
    servers.next()
    assert servers.current == "https://c:1"


@pytest.mark.parametrize("url", ["", "ums", "ums:8443", "http://ums.example", "https://", "https://a:port", "wss://a"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|encrypted"):
        clean_server(url)


def test_addresses() -> None:
    assert clean_server(" https://UMS.example:8443/path?x ") == "https://ums.example:8443"
    assert clean_server("https://[::1]:1") == "https://[::1]:1"
    assert clean_server("http://127.0.0.1:8000") == "http://127.0.0.1:8000"


# ---------------------------------------------------------------- journal


def test_a_command_is_begun_once_even_after_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "commands.json")
    assert journal.begin(1)
    assert not journal.begin(1)
    again = Journal(tmp_path / "commands.json")
    assert not again.begin(1)
    assert again.unconfirmed() == [CommandResult(id=1, ok=False, text=INTERRUPTED)]
    again.finish(CommandResult(id=1, ok=True))
    again.confirm(1)
    again.confirm(99)
    last = Journal(tmp_path / "commands.json")
    assert last.unconfirmed() == []
    assert last.confirmed(1)
    assert last.result(1) == CommandResult(id=1, ok=True)


def test_a_damaged_journal_and_a_long_one(tmp_path: Path) -> None:
    path = tmp_path / "commands.json"
    path.write_text("{")
    journal = Journal(path)
    for number in range(REMEMBERED + 50):
        journal.finish(CommandResult(id=number, ok=True))
        journal.confirm(number)
    journal.finish(CommandResult(id=10_000, ok=True))
    assert len(json.loads(path.read_bytes())) == REMEMBERED + 1
    assert journal.result(REMEMBERED + 49) is not None


# ---------------------------------------------------------------- files

WRITER = """
import sys
from pathlib import Path
from ums.agent.storage import write_atomic
path, turn = Path(sys.argv[1]), 0
print("go", flush=True)
while True:
    turn += 1
    write_atomic(path, (b"%d " % turn) * 20000)
"""


def test_kill_9_leaves_the_old_content_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    random = Random(7)
    for _ in range(12):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"go\n"
            time.sleep(random.uniform(0.01, 0.12))
            process.send_signal(signal.SIGKILL)
        if path.exists():
            parts = path.read_bytes().split()
            assert len(parts) == 20000
            assert len(set(parts)) == 1
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    State(tmp_path).close()
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_failed_write_keeps_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")
    with pytest.raises(TypeError):
        write_atomic(path, "text")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


# ---------------------------------------------------------------- state


def settings(seq: int, values: dict[str, object], instances: dict[str, object] | None = None) -> Settings:
    body = msgspec.msgpack.encode({"values": values, "instances": instances or {}, "locked": list(values)})
    return Settings(seq=seq, tag=f"t{seq}", body=msgspec.Raw(body))


def test_changes_name_concrete_paths() -> None:
    old = StoredSettings(values={"a": 1, "b": 2}, instances={"17": StoredInstance("s.rdp%", {"server": "x"})})
    new = StoredSettings(values={"a": 1, "b": True}, instances={"18": StoredInstance("s.rdp%", {"server": "y"})})
    assert changes(old, new) == [
        {"path": "b", "old": 2, "new": True},
        {"path": "s.rdp17.server", "old": "x", "new": None},
        {"path": "s.rdp18.server", "old": None, "new": "y"},
    ]


def test_settings_file_and_changes_that_survive_a_crash(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.store(settings(1, {"a": 1}))
    assert json.loads(state.settings_path.read_bytes()) == {
        "tag": "t1", "seq": 1, "values": {"a": 1}, "instances": {}, "locked": ["a"], "files": [],
    }  # fmt: skip
    assert stat.S_IMODE(state.settings_path.stat().st_mode) == 0o600
    state.settle()
    assert state.pending_changes() == []
    state.store(settings(2, {"a": 2}))
    state.close()  # killed before the hooks had run

    state = State(tmp_path)
    assert state.settings.tag == "t2"
    assert state.pending_changes() == [{"path": "a", "old": 1, "new": 2}]
    state.store(settings(3, {"a": 3}))
    assert state.pending_changes() == [{"path": "a", "old": 1, "new": 3}]
    state.settle()
    state.settings_path.write_text("{")
    state.close()
    assert State(tmp_path).settings == StoredSettings()


def test_one_agent_per_directory(tmp_path: Path) -> None:
    state = State(tmp_path / "new" / "deep")
    with pytest.raises(StateError, match="already runs"):
        State(tmp_path / "new" / "deep")
    state.close()
    State(tmp_path / "new" / "deep").close()
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be used"):
        State(tmp_path / "file")


def test_local_settings(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert state.local_stamp() is None
    assert state.load_local().values == {}
    state.path("local.json").write_text(
        '{"values": {"a": 1}, "instances": {"1": {"class": "s%", "values": {"b": "c"}}}}'
    )
    assert state.local_stamp() is not None
    assert decode_device(encode(state.load_local())) == state.load_local()
    for wrong in ("{", "[]", json.dumps({"values": {"a": []}}), json.dumps({"values": {"a" * 300: 1}})):
        state.path("local.json").write_text(wrong)
        with pytest.raises(StateError, match="not reported"):
            state.load_local()


def test_reset_keeps_hooks_and_the_journal(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.store(settings(1, {"a": 1}))
    Identity.create().save(state.path("identity.pem"))
    state.save_servers(("https://a",))
    state.path("commands.json").write_text("{}")
    state.path("apply.d").mkdir()
    state.reset()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["apply.d", "commands.json", "lock"]
    assert state.settings.tag == ""
    assert state.load_servers() == []


# ---------------------------------------------------------------- facts


def make(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_facts_of_a_thin_client(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "sys/class/dmi/id/sys_vendor": "Nordkap\n",
            "sys/class/dmi/id/product_name": "To Be Filled By O.E.M.\n",
            "sys/class/dmi/id/product_serial": "S123\n",
            "sys/class/dmi/id/bios_version": "3.14\n",
            "proc/cpuinfo": "processor\t: 0\nmodel name\t: AMD R1505G\n\nprocessor\t: 1\nmodel name\t: AMD R1505G\n",
            "proc/meminfo": "MemTotal:        8155488 kB\nMemFree: 1 kB\n",
            "sys/block/sda/device/model": "x",
            "sys/block/sda/size": "31277232\n",
            "sys/block/loop0/size": "999\n",
            "etc/os-release": 'NAME="UMS Linux"\nVERSION_ID=1.0.0\n# comment\n',
            "sys/class/net/lo/address": "00:00:00:00:00:00",
            "sys/class/net/br0/address": "02:00:00:00:00:09",
            "sys/class/net/br0/ifindex": "2",
            "sys/class/net/eth0/address": "00:e0:c5:12:34:56\n",
            "sys/class/net/eth0/ifindex": "3\n",
            "sys/class/net/eth0/device/vendor": "x",
            "proc/net/if_inet6": "fe800000000000000211fffe123456ab 03 40 20 80     eth0\n",
            "proc/sys/kernel/random/boot_id": "b-1\n",
        },
    )
    found = facts.inventory(tmp_path, name="tc-1", structure_tag="berlin")
    assert (found.vendor, found.product, found.serial_number, found.bios) == ("Nordkap", "", "S123", "3.14")
    assert (found.cpu, found.cores, found.memory_mb, found.storage_mb) == ("AMD R1505G", 2, 7964, 15272)
    assert (found.hostname, found.os_name, found.os_version, found.structure_tag) == (
        "tc-1",
        "UMS Linux",
        "1.0.0",
        "berlin",
    )
    assert [adapter.name for adapter in found.adapters] == ["eth0", "br0"]
    assert "fe80::211:fffe:1234:56ab" in found.adapters[0].addresses
    assert facts.default_unit_id(tmp_path) == "00E0C5123456"
    assert facts.boot_id(tmp_path) == "b-1"


def test_facts_of_screens(tmp_path: Path) -> None:
    for name, state in (("card0-DP-1", "connected"), ("card0-HDMI-A-1", "disconnected"), ("card0-DP-2", "connected")):
        (tmp_path / "sys/class/drm" / name).mkdir(parents=True)
        (tmp_path / "sys/class/drm" / name / "status").write_text(f"{state}\n")
    (tmp_path / "sys/class/drm/card0").mkdir()
    assert facts.inventory(tmp_path).extra == {"monitors": "2"}
    (tmp_path / "etc/X11").mkdir(parents=True)
    (tmp_path / "etc/X11/xorg.conf").write_text('SubSection "Display"\n  Virtual 1920 1200\nEndSubSection\n')
    assert facts.displays(tmp_path) == {"monitors": "2", "display.virtual": "1920x1200"}


def test_facts_where_nothing_can_be_read(tmp_path: Path) -> None:
    found = facts.inventory(tmp_path)
    assert found.hostname
    assert found.adapters == []
    with pytest.raises(LookupError):
        facts.default_unit_id(tmp_path)
    make(tmp_path, {"etc/machine-id": "abc\n"})
    assert facts.default_unit_id(tmp_path) == "abc"


def test_facts_of_this_machine_fit_the_wire() -> None:
    found = facts.inventory()
    assert decode_device(encode(found)) == found
    assert found.cores > 0
    assert found.memory_mb > 0


def test_simulated_devices_are_the_same_each_time_and_fit_the_wire() -> None:
    fleet = [models.inventory(5, index) for index in range(300)]
    assert fleet == [models.inventory(5, index) for index in range(300)]
    assert {found.product for found in fleet} == {model.product for model in models.MODELS}
    assert len({models.firmware_version(5, index) for index in range(300)}) == 3
    assert len({models.unit_id(5, index) for index in range(300)} | {models.unit_id(6, 0)}) == 301
    assert all(decode_device(encode(found)) == found for found in fleet)


# ---------------------------------------------------------------- identity


@pytest.mark.parametrize(("kind", "algorithm"), [(KeyType.P256, "ES256"), (KeyType.RSA, "RS256")])
def test_identity(tmp_path: Path, kind: KeyType, algorithm: str) -> None:
    path, authority = tmp_path / "identity.pem", Authority("ca")
    assert Identity.load(path) is None
    fresh = Identity.create(kind)
    fresh.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    loaded = Identity.load(path)
    assert loaded is not None
    assert loaded.unit_id == ""
    request = x509.load_der_x509_csr(loaded.csr("UNIT"))
    assert request.is_signature_valid
    enrolled = loaded.with_certificate(der(authority.sign(request.subject, request.public_key())), "UNIT")
    enrolled.save(path)
    again = Identity.load(path)
    assert again is not None
    assert (again.unit_id, again.fingerprint, again.pem()) == ("UNIT", enrolled.fingerprint, enrolled.pem())

    proof = again.proof("UNIT", 1_000_000.9, nonce="n")
    assert jwt.get_unverified_header(proof) == {"alg": algorithm, "kid": enrolled.fingerprint, "typ": "JWT"}
    claims = jwt.decode(proof, request.public_key(), [algorithm], {"verify_exp": False}, audience=PROOF_AUDIENCE)
    assert claims == {
        "sub": "UNIT", "aud": PROOF_AUDIENCE, "iat": 1_000_000, "exp": 1_000_000 + PROOF_LIFETIME, "nonce": "n",
    }  # fmt: skip
    assert len(proof) <= 2048


def test_certificates_that_do_not_fit(tmp_path: Path) -> None:
    authority, identity = Authority("ca"), Identity.create()
    request = x509.load_der_x509_csr(identity.csr("UNIT"))
    for certificate, unit, reason in [
        (der(authority.sign(request.subject, Identity.create().key.public_key())), "UNIT", "another key"),
        (der(authority.sign(request.subject, request.public_key())), "OTHER", "does not name"),
        (b"junk", "UNIT", "cannot be read"),
    ]:
        with pytest.raises(IdentityError, match=reason):
            identity.with_certificate(certificate, unit)
    (tmp_path / "identity.pem").write_text("-----BEGIN PRIVATE KEY-----")
    with pytest.raises(IdentityError, match="damaged"):
        Identity.load(tmp_path / "identity.pem")


@pytest.mark.parametrize(
    ("days", "left", "wanted"), [(365, 31, False), (365, 29, True), (30, 11, False), (30, 9, True)]
)
def test_renewal_is_due_thirty_days_before_expiry_or_in_the_last_third(days: float, left: float, wanted: bool) -> None:
    identity = Identity.create()
    request = x509.load_der_x509_csr(identity.csr("U"))
    enrolled = identity.with_certificate(
        der(Authority("ca").sign(request.subject, request.public_key(), days=days)), "U"
    )
    assert enrolled.wants_renewal(datetime.now(UTC) + timedelta(days=days - left)) is wanted


def test_percentiles() -> None:
    assert percentiles([]) == {}
    assert percentiles(n / 1000 for n in range(1, 101)) == {"p50": 50.0, "p90": 90.0, "p99": 99.0, "max": 100.0}
