"""The page of licences: what it tells beforehand, the test licence, importing and giving."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.cast import Cast
from tests.factories import DeviceFactory, ProcessFactory
from tests.factories.licences import GivenLicenceFactory, LicenceFactory
from ums.core.actor import SYSTEM
from ums.domain.licences import NOTICE, Generation
from ums.licences.models import GivenLicence, Licence
from ums.licences.selectors import overview
from ums.licences.services import trial_start

pytestmark = pytest.mark.django_db

LIST, IMPORT, TEST = "/webapp/licences/", "/webapp/licences/import/", "/webapp/licences/test/"
OS_10 = {"firmware": "IGEL OS 10", "firmware_version": "10.06.190"}
LINE: dict[str, Any] = {"number": "EMP-77", "kind": "emp", "quantity": 2, "expires": "2099-12-31"}


def test_a_fresh_network_is_told_how_to_begin(cast: Cast) -> None:
    Licence.objects.all().delete()
    client = cast.client("root")
    assert "Start the test licence" in client.get(LIST).text
    assert client.post(TEST).status_code == 204
    page = client.get(LIST).text
    assert "Start the test licence" not in page and "Running" in page
    assert client.post(TEST).status_code == 409, "once"


def test_what_is_licensed_and_what_ends() -> None:
    devices = [DeviceFactory() for _ in range(4)]
    old = [DeviceFactory(**OS_10) for _ in range(2)]
    soon = LicenceFactory(expires_at=timezone.now() + NOTICE - timedelta(days=1))
    later = LicenceFactory(expires_at=timezone.now() + NOTICE + timedelta(days=1))
    for device in devices[:3]:
        GivenLicenceFactory(licence=soon, unit_id=device.unit_id)
    GivenLicenceFactory(licence=later, unit_id=devices[0].unit_id)
    GivenLicenceFactory(licence=LicenceFactory(kind="swp", expires_at=None), unit_id=old[0].unit_id)
    GivenLicenceFactory(licence=later, unit_id=old[1].unit_id)
    found = {fleet.generation: fleet for fleet in overview().fleets}
    now, before = found[Generation.OS_11], found[Generation.OS_10]
    assert (now.devices, now.licensed, now.ending, now.missing) == (4, 3, 2, 1)
    assert (before.devices, before.licensed, before.ending) == (2, 1, 0), "the subscription does not count there"


def test_the_test_licence_covers_all_and_ends() -> None:
    DeviceFactory.create_batch(3)
    licence = trial_start(actor=SYSTEM)
    assert overview().fleets[0].licensed == 3 and not overview().fleets[0].ending
    Licence.objects.filter(pk=licence.pk).update(expires_at=timezone.now() + timedelta(days=3))
    assert overview().fleets[0].ending == 3
    Licence.objects.filter(pk=licence.pk).update(expires_at=timezone.now() - timedelta(days=3))
    assert [fleet.missing for fleet in overview().lapsed] == [3]


def test_high_availability_needs_a_licence_for_each_old_device() -> None:
    DeviceFactory.create_batch(6, **OS_10)
    DeviceFactory()
    ProcessFactory()
    assert not overview().ha_wanting, "one server needs none"
    ProcessFactory()
    state = overview()
    assert state.ha_wanting and (state.ha.devices, state.ha.licences, state.ha.packages) == (6, 5, 1)
    LicenceFactory(kind="ha", quantity=50, expires_at=None)
    assert not overview().ha_wanting


def test_a_file_is_taken_in_or_refused_with_the_reason(cast: Cast) -> None:
    client = cast.client("root")

    def send(*lines: dict[str, Any]) -> Any:
        data = json.dumps({"format": "ums-licences/1", "licences": lines}).encode()
        return client.post(IMPORT, {"file": SimpleUploadedFile("licences.json", data)})

    assert "New licences" in send(LINE).text
    refused = send({**LINE, "number": "EMP-78"}, {**LINE, "number": "EMP-79", "quantity": 0})
    assert refused.status_code == 422 and "Licence EMP-79: its quantity" in refused.text
    assert not Licence.objects.filter(number="EMP-78").exists()


def test_devices_that_lack_a_licence_get_it_as_far_as_it_goes(cast: Cast) -> None:
    client = cast.client("root")
    DeviceFactory.create_batch(4)
    licence = LicenceFactory(quantity=3)
    url = f"/webapp/licences/{licence.pk}/give/"
    assert "3 that lack it" in client.get(url).text
    assert client.post(url, {"which": "missing", "expect": "2"}).status_code == 422, "another number was shown"
    assert client.post(url, {"which": "missing", "expect": "3"}).status_code == 204
    assert GivenLicence.objects.filter(licence=licence).count() == 3
    unknown = client.post(url, {"which": "named", "unit_ids": "NOBODY"})
    assert unknown.status_code == 422 and "There is no device NOBODY" in unknown.text


def test_a_device_is_offered_what_fits_it(cast: Cast) -> None:
    client, device = cast.client("root"), DeviceFactory(**OS_10)
    LicenceFactory(number="SUBSCRIPTION")
    fits = LicenceFactory(number="ADD-ON", kind="swp", expires_at=None, quantity=1)
    url = f"/webapp/licences/devices/{device.pk}/give/"
    page = client.get(url).text
    assert "ADD-ON" in page and "SUBSCRIPTION" not in page
    assert client.post(url, {"licence": str(fits.pk)}).status_code == 204
    assert "There is no licence that fits" in client.get(url).text
