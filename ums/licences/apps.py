from django.apps import AppConfig

from ums.audit.catalogue import declare
from ums.domain.licences import ASSET_INVENTORY


class LicencesConfig(AppConfig):
    name = "ums.licences"
    label = "licences"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ums.features.registry import declare_licence
        from ums.licences.selectors import tracker_lacking

        declare_licence(ASSET_INVENTORY, tracker_lacking)
        declare(
            licence__imported="A licence was imported.",
            licence__trial_started="The test licence of this network was started.",
            licence__given="A device was given a licence, for good.",
        )
