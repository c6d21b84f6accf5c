from django.apps import AppConfig

from ums.audit.catalogue import declare


class FeaturesConfig(AppConfig):
    name = "ums.features"
    label = "features"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        declare(feature__switched="A feature was switched on or off for the whole network.")
