"""The database work of device sockets, for many devices at a time. Runs in threads; see `ums.connector.batching`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from django.db import transaction
from django.utils import timezone

from swp.models import Session
from swp.services.logins import Met, sessions_met
from ums.assets.services import assets_report
from ums.connector.metrics import TRANSFER_SECONDS
from ums.connector.models import Certificate
from ums.connector.proofs import Proof, ProofError
from ums.connector.services import certificates_supersede
from ums.connector.told import assets, domains, servers_for
from ums.devices.models import Presence, SettingsState
from ums.devices.services import (
    Applied,
    Sent,
    boots_write,
    deliveries_sent,
    devices_locked,
    inventory_write,
    settings_applied,
)
from ums.domain.presence import HEARTBEAT
from ums.domain.protocol import Command, LoginOptions, Ready, Settings, TellAssets, Unchanged, encode
from ums.effective.selectors import settings_for_devices
from ums.effective.services import local_settings_report
from ums.jobs.models import OPEN_STATES, CommandState
from ums.jobs.models import Command as CommandRow
from ums.jobs.services import command_finish, commands_claim, commands_reclaim

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from swp.services.logins import Open
    from ums.assets.services import AssetReport
    from ums.domain.protocol import CommandResult, Hello, Inventory, LocalSettings
    from ums.effective.selectors import DeviceSettings

T = TypeVar("T")

CHUNK = 2000
"""Ids in one statement."""

_TELL_ASSETS = encode(TellAssets())

INVENTORY_AGE = timedelta(hours=24)
"""A device that has not told what it is for so long is asked again."""


# ---------------------------------------------------------------- logins


class LoginRequest(NamedTuple):
    """A hello and what belongs to it. `proven`: fingerprint of the certificate that a trusted proxy has checked."""

    hello: Hello
    nonce: str
    address: str
    proven: str


class Refusal(NamedTuple):
    """Why a hello is not good: a reason of `metrics.CLOSE_OF_REASON`, and words for the log."""

    reason: str
    detail: str
    device_id: int | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """A good hello. `frames` are sent in this order: ready, then what was commanded. `login`: of the user there."""

    device_id: int
    certificate_id: int
    seq: int
    unchanged: bool
    frames: tuple[bytes, ...]
    login: str


@dataclass(frozen=True, slots=True)
class _Known:
    """A certificate with its device."""

    certificate_id: int
    public_key: str
    revoked_at: datetime | None
    not_after: datetime
    device_id: int
    unit_id: str
    name: str
    firmware: str
    firmware_version: str
    agent_version: str
    address: str
    inventory_at: datetime | None


_KNOWN = (
    "pk",
    "public_key",
    "revoked_at",
    "not_after",
    "device_id",
    "device__unit_id",
    "device__name",
    "device__firmware",
    "device__firmware_version",
    "device__agent_version",
    "device__ip_address",
    "device__inventory_at",
)


def log_in(requests: Sequence[LoginRequest]) -> list[Login | Refusal]:
    """Check who says hello and decide what to answer: nine queries for any number, and writes only for news."""
    proofs = [_proof(request) for request in requests]
    known = _known({name for name, _ in proofs if name})
    checked = [_check(request, *proof, known) for request, proof in zip(requests, proofs, strict=True)]
    ids = {entry.device_id for entry in checked if isinstance(entry, _Known)}
    met = {
        entry.device_id: Met(request.hello.login, request.hello.trying)
        for request, entry in zip(requests, checked, strict=True)
        if isinstance(entry, _Known)
    }
    users = sessions_met(met=met) if met else {}
    settings = settings_for_devices(device_ids=ids) if ids else {}
    answers: list[Login | Refusal] = []
    reached: list[Applied] = []
    boots: dict[int, str] = {}
    commands = _commands_for(ids)
    for request, entry in zip(requests, checked, strict=True):
        if isinstance(entry, Refusal):
            answers.append(entry)
        elif entry.device_id not in settings:
            answers.append(Refusal("certificate_unknown", "the device was deleted", entry.device_id))
        else:
            hello, found = request.hello, settings[entry.device_id]
            if found.state.boot_id != hello.boot_id:
                boots[entry.device_id] = hello.boot_id
            unchanged, applied = _decide(hello, entry, found)
            if applied:
                reached.append(Applied(entry.device_id, found.state.seq, hello.tag))
            waiting = commands.get(entry.device_id, ())
            answers.append(_login(request, entry, found, unchanged, waiting, users.get(entry.device_id)))
    certificates_supersede(in_use={e.device_id: e.certificate_id for e in checked if isinstance(e, _Known)})
    if boots:
        boots_write(boot_ids=boots)
    if reached:
        settings_applied(reports=reached)
    return answers


def _proof(request: LoginRequest) -> tuple[str, Proof | None]:
    """The fingerprint of the certificate, and the proof unless a trusted proxy has checked it."""
    if not request.hello.proof:
        return request.proven, None
    try:
        proof = Proof(request.hello.proof)
    except ProofError:
        return "", None
    return proof.fingerprint, proof


def _known(fingerprints: set[str]) -> dict[str, _Known]:
    rows = Certificate.objects.filter(fingerprint__in=fingerprints).order_by().values_list("fingerprint", *_KNOWN)
    return {fingerprint: _Known(*values) for fingerprint, *values in rows}


def _check(request: LoginRequest, fingerprint: str, proof: Proof | None, known: dict[str, _Known]) -> _Known | Refusal:
    if not fingerprint:
        return Refusal("proof_invalid", "there is no proof, or it cannot be read")
    entry = known.get(fingerprint)
    if entry is None:
        return Refusal("certificate_unknown", "no such certificate")
    if entry.unit_id != request.hello.unit_id:
        return Refusal("certificate_of_other", "the certificate is another device's", entry.device_id)
    if entry.revoked_at is not None:
        return Refusal("certificate_revoked", "the certificate is revoked", entry.device_id)
    if entry.not_after <= timezone.now():
        return Refusal("certificate_expired", "the certificate has expired", entry.device_id)
    if proof is not None:
        try:
            proof.verify(entry.public_key, unit_id=entry.unit_id, now=time.time(), nonce=request.nonce)
        except ProofError as error:
            return Refusal("proof_invalid", str(error), entry.device_id)
    return entry


def _decide(hello: Hello, entry: _Known, found: DeviceSettings) -> tuple[bool, bool]:
    """Whether the device has what it should have, and whether to store that it has.

    A change that waits for the next boot leaves everything as it is until a hello comes from another boot. A device
    with other firmware than it had reports first what it is: that may change what it should have.
    """
    state = found.state
    if (hello.firmware, hello.firmware_version) != (entry.firmware, entry.firmware_version):
        return False, False
    if state.pending and state.deferred and hello.tag and state.boot_id == hello.boot_id:
        return True, False
    unchanged = hello.tag == found.result.tag
    return unchanged, unchanged and state.pending


def _login(
    request: LoginRequest,
    entry: _Known,
    found: DeviceSettings,
    unchanged: bool,
    commands: Iterable[bytes],
    user: Open | None,
) -> Login:
    hello, linked = request.hello, domains.get()
    current, name = (user.request, user.user) if user else ("", "")
    ready = Ready(
        login=LoginOptions(bool(linked), linked, current, name),
        unchanged=unchanged,
        heartbeat=HEARTBEAT.total_seconds(),
        name=entry.name,
        servers=servers_for(entry.device_id),
        inventory=(
            entry.inventory_at is None
            or entry.inventory_at < timezone.now() - INVENTORY_AGE
            or found.state.boot_id != hello.boot_id
            or (entry.firmware, entry.firmware_version) != (hello.firmware, hello.firmware_version)
            or (entry.agent_version, entry.address) != (hello.agent_version, request.address)
        ),
    )
    asked = (_TELL_ASSETS,) if assets.get() else ()
    frames = (encode(ready), *asked, *commands)
    return Login(entry.device_id, entry.certificate_id, found.state.seq, unchanged, frames, current)


# ---------------------------------------------------------------- settings


class Asked(NamedTuple):
    """A device asks, and has the settings named by `tag`. `login`: of the user that is there, "" without."""

    device_id: int
    tag: str
    login: str = ""


class Answer(NamedTuple):
    """The frame for one ask."""

    frame: bytes
    complete: bool
    """Whether it holds settings."""
    login_ended: bool = False
    """The user of the ask is not logged in any more."""


def answer_asks(asks: Sequence[Asked]) -> list[Answer | None]:
    """The settings that devices should have, or that they have them. None: there is no such device any more."""
    settings = settings_for_devices(device_ids={ask.device_id for ask in asks})
    over = _logins_ended(asks)
    answers: list[Answer | None] = []
    reached: list[Applied] = []
    sent: list[Sent] = []
    for ask in asks:
        found = settings.get(ask.device_id)
        if found is None:
            answers.append(None)
        elif found.result.tag == ask.tag:
            unchanged = encode(Unchanged(found.state.seq))
            answers.append(Answer(unchanged, complete=False, login_ended=ask.device_id in over))
            if found.state.pending:
                reached.append(Applied(ask.device_id, found.state.seq, ask.tag))
        else:
            frame = encode(Settings(found.state.seq, found.result.tag, found.result.body))
            answers.append(Answer(frame, complete=True, login_ended=ask.device_id in over))
            sent.append(Sent(ask.device_id, found.state.seq, found.result.tag))
    if reached:
        settings_applied(reports=reached)
    if sent:
        deliveries_sent(sent=sent)
    return answers


def _logins_ended(asks: Sequence[Asked]) -> set[int]:
    """Devices that ask for a user who was logged out elsewhere: by an administrator, or with a switch."""
    with_users = {ask.device_id: ask.login for ask in asks if ask.login}
    if not with_users:
        return set()
    open_ones = Session.objects.filter(pk__in=with_users).order_by().values_list("pk", "login__request")
    return set(with_users) - {pk for pk, login in open_ones if with_users[pk] == login}


def store_applied(reports: Sequence[Applied]) -> list[None]:
    """Devices applied settings."""
    since = {
        (pk, seq): moment
        for pk, seq, moment in SettingsState.objects.filter(
            pk__in={report.device_id for report in reports}, pending=True, pending_since__isnull=False
        ).values_list("pk", "seq", "pending_since")
    }
    settings_applied(reports=reports)
    now = timezone.now()
    for report in reports:
        moment = since.get((report.device_id, report.seq))
        if moment is not None and not report.error:
            TRANSFER_SECONDS.observe((now - moment).total_seconds())
    return [None] * len(reports)


def pending_of(device_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Those of the devices whose settings wait to be fetched, with their seq."""
    found: list[tuple[int, int]] = []
    for part in chunks(device_ids):
        waiting = SettingsState.objects.filter(pk__in=part, pending=True, deferred=False)
        found.extend(waiting.values_list("pk", "seq"))
    return found


