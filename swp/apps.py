from django.apps import AppConfig

from ums.audit.catalogue import declare


class SwpConfig(AppConfig):
    name = "swp"
    label = "swp"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        declare(
            linked_directory__added="A directory service was linked.",
            linked_directory__changed="A linked directory service was changed.",
            linked_directory__removed="A directory service is not linked any more.",
        )
