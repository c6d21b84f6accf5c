from django.apps import AppConfig

from ums.audit.catalogue import declare
from ums.events.kinds import declare_kinds


class DevicesConfig(AppConfig):
    name = "ums.devices"
    label = "devices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        declare(
            directory__created="A directory was created.",
            directory__updated="A directory was renamed or its comment changed.",
            directory__moved="A directory was moved into another one.",
            directory__deleted="An empty directory was deleted.",
            device__registered="A device enrolled for the first time.",
            device__updated="Custom properties of a device were changed.",
            device__moved="A device was moved to another directory.",
            device__deleted="A device was deleted; its certificates are void.",
            saved_view__created="A filter of the device list was saved under a name.",
            saved_view__deleted="A saved filter of the device list was deleted.",
            device__reenrolment_allowed="A known device may enrol once more with a first-authentication key.",
        )
        declare_kinds(
            device__online="A device connected.",
            device__offline="The connection of a device ended.",
        )