# ---------------------------------------------------------------- reports


class InventoryReport(NamedTuple):
    """An inventory, and what the hello said beside it."""

    device_id: int
    inventory: Inventory
    firmware: str
    firmware_version: str
    agent_version: str
    address: str


def store_inventories(reports: Sequence[InventoryReport]) -> list[bool]:
    """Store what devices are, in one transaction; False for devices that do not exist any more."""
    with transaction.atomic():
        existing = devices_locked(ids=(report.device_id for report in reports))
        # In the order of their numbers, since what belongs to a device is locked as well (docs/architecture.md, Locks).
        for report in sorted(reports, key=attrgetter("device_id")):
            if report.device_id in existing:
                inventory_write(**report._asdict())
    return [report.device_id in existing for report in reports]


class LocalReport(NamedTuple):
    """What was set at a device."""

    device_id: int
    reported: LocalSettings


def store_local_settings(reports: Sequence[LocalReport]) -> list[bool | None]:
    """Store what was set at devices; whether each changed something. None: the device does not exist any more."""
    with transaction.atomic():
        existing = devices_locked(ids=(report.device_id for report in reports))
        changed: dict[int, bool | None] = {}
        for number, report in sorted(enumerate(reports), key=lambda one: one[1].device_id):
            known = report.device_id in existing
            changed[number] = (
                local_settings_report(device_id=report.device_id, reported=report.reported) if known else None
            )
        return [changed[number] for number in range(len(reports))]


def store_assets(reports: Sequence[AssetReport]) -> list[bool]:
    """Store what devices tell of their peripherals, unless nobody wants to know; False for devices that are gone."""
    return assets_report(reports=reports) if assets.get() else [True] * len(reports)


class ResultReport(NamedTuple):
    """The end of a command."""

    device_id: int
    result: CommandResult


def store_results(reports: Sequence[ResultReport]) -> list[None]:
    """Store the ends of commands, in one transaction."""
    with transaction.atomic():
        for device_id, result in reports:
            command_finish(device_id=device_id, command_id=result.id, ok=result.ok, text=result.text)
    return [None] * len(reports)


# ---------------------------------------------------------------- commands


def claim_commands(device_ids: Sequence[int]) -> list[tuple[int, bytes]]:
    """What waits for these devices, as (device, frame); it counts as sent from now on."""
    claimed: list[CommandRow] = []
    for part in chunks(device_ids):
        # Looked at first: claiming takes the embedded database's one place for writers, mostly for nothing.
        waiting = CommandRow.objects.filter(device_id__in=part, state=CommandState.QUEUED).order_by()
        if ids := list(waiting.values_list("device_id", flat=True).distinct()):
            claimed.extend(commands_claim(device_ids=ids))
    return [(command.device_id, _frame(command)) for command in claimed]


