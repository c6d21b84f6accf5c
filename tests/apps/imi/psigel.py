"""A client that sends what PSIGEL sends and reads answers as it reads them (domain/imi-api.md §4, §9).

PSIGEL is a module for PowerShell, which this project cannot run. What matters of it to a server: numbers where the
manual has texts, all keys of a new device whether given or not, a content type also where there is no body, a cookie
that it puts together itself from the message of the login, JSON with Windows line ends; and casts that fail at what is
no number, no truth value and no date. A method stands for the function of the same name, `get_device` for
Get-UMSDevice, and returns what the function puts out.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from tests.factories.accounts import PASSWORD

BASE = "/umsapi/v3"
WARNINGS = {
    400: "Bad Request: The request does not match the API",
    401: "Unauthorized: The client has not logged in or has sent the wrong credentials",
    404: "Not Found: The endpoint does not exist",
    415: "Unsupported Media Type: The body content does not match the Content-Type header or is not well-formed",
    500: "Internal Server Error",
}
"""A status has a warning of its own, or is “some error”."""
CREATED_WITH = (
    "mac",
    "firmwareID",
    "name",
    "parentID",
    "site",
    "department",
    "costCenter",
    "lastIP",
    "comment",
    "assetID",
    "inserviceDate",
    "serialNumber",
)
DATES = ("%Y-%m-%d %H:%M", "%Y-%m-%d", "%m/%d/%Y")


class Refused(Exception):
    """A warning in place of an answer."""

    def __init__(self, status: int) -> None:
        super().__init__(WARNINGS.get(status, "Some error occured"))
        self.status = status


def int32(value: Any) -> int:
    """`[Int]`: nothing and empty are 0, a text must be a number, and none may be beyond 32 bits."""
    if value is None or value == "":
        return 0
    assert not isinstance(value, dict | list), value
    number = round(float(value)) if isinstance(value, str | float) else int(value)
    assert -(2**31) <= number < 2**31, value
    return number


def boolean(value: Any) -> bool:
    """`[System.Convert]::ToBoolean`: nothing is false; an empty text, or another, is an error."""
    if isinstance(value, str):
        assert value.lower() in ("true", "false"), value
        return value.lower() == "true"
    assert value is None or isinstance(value, bool), value
    return bool(value)


def version(value: Any) -> tuple[int, ...]:
    """`[Version]`: two to four numbers with dots between."""
    assert re.fullmatch(r"\d+(\.\d+){1,3}", value), value
    return tuple(int(part) for part in value.split("."))


def date(value: Any) -> datetime | str:
    """`[datetime]` of what is not empty."""
    if not value:
        return ""
    for pattern in DATES:
        try:
            return datetime.strptime(value, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise AssertionError(value)


def sync_root(answer: Any) -> list[Any]:
    """`.SyncRoot`: only an array has it, also one of a single element."""
    assert isinstance(answer, list), answer
    return answer


class Psigel:
    """One session. `sent`: method and path of all requests."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False)
        self.cookie = ""
        self.sent: list[tuple[str, str]] = []

    def _invoke(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, charset: bool = True
    ) -> Any:
        """Invoke-UMSRestMethod. Raises Refused."""
        text = b"" if body is None else json.dumps(body, indent=4, ensure_ascii=False).replace("\n", "\r\n").encode()
        given = headers if headers is not None else {"Cookie": self.cookie}
        response: Any = self.client.generic(
            method,
            f"{BASE}/{path}",
            data=text,
            content_type="application/json; charset=utf-8" if charset else "application/json",
            headers={"User-Agent": "Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1", **given},
            secure=True,
        )
        self.client.cookies.clear()
        self.sent.append((method, path))
        assert not 300 <= response.status_code < 400, "a redirect loses the body"
        if response.status_code != 200:
            raise Refused(response.status_code)
        assert response["Content-Type"].lower().replace(" ", "") == "application/json;charset=utf-8"
        return json.loads(b"".join(response.streaming_content) if response.streaming else response.content)

    # Session

    def new_api_cookie(self, name: str, password: str = PASSWORD) -> str:
        """New-UMSAPICookie."""
        given = b64encode(f"{name}:{password}".encode()).decode()
        answer = self._invoke("POST", "login", headers={"Authorization": f"Basic {given}"}, charset=False)
        key, value = answer["message"].split("=")
        self.cookie = f"{key}={value}"
        return self.cookie

    def remove_api_cookie(self) -> None:
        """Remove-UMSAPICookie."""
        self._invoke("POST", "logout", charset=False)

    def get_status(self) -> dict[str, Any]:
        """Get-UMSStatus."""
        one = self._invoke("GET", "serverstatus")
        return {
            "RmGuiServerVersion": version(one["rmGuiServerVersion"]),
            "BuildNumber": int32(one["buildNumber"]),
            "ActiveMqVersion": version(one["activeMQVersion"]),
            "DerbyVersion": version(one["derbyVersion"]),
            "ServerUuid": str(one["serverUUID"]),
            "Server": str(one["server"]),
        }

    # Devices

    def get_device(self, pk: int | None = None, filter: str = "short") -> list[dict[str, Any]]:
        """Get-UMSDevice."""
        if pk is None:
            found = sync_root(self._invoke("GET", f"thinclients?facets={filter}"))
        else:
            found = [self._invoke("GET", f"thinclients/{pk}?facets={filter}")]
        return [self._device(one, filter) for one in found]

    @staticmethod
    def _device(one: dict[str, Any], filter: str) -> dict[str, Any]:
        read: dict[str, Any] = {
            "Id": int32(one["id"]),
            "ObjectType": str(one["objectType"]),
            "UnitId": str(one["unitID"]),
            "Mac": str(one["mac"]),
            "Name": str(one["name"]),
            "ParentId": int32(one["parentID"]),
            "FirmwareId": int32(one["firmwareID"]),
            "LastIp": str(one["lastIP"]),
            "MovedToBin": boolean(one["movedToBin"]),
        }
        if filter == "online":
            read["Online"] = boolean(one["online"])
        if filter == "shadow":
            read["ShadowSecret"] = one["shadowSecret"]
        if filter == "details":
            for key in ("site", "comment", "department", "costCenter", "assetID", "serialNumber", "productId"):
                read[key] = str(one[key])
            for key in ("cpuSpeed", "flashSize", "memorySize", "networkSpeed", "batteryLevel"):
                read[key] = int32(one[key])
            for screen in (1, 2):
                read[f"MonitorVendor{screen}"] = str(one[f"monitorVendor{screen}"])
                read[f"MonitorSize{screen}"] = int32(one[f"monitorSize{screen}"])
                for part in ("Year", "Week"):
                    name = f"onitor{screen}{part}OfManufacture"
                    read[f"M{name}"] = int32(one[f"m{name}"])
            read["TotalUsagetime"], read["TotalUptime"] = int(one["totalUsagetime"]), int(one["totalUptime"])
            read["LastBootTime"], read["BiosDate"] = date(one["lastBoottime"]), date(one["biosDate"])
        if filter == "networkadapters":
            read["NetworkAdapters"] = [
                {key: str(adapter[key]) for key in ("name", "type", "mac", "state")}
                for adapter in one["networkAdapters"]
            ]
        if filter == "deviceattributes":
            read["DeviceAttributeCount"] = len(one["deviceAttributes"])
        return read

    def new_device(self, mac: str, firmware: int, parent: int = -1, **given: str) -> dict[str, Any]:
        """New-UMSDevice: all keys, ids as texts."""
        body = {key: given.get(key, "") for key in CREATED_WITH}
        body |= {"mac": mac, "firmwareID": str(firmware), "parentID": str(parent)}
        one = self._invoke("PUT", "thinclients", body)
        return {
            "Mac": mac,
            "Message": str(one["message"]),
            "Id": int32(one["id"]),
            "Name": str(one["name"]),
            "ParentId": int32(one["parentID"]),
        }

    def update_device(self, pk: int, **given: str) -> dict[str, Any]:
        """Update-UMSDevice: the keys that are given, also empty ones."""
        return self._told(self._invoke("PUT", f"thinclients/{pk}", given), pk, stop=".")

    def remove_device(self, pk: int, *, online: bool = False) -> dict[str, Any]:
        """Remove-UMSDevice."""
        if not online:
            return self._told(self._invoke("DELETE", f"thinclients/{pk}/deletetcoffline"), pk)
        return self._executed(self._invoke("DELETE", f"thinclients/{pk}"), pk)

    def _command(self, command: str, pk: int) -> dict[str, Any]:
        return self._executed(self._invoke("POST", f"thinclients?command={command}", [{"id": pk, "type": "tc"}]), pk)

    def start_device(self, pk: int) -> dict[str, Any]:
        """Start-UMSDevice."""
        return self._command("wakeup", pk)

    def stop_device(self, pk: int) -> dict[str, Any]:
        """Stop-UMSDevice."""
        return self._command("shutdown", pk)

    def restart_device(self, pk: int) -> dict[str, Any]:
        """Restart-UMSDevice."""
        return self._command("reboot", pk)

    def reset_device(self, pk: int) -> dict[str, Any]:
        """Reset-UMSDevice."""
        return self._command("tcreset2facdefs", pk)

    def send_device_setting(self, pk: int) -> dict[str, Any]:
        """Send-UMSDeviceSetting."""
        return self._command("settings2tc", pk)

    @staticmethod
    def _executed(answer: dict[str, Any], pk: int) -> dict[str, Any]:
        """A list of one is read as if it were its element."""
        (one,) = answer["CommandExecList"]
        return {
            "Message": f"{one['message']}.",
            "Id": pk,
            "ExecId": str(one["execID"]),
            "Mac": str(one.get("mac") or ""),
            "ExecTime": int(one["exectime"]),
            "State": str(one["state"]),
        }

    @staticmethod
    def _told(answer: dict[str, Any], pk: int, *, stop: str = "") -> dict[str, Any]:
        return {"Message": f"{answer['message']}{stop}", "Id": pk}

    def get_device_assignment(self, pk: int) -> list[dict[str, Any]]:
        """Get-UMSDeviceAssignment."""
        return [self._assignment(one) for one in self._invoke("GET", f"thinclients/{pk}/assignments/profiles")]

    def get_device_directory_assignment(self, pk: int) -> list[dict[str, Any]]:
        """Get-UMSDeviceDirectoryAssignment."""
        found = self._invoke("GET", f"directories/tcdirectories/{pk}/assignments/profiles")
        return [self._assignment(one) for one in found]

    @staticmethod
    def _assignment(one: dict[str, Any]) -> dict[str, Any]:
        return {
            "ReceiverId": int32(one["receiver"]["id"]),
            "ReceiverType": str(one["receiver"]["type"]),
            "AssigneeId": int32(one["assignee"]["id"]),
            "AssigneeType": str(one["assignee"]["type"]),
            "AssignmentPosition": int32(one["assignmentPosition"]),
        }

    # Directories: `where` is tcdirectories or profiledirectories.

    def get_directory(self, where: str, pk: int | None = None, *, children: bool = False) -> list[dict[str, Any]]:
        """Get-UMSDeviceDirectory, Get-UMSProfileDirectory."""
        facet = "?facets=children" if children else ""
        if pk is None:
            found = sync_root(self._invoke("GET", f"directories/{where}{facet}"))
        else:
            found = [self._invoke("GET", f"directories/{where}/{pk}{facet}")]
        return [self._directory(one, children) for one in found]

    @staticmethod
    def _directory(one: dict[str, Any], children: bool) -> dict[str, Any]:
        read: dict[str, Any] = {
            "Id": int32(one["id"]),
            "Name": str(one["name"]),
            "ParentId": int32(one["parentID"]),
            "MovedToBin": boolean(one["movedToBin"]),
            "ObjectType": str(one["objectType"]),
        }
        if children:
            read["DirectoryChildren"] = [
                {"ObjectType": str(child["objectType"]), "Id": int32(child["id"])} for child in one["DirectoryChildren"]
            ]
        return read

    def new_directory(self, where: str, name: str) -> dict[str, Any]:
        """New-UMSDeviceDirectory, New-UMSProfileDirectory: at the top, always."""
        one = self._invoke("PUT", f"directories/{where}", {"name": name})
        return {"Message": str(one["message"]), "Id": int32(one["id"]), "Name": str(one["name"])}

    def update_directory(self, where: str, pk: int, name: str) -> dict[str, Any]:
        """Update-UMSDeviceDirectory, Update-UMSProfileDirectory."""
        return self._told(self._invoke("PUT", f"directories/{where}/{pk}", {"name": name}), pk)

    def remove_directory(self, where: str, pk: int) -> dict[str, Any]:
        """Remove-UMSDeviceDirectory, Remove-UMSProfileDirectory."""
        return self._told(self._invoke("DELETE", f"directories/{where}/{pk}"), pk)

    def move(self, where: str, pk: int, kind: str, target: int) -> dict[str, Any]:
        """Move-UMSDevice, Move-UMSDeviceDirectory, Move-UMSProfile, Move-UMSProfileDirectory."""
        body = [{"id": pk, "type": kind}]
        (one,) = self._invoke("PUT", f"directories/{where}/{target}?operation=move", body)
        return {"Id": int32(one["id"]), "Message": f"{one['results']}."}

    @staticmethod
    def get_directory_recursive(pk: int, directories: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Get-UMSDirectoryRecursive asks nothing: it walks what was fetched."""
        here = [one for one in directories if one["Id"] == pk]
        below = [one["Id"] for one in directories if one["ParentId"] == pk]
        return here + [one for child in below for one in Psigel.get_directory_recursive(child, directories)]

    # Firmwares and profiles

    def get_firmware(self, pk: int | None = None) -> list[dict[str, Any]]:
        """Get-UMSFirmware."""
        if pk is None:
            found = self._invoke("GET", "firmwares")["FwResource"]
        else:
            found = [self._invoke("GET", f"firmwares/{pk}")]
        return [
            {
                "Id": int32(one["id"]),
                "Product": str(one["product"]),
                "Version": str(one["version"]),
                "FirmwareType": str(one["firmwareType"]),
            }
            for one in found
        ]

    def get_profile(self, pk: int | None = None) -> list[dict[str, Any]]:
        """Get-UMSProfile."""
        found = sync_root(self._invoke("GET", "profiles")) if pk is None else [self._invoke("GET", f"profiles/{pk}")]
        return [
            {
                "FirmwareId": int32(one["firmwareID"]),
                "IsMasterProfile": boolean(one["isMasterProfile"]),
                "OverridesSessions": boolean(one["overridesSessions"]),
                "Id": int32(one["id"]),
                "Name": str(one["name"]),
                "ParentId": int32(one["parentID"]),
                "MovedToBin": boolean(one["movedToBin"]),
                "ObjectType": str(one["objectType"]),
            }
            for one in found
        ]

    def update_profile(self, pk: int, name: str) -> dict[str, Any]:
        """Update-UMSProfile."""
        return self._told(self._invoke("PUT", f"profiles/{pk}", {"name": name}), pk, stop=".")

    def remove_profile(self, pk: int) -> dict[str, Any]:
        """Remove-UMSProfile."""
        answer = self._invoke("DELETE", f"profiles/{pk}")
        assert re.fullmatch(r"Deleted profile with id \d+", answer["message"]), answer
        return {"Message": "Deleted profile.", "Id": pk}

    def get_profile_assignment(self, pk: int, *, directory: bool = False) -> list[dict[str, Any]]:
        """Get-UMSProfileAssignment."""
        where = "tcdirectories" if directory else "thinclients"
        found = sync_root(self._invoke("GET", f"profiles/{pk}/assignments/{where}"))
        return [self._assignment(one) for one in found]

    def new_profile_assignment(self, pk: int, receiver: int, kind: str) -> dict[str, Any]:
        """New-UMSProfileAssignment: ids as numbers."""
        where = {"tc": "thinclients", "tcdirectory": "tcdirectories"}[kind]
        body = [{"assignee": {"id": pk, "type": "profile"}, "receiver": {"id": receiver, "type": kind}}]
        return self._told(self._invoke("PUT", f"profiles/{pk}/assignments/{where}", body), pk, stop=".")

    def remove_profile_assignment(self, pk: int, receiver: int, kind: str) -> dict[str, Any]:
        """Remove-UMSProfileAssignment."""
        where = {"tc": "thinclients", "tcdirectory": "tcdirectories"}[kind]
        return self._told(self._invoke("DELETE", f"profiles/{pk}/assignments/{where}/{receiver}"), pk, stop=".")
