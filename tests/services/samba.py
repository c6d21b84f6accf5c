"""Real Active Directory domains for the tests: Samba as domain controllers on addresses of loopback, gone afterwards.

Samba's ports are fixed (389, 636), so that each controller has an address of its own, which `Address` finds.
A domain is provisioned once (5 s, much longer on a busy machine); a `copy` takes 0.3 s. A copy on another address plays
a second controller of the same domain: the same objects, not replicated. `tests.services.domains` has filled ones.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.services.certificates import Authority, Certificate
from tests.services.ldif import PASSWORD, change, escaped, record, unicode_password
from tests.services.packages import program
from tests.services.process import Process

ADMINISTRATOR = "Administrator"
ADMIN_PASSWORD = "Passw0rd.Admin"

_PROVISION = """
import sys
import samba.provision as provision
provision.setsysvolacl = lambda *a, **k: None
from samba.netcmd.main import cmd_sambatool
sys.exit(cmd_sambatool()._run("samba-tool", *sys.argv[1:]))
"""
"""Without the step that gives directories of files their owners: nobody asks for them, and it wants more than root."""

_PASSING = shutil.ignore_patterns("run", "sock", "log.*", "ldapi", "ldap_priv", "samba.out")
"""Files and sockets that are there while it runs."""

_HASTY = {"TDB_NO_FSYNC": "1"}
"""Nothing has to survive a crash of the machine."""

_NORMAL, _DISABLED = 512, 514
_PART = 500
"""Objects that are loaded at once; more take longer for each."""
_SET_BACK = "local_oid:1.3.6.1.4.1.7165.4.3.20:0"
"""Control of Samba by which pwdLastSet may be in the past."""


class Address:
    """An address of loopback that is nobody else's on this machine while this is open."""

    def __init__(self) -> None:
        self._held = socket.socket()
        for number in range(1, 4000):
            self.text = f"127.0.{10 + number // 250}.{1 + number % 250}"
            try:
                self._held.bind((self.text, 7))
                socket.create_server((self.text, 636)).close()
            except OSError:
                self._held.close()
                self._held = socket.socket()
            else:
                return
        raise RuntimeError("no address of loopback is free")

    def close(self) -> None:
        """Others may have it."""
        self._held.close()


