"""Link a directory and license all devices: `python -m bench.swp_seed DOMAIN NETBIOS CONTROLLER CA USER PASSWORD`."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path


def main(domain: str, netbios: str, controller: str, authority: str, user: str, password: str) -> None:
    """Rows only: linking by a person is measured nowhere."""
    import django

    django.setup()
    from django.utils import timezone

    from swp.models import DirectoryCertificate, LinkedDirectory
    from ums.core.crypto import seal
    from ums.domain.licences import LicenceKind
    from ums.licences.models import Licence

    end = timezone.now() + timedelta(days=30)
    row = LinkedDirectory.objects.create(
        domain_name=domain,
        netbios_name=netbios,
        controllers=[controller],
        browse_user=user,
        sealed_browse_password=seal(password),
    )
    pem = Path(authority).read_text()
    DirectoryCertificate.objects.create(directory=row, pem=pem, subject="CN=bench", fingerprint="0", not_after=end)
    Licence.objects.create(number="bench", kind=LicenceKind.TRIAL, expires_at=end, test=True, added_by="bench")


if __name__ == "__main__":
    main(*sys.argv[1:7])
