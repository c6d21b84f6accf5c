"""Authorities, first-authentication keys, enrolment: each rule of domain/device-protocol.md §3."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.db import connections
from django.utils import timezone

from tests.apps.connector.world import csr_of, expired, pem_of
from tests.cast import Cast
from tests.factories import DeviceFactory, DirectoryFactory, EnrolmentKeyFactory, GrantFactory, root
from ums.audit.models import Event
from ums.connector.models import Authority, Certificate, EnrolmentKey
from ums.connector.services import (
    authority_ensure,
    authority_pair,
    certificate_revoke,
    device_enrol,
    device_reenrol,
    enrolment_key_delete,
    enrolment_key_disable,
    enrolment_key_enable,
    enrolment_key_reveal,
    enrolment_key_update,
    enrolment_keys_create,
)
from ums.connector.services.keys import ALPHABET
from ums.core.access import Action
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, NotAllowed
from ums.devices.models import Device, DirectoryKind
from ums.devices.services import device_allow_reenrolment

Kind = EnrolmentKey.Kind
DEVICE = Actor(name="device", address="192.0.2.9")


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def enrol(secret: str, unit_id: str = "TC1", key: Any = None, csr: bytes | None = None) -> Certificate:
    return device_enrol(
        actor=DEVICE, unit_id=unit_id, secret=secret, csr=csr_of(key or p256(), unit_id) if csr is None else csr
    )


def refused(code: str, *args: Any, **kwargs: Any) -> AppError:
    with pytest.raises(AppError) as caught:
        enrol(*args, **kwargs)
    assert caught.value.code == code
    return caught.value


# ---------------------------------------------------------------- authorities


@pytest.mark.django_db
def test_authority_is_made_once_and_is_a_strict_ca() -> None:
    authority = authority_ensure(purpose=Authority.Purpose.DEVICE)
    assert authority_ensure(purpose=Authority.Purpose.DEVICE) == authority
    certificate, key = authority_pair(authority=authority)
    certificate.verify_directly_issued_by(certificate)
    extensions = certificate.extensions
    basic = extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert (usage.critical, usage.value.key_cert_sign, usage.value.digital_signature) == (True, True, False)
    subject = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    issuer = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert issuer.key_identifier == subject.digest
    years = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days / 365.25
    assert 9.9 < years < 10.1
    assert isinstance(key.curve, ec.SECP256R1)
    assert "PRIVATE" not in authority.sealed_key
    assert Event.objects.get(action="authority.created").object_id == str(authority.pk)


# ---------------------------------------------------------------- keys


@pytest.mark.django_db
def test_one_time_keys_are_made_in_numbers_with_readable_texts() -> None:
    made = enrolment_keys_create(actor=SYSTEM, kind=Kind.ONE_TIME, name="Ward", count=3)
    assert [entry.key.name for entry in made] == ["Ward 1", "Ward 2", "Ward 3"]
    assert len({entry.secret for entry in made}) == 3
    for entry in made:
        groups = entry.secret.split("-")
        assert [len(group) for group in groups] == [5, 5, 5, 5]
        assert set("".join(groups)) <= set(ALPHABET)
        assert entry.secret not in entry.key.sealed_secret
    assert not set("01ILOo") & set(ALPHABET)
    assert Event.objects.filter(action="enrolment_key.created").count() == 3
    assert made[0].secret not in str(list(Event.objects.values()))


@pytest.mark.django_db
def test_bound_keys_one_for_each_unit_id() -> None:
    made = enrolment_keys_create(actor=SYSTEM, kind=Kind.BOUND, name="B", unit_ids=["TC1", " TC2 ", "TC1", ""])
    assert [entry.key.unit_id for entry in made] == ["TC1", "TC2"]


@pytest.mark.django_db
def test_mass_key_with_a_text_of_its_own() -> None:
    text = "sixteen letters!"
    (made,) = enrolment_keys_create(actor=SYSTEM, kind=Kind.MASS, name="M", text=text)
    assert made.secret == text
    assert enrolment_key_reveal(actor=SYSTEM, key=made.key) == text
    assert Event.objects.filter(action="enrolment_key.revealed").count() == 1
    with pytest.raises(AppError, match="same text"):
        enrolment_keys_create(actor=SYSTEM, kind=Kind.MASS, name="N", text=text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("kind", {"kind": "other"}),
        ("text", {"kind": Kind.MASS, "text": "fifteen letters"}),
        ("text", {"kind": Kind.MASS, "text": "x" * 201}),
        ("text", {"kind": Kind.MASS, "text": "sixteen\nletters!!"}),
        ("text", {"kind": Kind.ONE_TIME, "text": "sixteen letters!"}),
        ("count", {"kind": Kind.ONE_TIME, "count": 0}),
        ("count", {"kind": Kind.ONE_TIME, "count": 1001}),
        ("unit_ids", {"kind": Kind.BOUND}),
        ("unit_ids", {"kind": Kind.BOUND, "unit_ids": ["with:colon"]}),
        ("unit_ids", {"kind": Kind.BOUND, "unit_ids": ["x" * 65]}),
        ("unit_ids", {"kind": Kind.MASS, "unit_ids": ["TC1"]}),
        ("expires_at", {"kind": Kind.MASS, "expires_at": timezone.now() - timedelta(seconds=1)}),
        ("name", {"kind": Kind.MASS, "name": " "}),
    ],
)
def test_what_is_wrong_is_told_by_field(field: str, given: dict[str, Any]) -> None:
    with pytest.raises(AppError) as caught:
        enrolment_keys_create(actor=SYSTEM, **{"name": "K", **given})
    assert field in caught.value.fields
    assert not EnrolmentKey.objects.exists()


def test_keys_need_the_permission(cast: Cast) -> None:
    key = cast.things["enrolment_key"]
    calls: list[Callable[[Actor], object]] = [
        lambda actor: enrolment_keys_create(actor=actor, kind=Kind.MASS, name="K"),
        lambda actor: enrolment_key_update(actor=actor, key=key, name="K"),
        lambda actor: enrolment_key_disable(actor=actor, key=key),
        lambda actor: enrolment_key_enable(actor=actor, key=key),
        lambda actor: enrolment_key_reveal(actor=actor, key=key),
        lambda actor: enrolment_key_delete(actor=actor, key=key),
    ]
    for call in calls:
        for role in ("admin", "reader", "stranger"):
            with pytest.raises(NotAllowed):
                call(cast.actor(role))
    for call in calls:
        call(cast.actor("root"))


def test_a_key_leads_only_to_directories_that_one_may_write_to(cast: Cast) -> None:
    GrantFactory(user=cast.admin, action=Action.ENROL)
    own, other = cast.own[DirectoryKind.DEVICE], cast.other[DirectoryKind.DEVICE]
    actor = cast.actor("admin")
    (made,) = enrolment_keys_create(actor=actor, kind=Kind.MASS, name="K", directory=own)
    with pytest.raises(NotAllowed):
        enrolment_keys_create(actor=actor, kind=Kind.MASS, name="K", directory=other)
    with pytest.raises(NotAllowed):
        enrolment_key_update(actor=actor, key=made.key, directory=other)
    with pytest.raises(AppError, match="directory of devices"):
        enrolment_keys_create(actor=actor, kind=Kind.MASS, name="K", directory=cast.own[DirectoryKind.PROFILE])


@pytest.mark.django_db
def test_changes_of_a_key_are_recorded() -> None:
    key = EnrolmentKeyFactory(name="Old")
    directory, until = DirectoryFactory(), timezone.now() + timedelta(days=1)
    enrolment_key_update(actor=SYSTEM, key=key, name="New", directory=directory, expires_at=until)
    key.refresh_from_db()
    assert (key.name, key.directory, key.expires_at) == ("New", directory, until)
    event = Event.objects.get(action="enrolment_key.updated")
    assert event.before == {"name": "Old", "directory": "", "expires_at": ""}
    enrolment_key_update(actor=SYSTEM, key=key, name="New")
    assert Event.objects.filter(action="enrolment_key.updated").count() == 1
    enrolment_key_disable(actor=SYSTEM, key=key)
    enrolment_key_disable(actor=SYSTEM, key=key)
    assert Event.objects.filter(action="enrolment_key.disabled").count() == 1
    enrolment_key_delete(actor=SYSTEM, key=key)
    assert Event.objects.get(action="enrolment_key.deleted").object_name == "New"


# ---------------------------------------------------------------- enrolment


@pytest.mark.django_db
def test_first_enrolment() -> None:
    directory, private = DirectoryFactory(), p256()
    key = EnrolmentKeyFactory(secret="the secret", directory=directory)
    certificate = enrol("the secret", key=private)
    device = Device.objects.get(unit_id="TC1")
    assert certificate.device == device
    assert device.directory == directory
    issued = x509.load_pem_x509_certificate(certificate.certificate.encode())
    authority = authority_pair(authority=Authority.objects.get()).certificate
    issued.verify_directly_issued_by(authority)
    assert issued.subject.rfc4514_string() == "CN=TC1"
    assert issued.fingerprint(hashes.SHA256()).hex() == certificate.fingerprint
    assert 364 < (issued.not_valid_after_utc - timezone.now()).total_seconds() / 86400 <= 365
    usage = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not issued.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.public_key == pem_of(private)
    key.refresh_from_db()
    assert key.used_count == 1
    assert key.last_used_at is not None
    event = Event.objects.get(action="device.enrolled")
    assert event.after is not None
    assert event.after["key"] == key.name
    assert event.address == "192.0.2.9"


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["abcde-fghjk-mnpqr-stuvw", "ABCDE FGHJK MNPQR STUVW", "abcdefghjkmnpqrstuvw "])
def test_generated_keys_may_be_typed_carelessly(typed: str) -> None:
    root()
    EnrolmentKeyFactory(secret="ABCDE-FGHJK-MNPQR-STUVW")
    enrol(typed)


@pytest.mark.django_db
def test_keys_that_do_not_let_in() -> None:
    root()
    EnrolmentKeyFactory(secret="off", enabled=False)
    EnrolmentKeyFactory(secret="over", expires_at=timezone.now())
    EnrolmentKeyFactory(secret="bound", kind=Kind.BOUND, unit_id="TC2")
    assert refused("key_unknown", "nothing").status == 401
    assert refused("key_unknown", "").status == 401
    assert refused("key_disabled", "off").status == 403
    assert refused("key_expired", "over").status == 403
    assert refused("key_other_device", "bound").status == 403
    assert not Device.objects.exists()
    assert enrol("bound", "TC2")


@pytest.mark.django_db
@pytest.mark.parametrize("unit_id", ["", "a:b", "a b", "../x", "x" * 65, "a\n", "-a", "ä", "a\0"])
def test_unit_ids_that_are_none(unit_id: str) -> None:
    EnrolmentKeyFactory(secret="s")
    refused("unit_id_invalid", "s", unit_id, csr=b"")


@pytest.mark.django_db
def test_requests_that_are_not_signed() -> None:
    EnrolmentKeyFactory(secret="s")
    good = csr_of(p256(), "TC1")
    refused("csr_invalid", "s", csr=b"rubbish")
    refused("csr_invalid", "s", csr=good[:-3] + bytes(3))
    refused("csr_other_name", "s", csr=csr_of(p256(), "TC2"))
    refused("csr_other_name", "s", csr=empty_name())
    refused("csr_weak_key", "s", key=rsa.generate_private_key(65537, 1024))
    refused("csr_weak_key", "s", key=ec.generate_private_key(ec.SECP224R1()))
    refused("csr_weak_key", "s", csr=ed25519_request())
    assert EnrolmentKey.objects.get().used_count == 0


def empty_name() -> bytes:
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(p256(), hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def ed25519_request() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "TC1")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return builder.sign(ed25519.Ed25519PrivateKey.generate(), None).public_bytes(Encoding.DER)


@pytest.mark.django_db
def test_one_time_key_works_once_but_a_lost_answer_may_be_fetched_again() -> None:
    root()
    EnrolmentKeyFactory(secret="s")
    private = p256()
    first = enrol("s", key=private)
    assert enrol("s", key=private) == first
    refused("key_used", "s", key=p256())
    refused("key_used", "s", "TC2")
    certificate_revoke(actor=SYSTEM, certificate=first)
    refused("key_used", "s", key=private)


@pytest.mark.django_db
def test_mass_key_works_again_and_again() -> None:
    root()
    EnrolmentKeyFactory(secret="s", kind=Kind.MASS)
    for number in range(3):
        enrol("s", f"TC{number}")
    assert EnrolmentKey.objects.get().used_count == 3


@pytest.mark.django_db
def test_known_device_needs_permission() -> None:
    root()
    EnrolmentKeyFactory(secret="mass", kind=Kind.MASS)
    EnrolmentKeyFactory(secret="bound", kind=Kind.BOUND, unit_id="TC1")
    first = enrol("mass")
    assert refused("device_known", "mass").status == 409
    device = Device.objects.get()
    device_allow_reenrolment(actor=SYSTEM, device=device)
    second = enrol("mass")
    first.refresh_from_db()
    assert first.revoked_at is not None
    device.refresh_from_db()
    assert device.reenrol_until is None
    refused("device_known", "mass")
    third = enrol("bound")
    assert list(Certificate.objects.filter(revoked_at=None)) == [third]
    assert Event.objects.filter(action="device.registered").count() == 1
    event = Event.objects.filter(action="device.enrolled").latest("pk")
    assert event.before == {"fingerprints": [second.fingerprint]}
    assert EnrolmentKey.objects.get(kind=Kind.MASS).used_count == 2


@pytest.mark.django_db
def test_permission_that_ran_out() -> None:
    root()
    EnrolmentKeyFactory(secret="mass", kind=Kind.MASS)
    enrol("mass")
    Device.objects.update(reenrol_until=timezone.now())
    refused("device_known", "mass")


@pytest.mark.django_db
def test_known_device_without_a_valid_certificate_gets_one() -> None:
    EnrolmentKeyFactory(secret="mass", kind=Kind.MASS)
    device = DeviceFactory(unit_id="TC1")
    first = enrol("mass")
    assert first.device == device
    expired(first)
    second = enrol("mass")
    certificate_revoke(actor=SYSTEM, certificate=second)
    assert enrol("mass").device == device


@pytest.mark.django_db
def test_renewal() -> None:
    root()
    EnrolmentKeyFactory(secret="s")
    first, private = enrol("s"), p256()
    second = device_reenrol(actor=DEVICE, proven=first, csr=csr_of(private, "TC1"))
    assert device_reenrol(actor=DEVICE, proven=first, csr=csr_of(private, "TC1")) == second
    third = device_reenrol(actor=DEVICE, proven=first, csr=csr_of(p256(), "TC1"))
    assert set(Certificate.objects.filter(revoked_at=None)) == {first, third}
    assert Event.objects.filter(action="device.renewed").count() == 2
    with pytest.raises(AppError, match="unit ID"):
        device_reenrol(actor=DEVICE, proven=first, csr=csr_of(p256(), "TC2"))


def test_revoking_needs_write(cast: Cast) -> None:
    EnrolmentKeyFactory(secret="s", kind=Kind.MASS)
    certificate = enrol("s", cast.things["device"].unit_id)
    for role in ("reader", "stranger"):
        with pytest.raises(NotAllowed):
            certificate_revoke(actor=cast.actor(role), certificate=certificate)
    certificate_revoke(actor=cast.actor("admin"), certificate=certificate)
    certificate_revoke(actor=cast.actor("admin"), certificate=certificate)
    assert Event.objects.filter(action="certificate.revoked").count() == 1


# ---------------------------------------------------------------- at the same moment


def together(*calls: Callable[[], object]) -> list[object]:
    """What the calls return or raise (AppErrors by their code), done by as many threads at once."""
    barrier = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def work(index: int) -> None:
        try:
            barrier.wait()
            results[index] = calls[index]()
        except AppError as error:
            results[index] = error.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.usefixtures("shared_database")
def test_many_devices_with_one_one_time_key() -> None:
    authority_ensure(purpose=Authority.Purpose.DEVICE)
    EnrolmentKeyFactory(secret="s")
    results = together(*(lambda n=n: enrol("s", f"TC{n}") for n in range(8)))
    assert sum(isinstance(result, Certificate) for result in results) == 1
    assert results.count("key_used") == 7
    assert Device.objects.count() == Certificate.objects.count() == 1
    assert EnrolmentKey.objects.get().used_count == 1


@pytest.mark.usefixtures("shared_database")
def test_the_same_device_asks_many_times_with_one_key_pair() -> None:
    authority_ensure(purpose=Authority.Purpose.DEVICE)
    EnrolmentKeyFactory(secret="s")
    private = p256()
    results = together(*(lambda: enrol("s", key=private) for _ in range(6)))
    assert set(results) == {Certificate.objects.get()}


@pytest.mark.usefixtures("shared_database")
def test_two_machines_claim_one_unit_id_with_a_mass_key() -> None:
    authority_ensure(purpose=Authority.Purpose.DEVICE)
    EnrolmentKeyFactory(secret="s", kind=Kind.MASS)
    results = together(*(lambda: enrol("s") for _ in range(6)))
    assert sum(isinstance(result, Certificate) for result in results) == 1
    assert results.count("device_known") == 5
    assert EnrolmentKey.objects.get().used_count == 1


@pytest.mark.usefixtures("shared_database")
def test_many_processes_make_one_authority() -> None:
    results = together(*(lambda: authority_ensure(purpose=Authority.Purpose.DEVICE) for _ in range(6)))
    assert set(results) == {Authority.objects.get()}


@pytest.mark.usefixtures("shared_database")
def test_renewals_at_once_of_one_key_pair_are_one() -> None:
    EnrolmentKeyFactory(secret="s")
    first, private = enrol("s"), p256()
    csr = csr_of(private, "TC1")
    results = together(*(lambda: device_reenrol(actor=DEVICE, proven=first, csr=csr) for _ in range(5)))
    assert len(set(results)) == 1
    assert Certificate.objects.filter(revoked_at=None).count() == 2
