"""The directories of the tests: CORP.TEST and LAB.TEST, with people in them.

CORP.TEST below OU=Staff, all with the password `PASSWORD`:

- OU=Sales,OU=Staff: alice (member of field, which is in north, in sales, in trade, in company: five deep) and bob (of
  sales)
- OU=Engineering,OU=Staff: carol (of engineers and of circle-a, which holds circle-b, which holds circle-a)
- OU=Trouble,OU=Staff: dora is disabled, eva's account has expired, max must change his password, paul's has expired
- CN=Users: browse, who may only read (the browse account); Administrator (`ADMIN_PASSWORD`)
- OU=Groups: the groups

LAB.TEST: OU=Guests with lena (of visitors), CN=Users with browse.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from tests.services.samba import Samba

NESTED = ("field", "north", "sales", "trade", "company")
"""Groups of CORP.TEST, each a member of the next."""


def corp() -> Samba:
    """CORP.TEST, not running; made once in a run of the tests."""
    return once("CORP.TEST", _fill_corp)


def lab() -> Samba:
    """LAB.TEST, as `corp`."""
    return once("LAB.TEST", _fill_lab)


def once(realm: str, fill: Callable[[Samba], None]) -> Samba:
    """Provisioned and filled by the first process of the run that asks, taken over by the others."""
    place = Path(os.environ.get("UMS_BENCH_DATA") or os.environ["UMS_DATA"]) / "domains" / realm
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (place / "made").exists():
            return Samba(realm).load(place / "made")
        made = Samba(realm).provision()
        fill(made)
        made.save(place / "half")
        (place / "half").rename(place / "made")
        return made


def _fill_corp(ad: Samba) -> None:
    sales, engineering, trouble = (f"OU={name},OU=Staff" for name in ("Sales", "Engineering", "Trouble"))
    ad.add([ad.ou("OU=Staff"), ad.ou("OU=Groups"), *map(ad.ou, (sales, engineering, trouble))])
    ad.add([ad.user("browse"), ad.user("alice", sales), ad.user("bob", sales), ad.user("carol", engineering)])
    ad.add(ad.user(name, trouble) for name in ("dora", "eva", "max", "paul"))
    inner = [ad.dn("alice", sales)]
    for name in NESTED:
        ad.add([ad.group(name, "OU=Groups", members=[*inner, *([ad.dn("bob", sales)] if name == "sales" else [])])])
        inner = [ad.dn(name, "OU=Groups")]
    carol, one, two = ad.dn("carol", engineering), ad.dn("circle-a", "OU=Groups"), ad.dn("circle-b", "OU=Groups")
    ad.add([ad.group("engineers", "OU=Groups", members=[carol]), ad.group("circle-a", "OU=Groups", members=[carol])])
    ad.add([ad.group("circle-b", "OU=Groups", members=[one])])
    ad.join(one, carol, two)
    ad.disable(ad.dn("dora", trouble))
    ad.expire(ad.dn("eva", trouble))
    ad.must_change(ad.dn("max", trouble))
    ad.expire_password(ad.dn("paul", trouble))


def _fill_lab(ad: Samba) -> None:
    ad.add([ad.ou("OU=Guests"), ad.user("browse"), ad.user("lena", "OU=Guests")])
    ad.add([ad.group("visitors", "OU=Guests", members=[ad.dn("lena", "OU=Guests")])])
