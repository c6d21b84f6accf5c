from django.apps import AppConfig

from ums.audit.catalogue import declare


class FeedsConfig(AppConfig):
    name = "ums.feeds"
    label = "feeds"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        declare(
            events__kept_changed="How long events are kept was changed.",
            webhook__created="A webhook was made.",
            webhook__updated="A webhook was changed.",
            webhook__deleted="A webhook was deleted with the log of its deliveries.",
            webhook__secret_renewed="A webhook got another secret.",
            webhook__tested="A webhook was sent a test.",
            webhook__redelivered="A delivery of a webhook was ordered once more.",
            webhook__paused="A webhook took nothing for so long that it gets nothing more.",
            webhook__resumed="A webhook that was paused gets events again.",
        )
