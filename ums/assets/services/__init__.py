"""All writes to assets, and to the rules about them."""

from ums.assets.services.reports import AssetReport, assets_report
from ums.assets.services.retention import assets_prune
from ums.assets.services.rules import asset_rule_create, asset_rule_delete, asset_rule_update, asset_settings_set
from ums.assets.services.watching import additions_watch, assets_watch

__all__ = [
    "AssetReport",
    "additions_watch",
    "asset_rule_create",
    "asset_rule_delete",
    "asset_rule_update",
    "asset_settings_set",
    "assets_prune",
    "assets_report",
    "assets_watch",
]
