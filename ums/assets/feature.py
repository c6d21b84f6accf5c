"""The Asset Inventory Tracker as a feature (domain/console.md §10): off, nothing is taken in and nothing is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ums.assets.models import Asset
from ums.domain.licences import ASSET_INVENTORY
from ums.features.registry import Declared
from ums.features.selectors import is_enabled
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from ums.core.actor import Actor


def _in_use() -> str:
    known = Asset.objects.count()
    if not known:
        return ""
    assets = "1 asset is" if known == 1 else f"{known:,} assets are"
    return f"{assets} known: they are kept, but not shown, and what is plugged in from now on is not recorded."


def tracking() -> bool:
    """Whether it is switched on: one query."""
    return is_enabled(ASSET_INVENTORY)


def _switched(actor: Actor) -> None:
    publish_on_commit(TreeChanged())


FEATURE = Declared(
    name=ASSET_INVENTORY,
    label="Asset Inventory Tracker",
    help="Records which USB and Bluetooth peripherals and monitors are plugged into devices, where they are, and where "
    "they were. Off: nothing is recorded or shown, and rules notify nobody; what was recorded is kept as long as its "
    "history. It needs the Enterprise Management Pack.",
    default=True,
    in_use=_in_use,
    switched=_switched,
)
