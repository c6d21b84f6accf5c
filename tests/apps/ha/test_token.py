"""The network token: what its file holds, who may make it, and what is refused with which words."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ha import token as file
from ha.models import NetworkToken
from ha.services.tokens import token_check, token_create, token_revoke, token_secret
from tests.factories.accounts import UserFactory
from ums.audit.models import Event
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, NotAllowed

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class Authority:
    """A certificate authority made for the test."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), 1, NOW, NOW + timedelta(days=1))
        self.pem = builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def sign(self, content: bytes) -> bytes:
        return self.key.sign(content, ec.ECDSA(hashes.SHA256()))


AUTHORITY = Authority()


def token(**changes: object) -> file.Token:
    values = {
        "id": uuid4(),
        "network": uuid4(),
        "authority": AUTHORITY.pem.decode(),
        "secret": "s3cret",
        "servers": ("10.0.0.1:8443",),
        "expires": NOW + timedelta(days=1),
        "version": "0.1",
    }
    return file.Token(**{**values, **changes})


TEXT = file.write(token(), sign=AUTHORITY.sign)


def code_of(text: str, passphrase: str = "", now: datetime = NOW) -> str:
    with pytest.raises(AppError) as caught:
        file.read(text, now=now, passphrase=passphrase)
    assert "\n" not in caught.value.message
    return caught.value.code


def test_a_token_is_read_as_it_was_written() -> None:
    one = token()
    text = file.write(one, sign=AUTHORITY.sign)
    assert file.read(text, now=NOW) == one
    assert file.read(text.replace("\n", "\r\n"), now=NOW, passphrase="not needed") == one
    assert "s3cret" not in text and "10.0.0.1" not in text


def test_a_passphrase_protects() -> None:
    one = token()
    text = file.write(one, sign=AUTHORITY.sign, passphrase="correct horse")
    assert file.read(text, now=NOW, passphrase="correct horse") == one
    assert code_of(text) == "token_passphrase"
    assert code_of(text, "wrong") == "token_passphrase"
    assert code_of(text.replace("PROTECTED ", "")) == "token_invalid"


def test_what_is_no_token_is_refused() -> None:
    for text in ("", "no token", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x" * 100_000):
        assert code_of(text) == "token_invalid"
    assert code_of(TEXT, now=NOW + timedelta(days=2)) == "token_expired"
    assert code_of(file.write(token(servers=()), sign=AUTHORITY.sign)) == "token_invalid"
    assert code_of(file.write(token(format=99), sign=AUTHORITY.sign)) == "token_format"


def test_only_the_authority_that_it_names_makes_a_token() -> None:
    assert code_of(file.write(token(), sign=Authority().sign)) == "token_invalid"
    assert code_of(file.write(token(authority="no certificate"), sign=AUTHORITY.sign)) == "token_invalid"


@given(st.integers(0, len(TEXT) - 2))
def test_a_token_that_was_cut_off_is_refused(length: int) -> None:
    assert code_of(TEXT[:length]) == "token_invalid"


@given(st.data())
def test_a_token_that_was_changed_is_refused(data: st.DataObject) -> None:
    body = bytearray(b64decode("".join(TEXT.splitlines()[1:-1])))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    first, last = TEXT.splitlines()[0], TEXT.splitlines()[-1]
    assert code_of(f"{first}\n{b64encode(body).decode()}\n{last}\n") == "token_invalid"


@given(st.text(max_size=2000), st.sampled_from(["", file.OPEN, file.PROTECTED]))
def test_any_text_is_refused_in_words(text: str, label: str) -> None:
    framed = f"-----BEGIN {label}-----\n{text}\n-----END {label}-----\n" if label else text
    assert code_of(framed, "passphrase" if label == file.PROTECTED and len(text) < 20 else "").startswith("token_")


@given(st.binary(max_size=2000))
def test_anything_inside_is_refused_in_words(inner: bytes) -> None:
    salt, nonce = bytes(file.SALT), bytes(file.NONCE)
    sealed = file.AESGCM(file.FIXED_KEY).encrypt(nonce, inner, file.OPEN.encode() + salt)
    body = b64encode(salt + nonce + sealed).decode()
    assert code_of(f"-----BEGIN {file.OPEN}-----\n{body}\n-----END {file.OPEN}-----\n") == "token_invalid"


@pytest.mark.django_db
def test_the_network_makes_tokens_and_takes_them_back() -> None:
    row, text = token_create(actor=SYSTEM, servers=["10.0.0.1:8443"], days=7)
    read = file.read(text, now=datetime.now(UTC))
    assert (read.id, read.servers) == (row.pk, ("10.0.0.1:8443",))
    found, secret = token_secret(id=read.id)
    assert (found, secret) == (row, read.secret)
    token_check(token=row)
    assert read.secret not in str(NetworkToken.objects.values()) + str(Event.objects.values())
    other, _ = token_create(actor=SYSTEM, servers=["10.0.0.1:8443"], revoke_others=True)
    row.refresh_from_db()
    with pytest.raises(AppError, match="revoked"):
        token_check(token=row)
    token_check(token=other)
    NetworkToken.objects.filter(pk=other.pk).update(expires_at=datetime.now(UTC))
    other.refresh_from_db()
    with pytest.raises(AppError, match="expired"):
        token_check(token=other)
    actions = Event.objects.order_by("pk").values_list("action", flat=True)
    assert [action for action in actions if action.startswith("network_token")] == [
        "network_token.created",
        "network_token.revoked",
        "network_token.created",
    ]


@pytest.mark.django_db
def test_tokens_are_for_superusers() -> None:
    nobody = Actor.of(UserFactory.create())
    with pytest.raises(NotAllowed):
        token_create(actor=nobody, servers=["10.0.0.1:8443"])
    row, _ = token_create(actor=Actor.of(UserFactory.create(is_superuser=True)), servers=["10.0.0.1:8443"])
    with pytest.raises(NotAllowed):
        token_revoke(actor=nobody, token=row)
    with pytest.raises(AppError, match="Name one"):
        token_create(actor=SYSTEM, servers=[])
    with pytest.raises(AppError, match="days"):
        token_create(actor=SYSTEM, servers=["10.0.0.1:8443"], days=0)


@pytest.mark.django_db
def test_tokens_of_another_network_are_foreign() -> None:
    with pytest.raises(AppError, match="not of this network"):
        token_secret(id=uuid4())
    row, _ = token_create(actor=SYSTEM, servers=["10.0.0.1:8443"])
    NetworkToken.objects.update(digest="0" * 64)
    with pytest.raises(AppError, match="not of this network"):
        token_secret(id=row.pk)