class Samba:
    """A domain controller. `with Samba("CORP.TEST").provision() as ad:` runs one."""

    def __init__(self, realm: str = "CORP.TEST", host: str = "dc1") -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="ums-samba-"))
        self._address = Address()
        self.realm, self.host = realm.upper(), host
        self.authority = Authority(f"Authority of {self.domain}")
        self.process: Process | None = None

    @property
    def address(self) -> str:
        """Where it listens: the ports 389 and 636."""
        return self._address.text

    @property
    def domain(self) -> str:
        """As "corp.test"."""
        return self.realm.lower()

    @property
    def netbios(self) -> str:
        """As "CORP"."""
        return self.realm.split(".")[0]

    @property
    def name(self) -> str:
        """As "dc1.corp.test"; no DNS knows it."""
        return f"{self.host}.{self.domain}"

    @property
    def base(self) -> str:
        """The DN of the domain."""
        return ",".join(f"DC={part}" for part in self.domain.split("."))

    @property
    def ca(self) -> str:
        """What its certificate is trusted by, PEM."""
        return self.authority.pem

    @property
    def administrator(self) -> str:
        """The UPN of who may do everything, with ADMIN_PASSWORD."""
        return f"{ADMINISTRATOR}@{self.domain}"

    # -- Making ---------------------------------------------------------------------------------------------------

    def provision(self) -> Self:
        """Make the domain: 5 s, 33 MB."""
        self._configure()
        options = {
            "realm": self.realm,
            "domain": self.netbios,
            "host-name": self.host,
            "host-ip": self.address,
            "server-role": "dc",
            "dns-backend": "NONE",
            "adminpass": ADMIN_PASSWORD,
        }
        words = [f"--{name}={value}" for name, value in options.items()]
        self._run("/usr/bin/python3", "-c", _PROVISION, "domain", "provision", "-s", self._configuration, *words)
        self.show(self.authority.sign(self.name, self.domain, self.address))
        return self

    def copy(self, host: str = "") -> Samba:
        """A domain that does not run, copied to another address. `host`: it is another controller of the domain."""
        other = Samba(self.realm, host or self.host)
        other.authority = self.authority
        return other.load(self._directory)

    def save(self, directory: Path) -> None:
        """What it holds, for `load`; it must not run."""
        shutil.copytree(self._directory, directory, symlinks=True, ignore=_PASSING, dirs_exist_ok=True)

    def load(self, directory: Path) -> Self:
        """Hold what was saved, instead of `provision`."""
        shutil.copytree(directory, self._directory, symlinks=True, ignore=_PASSING, dirs_exist_ok=True)
        self._configure()
        self.show(self.authority.sign(self.name, self.domain, self.address))
        return self

    def show(self, certificate: Certificate) -> None:
        """The certificate that it shows from its next start on."""
        tls = self._directory / "private/tls"
        (tls / "ca.pem").write_text(self.authority.pem)
        (tls / "cert.pem").write_text(certificate.pem)
        (tls / "key.pem").touch(0o600)
        (tls / "key.pem").write_text(certificate.key)

    def _configure(self) -> None:
        own = self._directory
        for part in ("private/tls", "state", "cache", "lock", "run", "sock"):
            (own / part).mkdir(parents=True, exist_ok=True)
        options = {
            "netbios name": self.host.upper(),
            "realm": self.realm,
            "workgroup": self.netbios,
            "server role": "active directory domain controller",
            "interfaces": f"{self.address}/8",
            "bind interfaces only": "yes",
            "server services": "ldap, cldap",
            "private dir": own / "private",
            "state directory": own / "state",
            "cache directory": own / "cache",
            "lock directory": own / "lock",
            "pid directory": own / "run",
            "ncalrpc dir": own / "run/ncalrpc",
            "winbindd socket directory": own / "sock/winbindd",
            "ntp signd socket directory": own / "sock/ntp_signd",
            "log file": own / "log.%m",
            "log level": "1 auth_audit:3",
            "prefork children": "2",
        }
        lines = ["[global]", *(f"    {name} = {value}" for name, value in options.items())]
        for share in ("sysvol", "netlogon"):
            lines += [f"[{share}]", f"    path = {own}/state/sysvol", "    read only = no"]
        self._configuration.write_text("\n".join(lines) + "\n")

    @property
    def _configuration(self) -> Path:
        return self._directory / "smb.conf"

    # -- Running --------------------------------------------------------------------------------------------------

    def start(self, *, model: str = "single") -> Self:
        """Start it (0.5 to 2 s). model "prefork": two processes answer. Raises RuntimeError with Samba's words."""
        command: list[str | Path] = [program("samba"), "-s", self._configuration, "-i", "-M", model]
        self.process = Process(command, self._directory / "samba.out", environment=_HASTY)
        self.process.wait_ready(self._answers)
        return self

    def _answers(self) -> bool:
        try:
            for port in (389, 636):
                socket.create_connection((self.address, port), 0.5).close()
        except OSError:
            return False
        return True

    def pause(self) -> None:
        """From now on it accepts connections and never answers."""
        assert self.process
        self.process.signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        """It answers again."""
        assert self.process
        self.process.signal_group(signal.SIGCONT)

    def halt(self) -> None:
        """End it; what it holds stays, for another start."""
        if self.process:
            self.resume()
            self.process.stop()
            self.process = None

    def stop(self) -> None:
        """End it and remove everything."""
        self.halt()
        self._address.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """What it wrote down, with a line for each attempt to log in."""
        return "".join(path.read_text(errors="replace") for path in self._directory.glob("log.*"))

    # -- Contents: on the files, whether it runs or not ---------------------------------------------------------------

    def tool(self, *words: str) -> str:
        """samba-tool (0.25 s a call). Raises RuntimeError with its words."""
        return self._run(program("samba-tool"), *words, "-s", self._configuration)

    def add(self, records: Iterable[str]) -> None:
        """Add objects (`tests.services.ldif.record`, `ou`, `group`, `user`)."""
        given = list(records)
        for first in range(0, len(given), _PART):
            self._ldb("ldbadd", "".join(given[first : first + _PART]))

    def change(self, dn: str, *options: str, **attributes: str | bytes | int | Iterable[str]) -> None:
        """Replace attributes of an object."""
        self._ldb("ldbmodify", change(dn, **attributes), *options)

    def move(self, dn: str, to: str) -> None:
        """Give an object another DN: a rename or a move."""
        self._run(program("ldbrename"), *self._database, dn, to)

    def delete(self, dn: str) -> None:
        """Delete an object."""
        self._run(program("ldbdel"), *self._database, dn)

    def dn(self, name: str, within: str = "") -> str:
        """The DN of an object: dn("joe", "OU=Staff") is below OU=Staff of the domain, dn("joe") below CN=Users."""
        return f"CN={escaped(name)},{within or 'CN=Users'},{self.base}"

    def ou(self, path: str) -> str:
        """An OU, as ou("OU=Sales,OU=Staff")."""
        return record(f"{path},{self.base}", objectClass="organizationalUnit")

    def user(self, name: str, within: str = "", *, password: str = PASSWORD, **attributes: str | int | bytes) -> str:
        """A user who may log in; one without a password is disabled and 20 times faster to make."""
        given: dict[str, str | int | bytes] = {
            "sAMAccountName": name[:20],
            "userPrincipalName": f"{name}@{self.domain}",
            "mail": f"{name}@{self.domain}",
            "displayName": name,
            "userAccountControl": _NORMAL if password else _DISABLED,
        }
        if password:
            given["unicodePwd"] = unicode_password(password)
        return record(self.dn(name, within), objectClass="user", **{**given, **attributes})

    def group(self, name: str, within: str = "", *, members: Iterable[str] = ()) -> str:
        """A global group. members: DNs; they must be there before it, or be added later by `join`."""
        return record(self.dn(name, within), objectClass="group", sAMAccountName=name, member=list(members))

    def join(self, group: str, *members: str) -> None:
        """Make these (DNs) the members of a group (DN)."""
        self.change(group, member=members)

    def disable(self, dn: str) -> None:
        """The account is off: 533."""
        self.change(dn, userAccountControl=_DISABLED)

    def expire(self, dn: str) -> None:
        """The account ended long ago: 701."""
        self.change(dn, accountExpires=130_000_000_000_000_000)

    def expire_password(self, dn: str) -> None:
        """The password is too old: 532."""
        self.change(dn, f"--controls={_SET_BACK}", pwdLastSet=130_000_000_000_000_000)

    def must_change(self, dn: str) -> None:
        """The password must be changed: 773."""
        self.change(dn, pwdLastSet=0)

    def lock_after(self, wrong: int) -> None:
        """So many wrong passwords lock an account: 775. 0: never."""
        self.change(self.base, lockoutThreshold=wrong)

    @property
    def _database(self) -> list[str | Path]:
        return [f"--configfile={self._configuration}", "-H", self._directory / "private/sam.ldb"]

    def _ldb(self, name: str, ldif: str, *options: str) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".ldif") as file:
            file.write(ldif)
            file.flush()
            self._run(program(name), *self._database, *options, file.name)

    @staticmethod
    def _run(*words: str | Path) -> str:
        hasty = {**os.environ, **_HASTY}
        done = subprocess.run([str(word) for word in words], text=True, capture_output=True, check=False, env=hasty)
        if done.returncode:
            raise RuntimeError(f"{words[0]} {words[1]}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout
