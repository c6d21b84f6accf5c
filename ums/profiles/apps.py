from django.apps import AppConfig

from ums.audit.catalogue import declare


class ProfilesConfig(AppConfig):
    name = "ums.profiles"
    label = "profiles"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        declare(
            catalogue__stored="The parameter catalogue of a firmware version was stored.",
            profile__created="A profile was created.",
            profile__updated="Name or description of a profile was changed.",
            profile__moved="A profile was moved to another directory.",
            profile__saved="The settings of a profile were saved as a new revision.",
            profile__deleted="A profile was deleted with its revisions and assignments.",
            profile__assigned="A profile was assigned to a device or a directory.",
            profile__unassigned="A profile was removed from a device or a directory.",
        )
