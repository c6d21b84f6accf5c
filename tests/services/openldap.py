"""An OpenLDAP server of the tests' own: not an Active Directory, but administrators may come from it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.services.certificates import Authority
from tests.services.ldif import PASSWORD, record
from tests.services.packages import program
from tests.services.process import Process, free_port

ADMIN_PASSWORD = "Passw0rd.Admin"

_SCHEMAS = Path("/etc/ldap/schema")


class OpenLDAP:
    """`with OpenLDAP() as ldap:` runs one on loopback: ou=people with ada and bert, ou=groups with admins (ada)."""

    domain = "ldap.test"
    base = "dc=ldap,dc=test"

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="ums-openldap-"))
        self.address, self.port, self.plain_port = "127.0.0.1", free_port(), free_port()
        self.authority = Authority("Authority of ldap.test")
        self.process: Process | None = None

    @property
    def ca(self) -> str:
        """What its certificate is trusted by, PEM."""
        return self.authority.pem

    @property
    def administrator(self) -> str:
        """The DN of who may do everything, with ADMIN_PASSWORD."""
        return f"cn=admin,{self.base}"

    def start(self) -> Self:
        """Fill it and start it (0.1 s). Raises RuntimeError with the server's words."""
        own = self._directory
        certificate = self.authority.sign("ldap.test", self.address)
        for name, text in (("ca", self.ca), ("cert", certificate.pem), ("key", certificate.key)):
            (own / f"{name}.pem").write_text(text)
        (own / "data").mkdir(exist_ok=True)
        (own / "slapd.conf").write_text(self._configuration())
        (own / "people.ldif").write_text(self._people())
        if not (own / "data/data.mdb").exists():
            command = [str(program("slapd")), "-T", "add", "-f", f"{own}/slapd.conf", "-l", f"{own}/people.ldif"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr)
        urls = f"ldaps://{self.address}:{self.port} ldap://{self.address}:{self.plain_port}"
        self.process = Process([program("slapd"), "-d", "0", "-f", own / "slapd.conf", "-h", urls], own / "log")
        self.process.wait_ready(self._answers)
        return self

    def _configuration(self) -> str:
        own = self._directory
        lines = [f"include {_SCHEMAS / name}.schema" for name in ("core", "cosine", "inetorgperson")]
        lines += ["modulepath /usr/lib/ldap", "moduleload back_mdb", f"pidfile {own}/pid"]
        lines += [f"TLSCACertificateFile {own}/ca.pem", f"TLSCertificateFile {own}/cert.pem"]
        lines += [f"TLSCertificateKeyFile {own}/key.pem", "database mdb", f'suffix "{self.base}"']
        lines += [f'rootdn "{self.administrator}"', f"rootpw {ADMIN_PASSWORD}", f"directory {own}/data"]
        return "\n".join(lines) + "\n"

    def _people(self) -> str:
        people = [
            record(
                f"uid={uid},ou=people,{self.base}",
                objectClass="inetOrgPerson",
                uid=uid,
                cn=uid.capitalize(),
                sn="Test",
                mail=f"{uid}@{self.domain}",
                userPassword=PASSWORD,
            )
            for uid in ("ada", "bert")
        ]
        return "".join(
            [
                record(self.base, objectClass=["dcObject", "organization"], dc="ldap", o="Test"),
                record(f"ou=people,{self.base}", objectClass="organizationalUnit", ou="people"),
                record(f"ou=groups,{self.base}", objectClass="organizationalUnit", ou="groups"),
                *people,
                record(
                    f"cn=admins,ou=groups,{self.base}",
                    objectClass="groupOfNames",
                    cn="admins",
                    member=f"uid=ada,ou=people,{self.base}",
                ),
            ]
        )

    def _answers(self) -> bool:
        try:
            socket.create_connection((self.address, self.port), 0.5).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it and remove everything."""
        if self.process:
            self.process.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
