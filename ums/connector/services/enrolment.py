"""Enrolment: a first-authentication key and a certificate request become a device with a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from ums.audit.services import record
from ums.connector.models import Certificate, EnrolmentKey
from ums.connector.services.certificates import Request, certificate_issue, check_request
from ums.connector.services.keys import digests_of
from ums.connector.unit_ids import check_unit_id
from ums.core.errors import AppError, Conflict
from ums.devices.models import Device
from ums.devices.services import device_register
from ums.live.messages import DevicesCutOff
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from ums.core.actor import Actor

ATTEMPTS = 3
"""How often an enrolment starts anew because another one was quicker."""


class _Overtaken(Exception):
    """Another enrolment used the key, or registered the device, at the same moment."""


def device_enrol(*, actor: Actor, unit_id: str, secret: str, csr: bytes) -> Certificate:
    """Take a device in. `secret` is the text of a first-authentication key, `csr` a PKCS#10 request (DER).

    1. The key is looked up by its digest, and must be enabled, not expired, not used (unless it is for mass
       deployment), and bound to this unit id or to none.
    2. The request must be signed by the key that it names, be strong, and name the unit id.
    3. An unknown device is registered. A known one that has a valid certificate gets another one only with a key
       bound to it, or when an administrator allowed it; its former certificates are void then.
    4. An answer that got lost may be fetched again: same key, same unit id, same public key, same certificate.

    Raises AppError `unit_id_invalid`, `key_unknown`, `key_disabled`, `key_expired`, `key_used`, `key_other_device`,
    `csr_…`, Conflict `device_known`.
    """
    check_unit_id(unit_id)
    request: Request | None = None
    for _ in range(ATTEMPTS):
        key = _find_key(unit_id, secret)
        request = request or check_request(csr, unit_id)
        if again := _issued_before(key, request):
            return again
        if key.used_count and key.kind != EnrolmentKey.Kind.MASS:
            raise AppError("key_used", "This first-authentication key has been used. Ask for a new one.", status=403)
        try:
            with transaction.atomic():
                return _enrol(actor, key, request)
        except (_Overtaken, IntegrityError):
            continue
    raise Conflict("enrolment_busy", "This device is being enrolled just now. Try again.")


def _find_key(unit_id: str, secret: str) -> EnrolmentKey:
    """The key with this text, if it may be used by this device at all."""
    # One query by digests, whatever was typed: nothing about other keys can be measured.
    key = EnrolmentKey.objects.select_related("directory").filter(digest__in=digests_of(secret)).first()
    if key is None:
        raise AppError("key_unknown", "This first-authentication key is not known.", status=401)
    if not key.enabled:
        raise AppError("key_disabled", "This first-authentication key is disabled.", status=403)
    if key.expires_at is not None and key.expires_at <= timezone.now():
        raise AppError("key_expired", "This first-authentication key has expired.", status=403)
    if key.unit_id not in ("", unit_id):
        raise AppError("key_other_device", "This first-authentication key is for another device.", status=403)
    return key


def _issued_before(key: EnrolmentKey, request: Request) -> Certificate | None:
    return Certificate.objects.filter(
        enrolment_key=key,
        device__unit_id=request.unit_id,
        public_key=request.pem,
        revoked_at=None,
        not_after__gt=timezone.now(),
    ).first()


def _enrol(actor: Actor, key: EnrolmentKey, request: Request) -> Certificate:
    device = Device.objects.select_for_update().filter(unit_id=request.unit_id).first()
    former: list[str] = []
    if device is None:
        try:
            device = device_register(actor=actor, unit_id=request.unit_id, directory=key.directory)
        except AppError as error:
            if error.code == "invalid" and Device.objects.filter(unit_id=request.unit_id).exists():
                raise _Overtaken from error
            raise
    else:
        # Asked anew now that nobody else can enrol this device: the same request may have just been answered.
        if again := _issued_before(key, request):
            return again
        former = _replace_certificates(device, key)
    certificate = certificate_issue(device=device, request=request, enrolment_key=key)
    _use(key)
    record(
        actor=actor,
        action="device.enrolled",
        target=device,
        before={"fingerprints": former} if former else None,
        after={"key": key.name, "fingerprint": certificate.fingerprint, "expires": certificate.not_after.isoformat()},
    )
    return certificate


def _replace_certificates(device: Device, key: EnrolmentKey) -> list[str]:
    """Revoke what a known device has, when it may have a new one. Returns the fingerprints."""
    now = timezone.now()
    valid = Certificate.objects.filter(device=device, revoked_at=None, not_after__gt=now)
    former = list(valid.values_list("fingerprint", flat=True))
    if former and key.unit_id != device.unit_id and not _take_permission(device):
        raise Conflict(
            "device_known",
            "This device is known with another certificate. Allow it to enrol again in the console, "
            "or use a key that is bound to its unit ID.",
        )
    if former:
        valid.update(revoked_at=now)
        publish_on_commit(DevicesCutOff((device.pk,)))
    return former


def _take_permission(device: Device) -> bool:
    """Whether an administrator allowed one more enrolment. It is used up: whoever takes it away first has it."""
    allowed = Device.objects.filter(pk=device.pk, reenrol_until__gt=timezone.now())
    return bool(allowed.update(reenrol_until=None))


def _use(key: EnrolmentKey) -> None:
    """Count the use, last of all so that the row is locked briefly. Raises _Overtaken when it was used meanwhile."""
    usable = EnrolmentKey.objects.filter(pk=key.pk, enabled=True)
    if key.kind != EnrolmentKey.Kind.MASS:
        usable = usable.filter(used_count=0)
    if not usable.update(used_count=F("used_count") + 1, last_used_at=timezone.now()):
        raise _Overtaken
