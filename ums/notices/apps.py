from django.apps import AppConfig

from ums.audit.catalogue import declare
from ums.events.kinds import declare_kinds


class NoticesConfig(AppConfig):
    name = "ums.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        declare_kinds(notice__posted="Something was noticed.")
        declare(
            notice__settled="A notice was settled.",
            notice__reopened="A notice that was settled is open again.",
        )
