"""All writes to assets."""

from ums.assets.services.reports import AssetReport, assets_report

__all__ = ["AssetReport", "assets_report"]
