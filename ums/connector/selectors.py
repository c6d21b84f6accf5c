"""Reading keys, authorities and certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography import x509
from django.utils import timezone

from ums.connector.models import Authority, Certificate, EnrolmentKey
from ums.core.access import Action, restrict
from ums.effective.selectors import settings_for_devices
from ums.files.models import FileContent

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ums.devices.models import Device


def enrolment_key_list(*, user: Any) -> QuerySet[EnrolmentKey]:
    """The first-authentication keys that `user` may manage: all or none."""
    return restrict(EnrolmentKey.objects.all(), user, Action.ENROL).select_related("directory")


def certificate_for_device(*, device: Device) -> QuerySet[Certificate]:
    """The certificates of one device, newest first. The caller has checked that the user may read the device."""
    return Certificate.objects.filter(device=device).select_related("enrolment_key")


def certificate_valid(*, fingerprint: str) -> Certificate | None:
    """The certificate with this fingerprint, unless it is revoked, expired or unknown."""
    valid = Certificate.objects.filter(revoked_at=None, not_after__gt=timezone.now())
    return valid.select_related("device").filter(fingerprint=fingerprint).first()


def authority_certificate(*, purpose: str) -> x509.Certificate | None:
    """The certificate of an authority; None before it was made."""
    pem = Authority.objects.filter(purpose=purpose).values_list("certificate", flat=True).first()
    return x509.load_pem_x509_certificate(pem.encode()) if pem else None


def content_for_device(*, device: Device, sha256: str) -> FileContent | None:
    """A content that the device should have now; None for all others, whether there are such or not."""
    found = settings_for_devices(device_ids=[device.pk])
    if device.pk not in found or sha256 not in found[device.pk].result.files:
        return None
    return FileContent.objects.filter(pk=sha256).first()
