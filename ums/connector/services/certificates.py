"""Device certificates: requests checked, certificates issued, renewed and revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.db import transaction
from django.utils import timezone

from ums.audit.services import record
from ums.connector.models import Authority, Certificate, EnrolmentKey
from ums.connector.services.authorities import CLOCK_SKEW, authority_ensure, authority_pair, key_usage
from ums.core.access import Action, require
from ums.core.errors import AppError
from ums.devices.models import Device
from ums.live.messages import DevicesCutOff
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ums.core.actor import Actor

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

LIFETIME = timedelta(days=365)
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
RSA_BITS = range(2048, 4097)


class Request(NamedTuple):
    """A certificate signing request that was found good."""

    unit_id: str
    public_key: PublicKey

    @property
    def pem(self) -> str:
        """The public key as it is stored."""
        return self.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def check_request(csr: bytes, unit_id: str) -> Request:
    """A CSR (DER) of the device `unit_id`. Raises AppError `csr_invalid`, `csr_other_name`, `csr_weak_key`."""
    try:
        request = x509.load_der_x509_csr(csr)
        names = [str(name.value) for name in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        key = request.public_key()
    except Exception as error:  # cryptography raises half a dozen kinds of errors for malformed input
        raise _bad_request() from error
    if names != [unit_id]:
        raise AppError("csr_other_name", "The common name of the certificate request must be the unit ID.")
    strong = (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES)) or (
        isinstance(key, rsa.RSAPublicKey) and key.key_size in RSA_BITS
    )
    if not strong:
        raise AppError("csr_weak_key", "Use a key of type P-256, P-384, P-521, or RSA with 2048 to 4096 bits.")
    assert isinstance(key, PublicKey)
    try:
        signed = request.is_signature_valid
    except Exception as error:  # an unknown signature algorithm, for one
        raise _bad_request() from error
    if not signed:
        raise _bad_request()
    return Request(unit_id, key)


def certificate_issue(*, device: Device, request: Request, enrolment_key: EnrolmentKey | None) -> Certificate:
    """Sign a certificate with the device CA and store it. The caller runs a transaction and records the event."""
    authority = authority_pair(authority=authority_ensure(purpose=Authority.Purpose.DEVICE))
    now = datetime.now(UTC).replace(microsecond=0)
    issued = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, request.unit_id)]))
        .issuer_name(authority.certificate.subject)
        .public_key(request.public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(request.public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
        .sign(authority.key, hashes.SHA256())
    )
    certificate = Certificate(
        device=device,
        fingerprint=issued.fingerprint(hashes.SHA256()).hex(),
        serial_number=f"{issued.serial_number:x}",
        public_key=request.pem,
        certificate=issued.public_bytes(Encoding.PEM).decode(),
        enrolment_key=enrolment_key,
        not_after=now + LIFETIME,
    )
    certificate.clean_fields(exclude=["enrolment_key", "revoked_at"])
    certificate.save(force_insert=True)
    return certificate


@transaction.atomic
def device_reenrol(*, actor: Actor, proven: Certificate, csr: bytes) -> Certificate:
    """A new certificate for the device that proved to hold the key of `proven` (RFC 7030 §4.2.2).

    `proven` stays valid until the new one is used: an answer may get lost, and the device must be able to ask again.
    A request for a key that has a valid certificate gets that one. Raises AppError (see check_request).
    """
    device = proven.device
    request = check_request(csr, device.unit_id)
    # One renewal of a device at a time; a second one finds the certificate of the first.
    Device.objects.select_for_update().get(pk=device.pk)
    valid = Certificate.objects.filter(device=device, revoked_at=None, not_after__gt=timezone.now())
    if again := valid.filter(public_key=request.pem).exclude(pk=proven.pk).first():
        return again
    valid.exclude(pk=proven.pk).update(revoked_at=timezone.now())
    renewed = certificate_issue(device=device, request=request, enrolment_key=proven.enrolment_key)
    record(
        actor=actor,
        action="device.renewed",
        target=device,
        before={"fingerprint": proven.fingerprint},
        after={"fingerprint": renewed.fingerprint, "expires": renewed.not_after.isoformat()},
    )
    return renewed


def certificates_supersede(*, in_use: Mapping[int, int]) -> int:
    """Devices logged in with these certificates (device → certificate): older ones are void. Returns how many.

    Not an event of its own: the renewal that made the newer certificate is recorded.
    """
    others = Certificate.objects.filter(device__in=in_use, revoked_at=None).exclude(pk__in=in_use.values()).order_by()
    older = [pk for pk, device_id in others.values_list("pk", "device_id") if pk < in_use[device_id]]
    return Certificate.objects.filter(pk__in=older).update(revoked_at=timezone.now()) if older else 0


@transaction.atomic
def certificate_revoke(*, actor: Actor, certificate: Certificate) -> Certificate:
    """Make a certificate void; a device that is connected with it is cut off. Raises NotAllowed."""
    require(actor.user, Action.WRITE, certificate.device)
    now = timezone.now()
    if Certificate.objects.filter(pk=certificate.pk, revoked_at=None).update(revoked_at=now):
        certificate.revoked_at = now
        record(
            actor=actor,
            action="certificate.revoked",
            target=certificate.device,
            after={"fingerprint": certificate.fingerprint},
        )
        publish_on_commit(DevicesCutOff((certificate.device_id,)))
    return certificate


def _bad_request() -> AppError:
    return AppError("csr_invalid", "The certificate request cannot be read, or its signature is wrong.")
