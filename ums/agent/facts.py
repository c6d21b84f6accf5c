"""What this machine is, read from the kernel. Each file is optional: a fact that cannot be read stays empty."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import socket
import struct
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from ums.domain.protocol import Adapter, Inventory

_SIOCGIFADDR = 0x8915
_PLACEHOLDERS = frozenset(
    {"to be filled by o.e.m.", "default string", "not specified", "none", "n/a", "system product name"}
)
_VIRTUAL = re.compile(r"^\s*Virtual\s+(\d{1,5})\s+(\d{1,5})", re.IGNORECASE | re.MULTILINE)


def inventory(root: Path = Path("/"), *, name: str = "", structure_tag: str = "") -> Inventory:
    """The machine's facts. `root` is another root directory in tests; `name` replaces the host's own name."""
    system = os_release(root)
    memory, (cpu, cores) = _memory_mb(root), _cpu(root)
    return Inventory(
        hostname=_short(name or socket.gethostname()),
        vendor=_dmi(root, "sys_vendor"),
        product=_dmi(root, "product_name"),
        serial_number=_dmi(root, "product_serial"),
        bios=" ".join(filter(None, (_dmi(root, "bios_vendor"), _dmi(root, "bios_version"), _dmi(root, "bios_date")))),
        cpu=cpu,
        cores=cores,
        memory_mb=memory,
        storage_mb=_storage_mb(root),
        os_name=_short(system.get("NAME", platform.system())),
        os_version=_short(system.get("VERSION_ID", system.get("VERSION", ""))),
        kernel=_short(_read(root / "proc/sys/kernel/osrelease") or platform.release()),
        structure_tag=_short(structure_tag),
        adapters=adapters(root)[:64],
        extra=displays(root),
    )


def os_release(root: Path = Path("/")) -> dict[str, str]:
    """The assignments of /etc/os-release (or /usr/lib/os-release)."""
    text = _read(root / "etc/os-release") or _read(root / "usr/lib/os-release")
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


def displays(root: Path = Path("/")) -> dict[str, str]:
    """Facts about screens: how many are connected, and the size of the framebuffer if the X configuration limits it."""
    found = {}
    states = [_read(path / "status") for path in _children(root / "sys/class/drm") if (path / "status").exists()]
    if states:
        found["monitors"] = str(states.count("connected"))
    for name in ("config/Xserver/xorg.conf-0", "etc/X11/xorg.conf"):
        if limit := _VIRTUAL.search(_read(root / name)):
            found["display.virtual"] = f"{limit[1]}x{limit[2]}"
            break
    return found


def boot_id(root: Path = Path("/")) -> str:
    """An id that changes with each boot."""
    return _read(root / "proc/sys/kernel/random/boot_id")[:128]


def adapters(root: Path = Path("/")) -> list[Adapter]:
    """The network adapters but the loopback, physical ones first, in the kernel's order."""
    found = []
    for path in _children(root / "sys/class/net"):
        if path.name == "lo" or not (path / "address").exists():
            continue
        index = _number(_read(path / "ifindex"))
        addresses = [*_ipv4(path.name), *_ipv6(root, path.name)][:32]
        adapter = Adapter(name=_short(path.name), mac=_read(path / "address")[:32], addresses=addresses)
        found.append((not (path / "device").exists(), index, adapter))
    return [adapter for _, _, adapter in sorted(found, key=lambda item: item[:2])]


def default_unit_id(root: Path = Path("/")) -> str:
    """The id by which the server knows this device: MAC address of the first physical adapter, else the machine-id.

    Raises LookupError when the machine has neither.
    """
    for path in sorted(_children(root / "sys/class/net"), key=lambda path: _number(_read(path / "ifindex"))):
        mac = _read(path / "address").replace(":", "").upper()
        if (path / "device").exists() and len(mac) == 12 and mac.strip("0"):
            return mac
    machine = _read(root / "etc/machine-id") or _read(root / "var/lib/dbus/machine-id")
    if machine:
        return machine[:64]
    raise LookupError("This machine has neither a network adapter nor a machine-id.")


def _dmi(root: Path, name: str) -> str:
    value = _read(root / "sys/class/dmi/id" / name)
    return "" if value.lower() in _PLACEHOLDERS else _short(value)


def _cpu(root: Path) -> tuple[str, int]:
    model, cores = "", 0
    for line in _read(root / "proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        key = key.strip().lower()
        cores += key == "processor"
        if key in ("model name", "hardware", "cpu model") and not model:
            model = value.strip()
    return _short(model), cores or os.cpu_count() or 0


def _memory_mb(root: Path) -> int:
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return _number(line.split()[1]) // 1024
    return 0


def _storage_mb(root: Path) -> int:
    """Sum of the disks; sectors of 512 bytes, whatever the disk's own sector size is (kernel documentation)."""
    disks = (path for path in _children(root / "sys/block") if (path / "device").exists())
    return sum(_number(_read(path / "size")) for path in disks) * 512 // 2**20


def _ipv4(name: str) -> list[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
        except OSError:
            return []
    return [str(IPv4Address(answer[20:24]))]


def _ipv6(root: Path, name: str) -> list[str]:
    found = []
    for line in _read(root / "proc/net/if_inet6").splitlines():
        fields = line.split()
        if len(fields) == 6 and fields[5] == name:
            found.append(str(IPv6Address(bytes.fromhex(fields[0]))))
    return found


def _children(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip().strip("\x00")
    except OSError:
        return ""


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _short(text: str) -> str:
    return text[:255]
