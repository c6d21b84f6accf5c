"""Idempotency-Key: what comes again does nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from tests.apps.api.test_preconditions import ask
from tests.cast import Cast, make_cast
from ums.api.models import GivenAnswer
from ums.api.tasks import prune
from ums.connector.models import EnrolmentKey
from ums.devices.models import Directory
from ums.files.models import File


def made(cast: Cast, name: str = "New", key: str = "4f1c", role: str = "root", query: str = "") -> Any:
    body = {"parent": cast.own["device"].pk, "name": name}
    return ask(cast, "POST", f"directories/{query}", body, role, idempotency_key=key)


def test_the_same_request_again_gets_the_same_answer(cast: Cast) -> None:
    first, again = made(cast), made(cast)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert Directory.objects.filter(name="New").count() == 1


def test_another_request_with_the_same_key_is_refused(cast: Cast) -> None:
    made(cast)
    refused = made(cast, "Another")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    body = {"name": "New", "directory": cast.own["profile"].pk}
    assert ask(cast, "POST", "profiles/", body, idempotency_key="4f1c").status_code == 422
    assert not Directory.objects.filter(name="Another").exists()


def test_a_key_belongs_to_who_asks(cast: Cast) -> None:
    assert made(cast, "One").status_code == 201
    assert made(cast, "Other", role="admin").status_code == 201


def test_what_was_refused_can_be_put_right(cast: Cast) -> None:
    assert made(cast, "").status_code == 400
    assert not GivenAnswer.objects.exists()
    assert made(cast, "Right").status_code == 201


def test_a_dry_run_uses_no_key_up(cast: Cast) -> None:
    body = {"name": "New", "directory": cast.own["profile"].pk}
    assert ask(cast, "POST", "profiles/?dry_run=true", body, idempotency_key="k").status_code == 200
    assert ask(cast, "POST", "profiles/", body, idempotency_key="k").status_code == 201


def test_a_key_is_good_for_a_day(cast: Cast) -> None:
    made(cast)
    Directory.objects.filter(name="New").delete()
    GivenAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert "Idempotency-Replayed" not in made(cast)
    GivenAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    prune()
    assert not GivenAnswer.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ä", "a b"])
def test_a_key_that_is_none(cast: Cast, key: str) -> None:
    assert made(cast, key=key).json()["code"] == "invalid"


def test_what_makes_nothing_takes_no_key(cast: Cast) -> None:
    body = {"devices": [cast.things["device"].pk], "directory": cast.own["device"].pk}
    refused = ask(cast, "POST", "devices/move/", body, idempotency_key="k")
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_unsupported")


def test_secrets_are_sealed(cast: Cast) -> None:
    body = {"kind": "one_time", "name": "New"}
    first = ask(cast, "POST", "enrolment-keys/", body, idempotency_key="k").json()
    stored = GivenAnswer.objects.get().body
    assert first["items"][0]["secret"] not in stored
    assert "one_time" not in stored
    assert ask(cast, "POST", "enrolment-keys/", body, idempotency_key="k").json() == first
    assert EnrolmentKey.objects.filter(name__startswith="New").count() == 1


def test_uploads_are_told_apart_by_their_content(cast: Cast) -> None:
    def upload(content: bytes) -> Any:
        form = {
            "content": SimpleUploadedFile("a.txt", content),
            "name": "a.txt",
            "directory": cast.own["file"].pk,
            "device_path": "/etc/a.txt",
        }
        return cast.client("root").post("/api/v1/files/", form, headers={"idempotency-key": "k"})

    assert upload(b"one").status_code == 201
    assert upload(b"one")["Idempotency-Replayed"] == "true"
    assert upload(b"two").status_code == 422
    file = File.objects.get(device_path="/etc/a.txt")
    assert file.size == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_makes_it() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the embedded database has one writer at a time")
    cast, together = make_cast(), Barrier(2)

    def make(_: int) -> Any:
        try:
            together.wait(10)
            return made(cast)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(make, range(2)))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Directory.objects.filter(name="New").count() == 1
