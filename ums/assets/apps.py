from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

from ums.audit.catalogue import declare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ums.assets.models import AssetEvent


class AssetsConfig(AppConfig):
    name = "ums.assets"
    label = "assets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ums.assets.feature import FEATURE, tracking
        from ums.assets.happened import on_happened
        from ums.devices.pages import TABS, Tab
        from ums.features.registry import declare as declare_feature
        from ums.notices.kinds import declare as declare_notices

        declare_feature(FEATURE)
        on_happened(_watch)
        TABS.append(Tab("assets", "Assets", "assets:device_assets", tracking))
        declare_notices(
            asset__not_allowed="A peripheral that is not allowed",
            asset__vanished="An asset that has disappeared",
        )
        declare(
            asset_rule__created="A rule about assets was made.",
            asset_rule__changed="A rule about assets was changed.",
            asset_rule__deleted="A rule about assets was deleted.",
            asset_settings__changed="How long the history of assets is kept was changed.",
        )


def _watch(events: Sequence[AssetEvent]) -> None:
    from ums.assets.services import additions_watch

    additions_watch(events=events)
