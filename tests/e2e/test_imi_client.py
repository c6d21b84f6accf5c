"""pyimi, a client of IMI that others wrote, does all that it can against a running server with a simulated fleet.

It trusts the server's own authority; without a browser.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator

import pytest
from pyimi import IMI, Assets, Devices, Directories, IMIAuthError, Profiles

from tests.meta.source import ROOT
from tests.services.process import wait_until
from tests.services.server import PASSWORD, Server


@pytest.fixture(scope="module")
def imi(server: Server) -> Iterator[IMI]:
    """Logged in; the whole fleet is there."""
    client = logged_in(server, PASSWORD)
    wait_until(lambda: online(client) == server.demo, 180, "all devices online")
    yield client
    assert client.make_request(method="post", end_of_url="logout") == {"message": "Logout successful"}


def logged_in(server: Server, password: str) -> IMI:
    """A session of the superuser."""
    trust = str(server.data / "tls" / "ca.pem")
    return IMI(server=server.address, port=server.port, verify=trust, user="admin", password=password)


def online(client: IMI) -> int:
    """How many devices are connected."""
    return sum(one["online"] for one in client.make_request(method="get", end_of_url="thinclients?facets=online"))


def test_a_wrong_password_is_seen_as_one(server: Server) -> None:
    with pytest.raises(IMIAuthError):
        logged_in(server, "wrong")


def test_devices_are_found_read_and_written(imi: IMI, capsys: pytest.CaptureFixture[str]) -> None:
    devices = Devices(imi)
    first = devices[0]
    for key in ("name", "ip", "mac", "id", "unitid"):
        assert getattr(devices.find(**{key: getattr(first, key)}), key) == getattr(first, key)
    assert len(first.mac) == 12 and first.ip
    assert first.info["deviceType"] and first.info["memorySize"] > 0 and first.lastContact
    assert first.online is True and first.attributes == []
    first.site, first.department, first.costCenter = "Bremen", "IT", "4711"
    first.comment, first.assetID, first.inserviceDate = "by pyimi", "A-1", "01.06.2015"
    first.serialNumber = "SN-1"
    first.name = "renamed"
    assert capsys.readouterr().out.count("Update successful") == 8
    again = Devices(imi).find(name="renamed")
    written = (again.site, again.department, again.costCenter, again.comment, again.assetID, again.inserviceDate)
    assert written == ("Bremen", "IT", "4711", "by pyimi", "A-1", "01.06.2015")
    assert [device.id for device in Devices(imi).filter("site", "Bremen") if device.name == "renamed"] == [first.id]


def test_directories_are_made_and_moved_into(imi: IMI) -> None:
    assert Directories(imi)[0].parent_id == "-1"
    made = {name: Directories(imi).create(name=name) for name in ("By pyimi", "Below")}
    assert made["By pyimi"]["message"] == "Directory successfully inserted."
    directories = Directories(imi)
    outer, inner = directories.find(name="By pyimi"), directories.find(id=made["Below"]["id"])
    assert inner.move(outer) == [{"id": inner.id, "results": "successful"}]
    assert Directories(imi).find(name="Below").parent_id == outer.id
    device = Devices(imi)[1]
    assert device.move(inner) == [{"id": device.id, "results": "successful"}]
    assert device.info["parentID"] == inner.id


def test_profiles_are_assigned_to_devices_and_directories(imi: IMI) -> None:
    profiles, device, directory = Profiles(imi), Devices(imi)[2], Directories(imi)[1]
    profile = profiles.find(name=profiles[0].name)

    def receivers(of: str) -> list[str]:
        path = f"profiles/{profile.id}/assignments/{of}"
        return [one["receiver"]["id"] for one in imi.make_request(method="get", end_of_url=path)]

    for target, of in ((device, "thinclients"), (directory, "tcdirectories")):
        assert target.assign(profile)["message"].startswith("1 asssignments successfully assigned")
        assert target.id in receivers(of)
        assert target.unassign(profile) == {"message": "deleted profile assignment"}
        assert target.id not in receivers(of)


@pytest.mark.parametrize("command", ["settings2tc", "reboot", "wakeup", "factory", "shutdown"])
def test_commands_reach_devices(imi: IMI, command: str) -> None:
    device = Devices(imi)[{"factory": 3, "shutdown": 4}.get(command, 5)]
    wait_until(lambda: device.online, 120, "the device back")
    (result,) = getattr(device, command)()["CommandExecList"]
    assert (result["id"], result["message"], result["state"]) == (device.id, "OK", "SUCCESS")


def test_assets_have_details_and_a_history(imi: IMI) -> None:
    wait_until(lambda: len(Assets(imi).assets) > 0, 60, "assets of the fleet")
    device = next(device for device in Devices(imi) if device.assets)
    asset = device.assets[0]
    assert asset.name and asset.product_id and asset.connector
    (info,) = asset.info["assetinfos"]
    assert info["assetId"] == asset.id and info["categoryList"]["categoryList"]
    assert asset.history[-1]["event"]["identifier"] in ("add", "add_on_boot") and asset.history[-1]["ctime"]


@pytest.mark.parametrize("path", ["//umsapi//v3//serverstatus", "/umsapi/v3/serverstatus/", "/umsapi/v3/serverstatus"])
def test_no_slash_is_a_redirect(server: Server, path: str) -> None:
    trust = ssl.create_default_context(cafile=server.data / "tls" / "ca.pem")
    connection = http.client.HTTPSConnection(server.address, server.port, context=trust, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.status == 200
    assert json.load(response)["server"] == f"{server.address}:{server.port}"
    connection.close()


def test_the_first_script_of_the_documentation_runs(server: Server) -> None:
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "imi.md").read_text(), re.DOTALL)
    assert found
    script = found[1]
    assert len(script.strip().splitlines()) <= 10
    for written, here in (
        ("https://ums.example.com:8443", server.url),
        ("ca.pem", str(server.data / "tls" / "ca.pem")),
        ("alice", "admin"),
        ("her password", PASSWORD),
    ):
        assert written in script
        script = script.replace(written, here)
    # Certificates that the machine of the test trusts would take the place of the one that the script names.
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_CA_BUNDLE")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "successful" in done.stdout
