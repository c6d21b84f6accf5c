"""The device socket with devices that behave: logins, settings, deferral, commands, the end of a server."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.apps.connector.world import Server, SimDevice, csr_of, metric
from tests.factories import AssignmentFactory, CatalogueFactory, ProfileFactory
from ums.connector import runtime as connector_runtime
from ums.connector.models import Authority, Certificate
from ums.connector.services import authority_ensure, device_reenrol
from ums.connector.services.certificates import certificate_issue, check_request
from ums.core.actor import SYSTEM
from ums.devices.models import Device, Presence, SettingsState
from ums.devices.services import When, settings_changed
from ums.domain.protocol import (
    Adapter,
    Applied,
    Ask,
    Close,
    Command,
    CommandKind,
    CommandResult,
    Confirmed,
    Inventory,
    LocalSettings,
    Nudge,
    Ready,
    Reconnect,
    Settings,
    Unchanged,
    Welcome,
    decode_body,
)
from ums.jobs.models import Command as CommandRow
from ums.jobs.models import CommandState
from ums.jobs.services import commands_give


def apply(server: Server, device: SimDevice) -> Settings:
    """Log in, get settings, report them applied, leave."""
    talk = server.log_in(device)
    talk.send(Ask())
    settings = talk.expect(Settings)
    talk.send(Applied(seq=settings.seq, tag=settings.tag))
    server.wait(lambda: not device.state.pending, "applied is stored")
    talk.close()
    server.wait(lambda: device.row.pk not in server.runtime.links, "the device left")
    assert isinstance(settings, Settings)
    return settings


def change(device: SimDevice, when: When = When.NOW) -> None:
    """A profile that sets the volume is assigned to the device."""
    AssignmentFactory(device=device.row, profile=ProfileFactory(values={"system.volume": 70}))
    settings_changed(actor=SYSTEM, devices=Device.objects.filter(pk=device.row.pk), when=when)


# ---------------------------------------------------------------- login


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (ec.generate_private_key(ec.SECP521R1()), "ES512"),
        (rsa.generate_private_key(65537, 2048), "RS256"),
    ],
    ids=["P-256", "P-384", "P-521", "RSA"],
)
def test_every_kind_of_key_logs_in(server: Server, key: ec.EllipticCurvePrivateKey, algorithm: str) -> None:
    before = metric("ums_device_logins_total")
    server.log_in(SimDevice(key=key, algorithm=algorithm))
    assert metric("ums_device_logins_total") == before + 1


def test_first_settings_then_unchanged(server: Server, device: SimDevice) -> None:
    settings = apply(server, device)
    assert decode_body(settings.body).values["system.volume"] == 50
    talk = server.talk()
    ready = talk.log_in(device, tag=settings.tag)
    assert ready.unchanged
    assert ready.heartbeat == 60
    assert ready.name == device.row.name
    talk.send(Ask(tag=settings.tag))
    assert talk.expect(Unchanged).seq == settings.seq


def test_pending_but_equal_is_applied_at_hello(server: Server, device: SimDevice) -> None:
    settings = apply(server, device)
    settings_changed(actor=SYSTEM, devices=Device.objects.filter(pk=device.row.pk))
    assert server.talk().log_in(device, tag=settings.tag).unchanged
    state = device.state
    assert not state.pending
    assert state.applied_seq == state.seq > settings.seq


def test_many_devices_at_once_cost_few_batches(server: Server) -> None:
    CatalogueFactory()
    devices = [SimDevice() for _ in range(60)]
    talks = [server.talk() for _ in devices]
    hellos = [device.hello(talk.expect(Welcome)) for device, talk in zip(devices, talks, strict=True)]
    batches = []
    log_in = server.runtime.logins._work
    server.runtime.logins._work = lambda items: batches.append(len(items)) or log_in(items)  # type: ignore[func-returns-value]
    for talk, hello in zip(talks, hellos, strict=True):
        talk.send(hello)
    for talk in talks:
        talk.expect(Ready)
    assert sum(batches) == 60
    assert len(batches) < 20


def test_the_newer_connection_wins(server: Server, device: SimDevice) -> None:
    first = server.log_in(device)
    link = server.runtime.links[device.row.pk]
    before = metric("ums_device_connections")
    second = server.talk()
    second.log_in(device)
    assert first.closed(Close.REPLACED) == Close.REPLACED.reason
    second.send(Ask())
    second.expect(Settings)
    assert server.runtime.links[device.row.pk] is not link
    assert metric("ums_device_connections") == before


def test_renewed_certificate_ends_the_old_one_when_it_is_used(server: Server, device: SimDevice) -> None:
    old, key = device.certificate, ec.generate_private_key(ec.SECP256R1())
    new = device_reenrol(actor=SYSTEM, proven=old, csr=csr_of(key, device.row.unit_id))
    server.log_in(device)
    assert Certificate.objects.filter(revoked_at=None, device=device.row).count() == 2
    device.key, device.certificate = key, new
    server.log_in(device)
    assert Certificate.objects.get(revoked_at=None, device=device.row) == new


# ---------------------------------------------------------------- behind a proxy


def test_certificate_that_a_trusted_proxy_checked(server: Server, device: SimDevice, settings: object) -> None:
    from ipaddress import ip_network

    settings.UMS_TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]  # type: ignore[attr-defined]
    talk = server.talk({"X-SSL-CERT": quote(device.certificate.certificate), "X-Forwarded-For": "192.0.2.7"})
    assert talk.log_in(device, proof="").inventory
    talk.send(Inventory(hostname="behind"))
    talk.send(Ask())
    talk.expect(Settings)
    device.row.refresh_from_db()
    assert device.row.ip_address == "192.0.2.7"


def test_forwarded_certificate_of_another_authority_is_ignored(
    server: Server, device: SimDevice, settings: object
) -> None:
    from ipaddress import ip_network

    settings.UMS_TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]  # type: ignore[attr-defined]
    Authority.objects.filter(purpose=Authority.Purpose.DEVICE).delete()
    authority_ensure(purpose=Authority.Purpose.DEVICE)
    for header in (quote(device.certificate.certificate), "rubbish", "%00"):
        talk = server.talk({"X-SSL-CERT": header})
        talk.send(device.hello(talk.expect(Welcome), proof=""))
        talk.closed(Close.NOT_PROVEN)


# ---------------------------------------------------------------- settings


def test_change_reaches_a_connected_device(server: Server, device: SimDevice) -> None:
    settings = apply(server, device)
    talk = server.log_in(device, tag=settings.tag)
    sent, transfers = metric("ums_settings_sent_total"), metric("ums_settings_transfer_seconds_count")
    change(device)
    talk.expect(Nudge, seconds=1)
    talk.send(Ask(tag=settings.tag))
    new = talk.expect(Settings)
    assert decode_body(new.body).values["system.volume"] == 70
    assert decode_body(new.body).locked == ["system.volume"]
    talk.send(Applied(seq=new.seq, tag=new.tag))
    server.wait(lambda: device.state.applied_tag == new.tag, "applied is stored")
    assert metric("ums_settings_sent_total") == sent + 1
    assert metric("ums_settings_transfer_seconds_count") == transfers + 1


def test_failure_of_the_device_is_stored(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device)
    talk.send(Ask())
    settings = talk.expect(Settings)
    talk.send(Applied(seq=settings.seq, tag=settings.tag, error="hook 10-x failed"))
    server.wait(lambda: device.state.error == "hook 10-x failed", "the error is stored")


def test_lost_nudge_is_repaired_by_the_sweep(
    server: Server, device: SimDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = apply(server, device)
    talk = server.log_in(device, tag=settings.tag)
    AssignmentFactory(device=device.row, profile=ProfileFactory(values={"system.volume": 70}))
    # As if the message had never left the process that made the change
    SettingsState.objects.filter(pk=device.row.pk).update(seq=settings.seq + 1, pending=True)
    talk.expect(Nudge, seconds=connector_runtime.SWEEP_EVERY + 2)
    assert connector_runtime.SWEEP_EVERY <= 5, "docs/exchange.md promises it for what the command line applies"


def test_a_device_that_does_not_react_is_not_nudged_all_the_time(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device, tag=apply(server, device).tag)
    change(device)
    talk.expect(Nudge, seconds=2)
    server.run(server.runtime.sweep_settings())
    talk.silent()
    server.runtime.links[device.row.pk].nudged_at -= connector_runtime.NUDGE_AGAIN
    server.run(server.runtime.sweep_settings())
    talk.expect(Nudge)


def test_deferred_change_waits_for_the_next_boot(server: Server, device: SimDevice) -> None:
    settings = apply(server, device)
    talk = server.log_in(device, tag=settings.tag)
    change(device, When.NEXT_BOOT)
    talk.silent()
    server.run(server.runtime.sweep_settings())
    talk.silent()
    talk.close()
    # The same boot: nothing changes, and nothing is stored
    talk = server.talk()
    assert talk.log_in(device, tag=settings.tag).unchanged
    state = device.state
    assert state.pending
    assert state.deferred
    assert state.applied_seq == settings.seq
    # The next one
    talk = server.talk()
    assert not talk.log_in(device, tag=settings.tag, boot_id="boot-2").unchanged
    state = device.state
    assert state.pending
    assert not state.deferred
    assert state.boot_id == "boot-2"
    talk.send(Ask(tag=settings.tag))
    new = talk.expect(Settings)
    talk.send(Applied(seq=new.seq, tag=new.tag))
    server.wait(lambda: not device.state.pending, "applied")


def test_deferred_change_does_not_keep_an_empty_device_waiting(server: Server, device: SimDevice) -> None:
    settings = apply(server, device)
    change(device, When.NEXT_BOOT)
    assert not server.talk().log_in(device, tag="").unchanged
    assert server.talk().log_in(device, tag=settings.tag).unchanged


def test_other_firmware_reports_first(server: Server, device: SimDevice) -> None:
    settings = apply(server, device)
    talk = server.talk()
    ready = talk.log_in(device, tag=settings.tag, firmware="Test Linux", firmware_version="2.0")
    assert not ready.unchanged
    assert ready.inventory
    talk.send(Inventory(hostname="tc-1", cores=2, adapters=[Adapter("eth0", "00:e0:c5:00:00:01", ["192.0.2.1"])]))
    talk.send(Ask(tag=settings.tag))
    talk.receive()
    device.row.refresh_from_db()
    assert (device.row.firmware_version, device.row.network_name, device.row.cores) == ("2.0", "tc-1", 2)
    assert device.row.adapters.get().mac == "00:e0:c5:00:00:01"
    talk.close()
    again = server.talk().log_in(device, tag=settings.tag, firmware="Test Linux", firmware_version="2.0")
    assert again.unchanged
    assert not again.inventory


def test_what_is_set_at_the_device(server: Server, device: SimDevice) -> None:
    settings = apply(server, device)
    talk = server.log_in(device, tag=settings.tag)
    talk.send(LocalSettings(values={"system.volume": 33, "no.such": 1, "system.timezone": 7}))
    talk.expect(Nudge)
    talk.send(Ask(tag=settings.tag))
    assert decode_body(talk.expect(Settings).body).values["system.volume"] == 33


# ---------------------------------------------------------------- commands


def test_command_from_click_to_confirmation(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device)
    commands_give(
        actor=SYSTEM,
        devices=Device.objects.filter(pk=device.row.pk),
        kind=CommandKind.MESSAGE,
        target="it",
        arguments={"text": "Hello"},
    )
    command = talk.expect(Command, seconds=2)
    assert (command.kind, command.arguments) == ("message", {"text": "Hello"})
    talk.send(CommandResult(id=command.id, ok=True, text="shown"))
    assert talk.expect(Confirmed).id == command.id
    row = CommandRow.objects.get(pk=command.id)
    assert (row.state, row.text) == (CommandState.SUCCEEDED, "shown")
    talk.send(CommandResult(id=command.id, ok=False))
    talk.expect(Confirmed)
    row.refresh_from_db()
    assert row.state == CommandState.SUCCEEDED


def test_command_waits_for_the_device_and_comes_again_after_a_lost_connection(
    server: Server, device: SimDevice
) -> None:
    commands_give(actor=SYSTEM, devices=Device.objects.filter(pk=device.row.pk), kind=CommandKind.REBOOT, target="it")
    talk = server.log_in(device)
    command = talk.expect(Command)
    talk.cut()
    server.wait(lambda: not server.runtime.links, "the connection is gone")
    talk = server.log_in(device)
    assert talk.expect(Command) == command


def test_result_of_another_devices_command_changes_nothing(server: Server, device: SimDevice) -> None:
    commands_give(actor=SYSTEM, devices=Device.objects.filter(pk=device.row.pk), kind=CommandKind.REBOOT, target="it")
    row = CommandRow.objects.get()
    talk = server.log_in(SimDevice())
    talk.send(CommandResult(id=row.pk, ok=True))
    talk.expect(Confirmed)
    row.refresh_from_db()
    assert row.state == CommandState.QUEUED


# ---------------------------------------------------------------- the end of a server


def test_drain_tells_devices_to_come_back(server: Server, device: SimDevice) -> None:
    polite, deaf = server.log_in(device), server.log_in(SimDevice())
    waiting = server.talk()
    waiting.expect(Welcome)
    server.wait(lambda: Presence.objects.filter(connected=True).count() == 2, "both are stored", 3)
    stopping = asyncio.run_coroutine_threadsafe(connector_runtime.stop(drain=True), server.loop)  # type: ignore[arg-type]
    assert polite.expect(Reconnect).within >= 5
    polite.close()
    assert deaf.closed(Close.RESTART) == Close.RESTART.reason
    waiting.closed(Close.RESTART)
    start = time.monotonic()
    stopping.result(10)
    assert time.monotonic() - start < 8
    assert not Presence.objects.filter(connected=True).exists()
    server.talk().closed(Close.RESTART)


def test_stopping_twice_does_nothing(server: Server) -> None:
    server.run(connector_runtime.stop(drain=True))
    server.run(connector_runtime.stop(drain=True))
    assert connector_runtime.current() is None


def test_certificate_that_was_issued_by_hand_serves_too(server: Server, device: SimDevice) -> None:
    """Two valid certificates of one device: the one that proves counts."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = check_request(csr_of(key, device.row.unit_id), device.row.unit_id)
    device.certificate, device.key = certificate_issue(device=device.row, request=request, enrolment_key=None), key
    server.log_in(device)