def _commands_for(device_ids: Collection[int]) -> dict[int, list[bytes]]:
    """What devices that say hello are to do: first what was sent but has no result, then what waits."""
    open_ones = (
        CommandRow.objects.filter(device_id__in=device_ids, state__in=OPEN_STATES, expires_at__gt=timezone.now())
        .order_by()
        .values_list("device_id", "state")
        .distinct()
    )
    frames: dict[int, list[bytes]] = {}
    waiting = []
    for device_id, state in open_ones:
        if state == CommandState.SENT:
            frames.setdefault(device_id, []).extend(map(_frame, commands_reclaim(device_id=device_id)))
        else:
            waiting.append(device_id)
    for command in commands_claim(device_ids=waiting) if waiting else ():
        frames.setdefault(command.device_id, []).append(_frame(command))
    return frames


def _frame(command: CommandRow) -> bytes:
    return encode(Command(command.pk, command.kind, command.batch.arguments))


# ---------------------------------------------------------------- who may stay


class Held(NamedTuple):
    """A connection as the process that holds it knows it."""

    device_id: int
    certificate_id: int
    connected_at: datetime


def no_longer_good(held: Sequence[Held], server: str) -> list[tuple[int, str]]:
    """Connections whose certificate is void, or whose device has a newer connection elsewhere, with the reason."""
    now = timezone.now()
    ended: list[tuple[int, str]] = []
    for part in chunks(held):
        good = set(
            Certificate.objects.filter(pk__in=[entry.certificate_id for entry in part], revoked_at=None)
            .filter(not_after__gt=now)
            .order_by()
            .values_list("pk", flat=True)
        )
        elsewhere = dict(
            Presence.objects.filter(pk__in=[entry.device_id for entry in part], connected=True)
            .exclude(server=server)
            .values_list("pk", "connected_at")
        )
        for entry in part:
            if entry.certificate_id not in good:
                ended.append((entry.device_id, "cut_off"))
            elif (newer := elsewhere.get(entry.device_id)) and newer > entry.connected_at:
                ended.append((entry.device_id, "replaced"))
    return ended


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Parts of at most CHUNK items."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
