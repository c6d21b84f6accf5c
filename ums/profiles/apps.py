from django.apps import AppConfig

from ums.audit.catalogue import declare


class ProfilesConfig(AppConfig):
    name = "ums.profiles"
    label = "profiles"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ums.devices.services.directories import BEFORE_DELETING
        from ums.devices.services.settings import OWN_FACTS_COUNT
        from ums.features.registry import declare as declare_feature
        from ums.files.reach import WAYS
        from ums.profiles.files import WAY
        from ums.profiles.keys import static_keys_used
        from ums.profiles.priority import FEATURE
        from ums.profiles.services.recycle import make_room

        WAYS.append(WAY)
        BEFORE_DELETING.append(make_room)
        OWN_FACTS_COUNT.append(static_keys_used)
        declare_feature(FEATURE)
        declare(
            catalogue__stored="The parameter catalogue of a firmware version was stored.",
            catalogue__deleted="The parameter catalogue of a firmware version was deleted.",
            profile__created="A profile was created.",
            profile__copied="A profile was made as a copy of another one.",
            profile__updated="Name or description of a profile was changed.",
            profile__moved="A profile was moved to another directory.",
            profile__saved="The settings of a profile were saved as a new revision.",
            profile__rebased="A profile was moved to another parameter catalogue as a new revision.",
            profile__recycled="A profile was moved to the recycle bin, where it counts for nothing.",
            profile__restored="A profile was taken out of the recycle bin.",
            profile__exported="A profile was exported with its secrets.",
            profile__deleted="A profile was deleted for good, with its revisions and assignments.",
            profile__assigned="A profile was assigned to a device or a directory.",
            profile__unassigned="A profile was removed from a device or a directory.",
            profile__file_added="A file comes with a profile.",
            profile__file_removed="A file does not come with a profile any more.",
            template_key__created="A template key was created.",
            template_key__updated="A template key was changed.",
            template_key__deleted="A template key was deleted with its values.",
            template_value__created="A value of a template key was created.",
            template_value__updated="A value of a template key was changed.",
            template_value__deleted="A value of a template key was deleted with its assignments.",
            template_value__assigned="A value, or a group of values, was assigned to a device or a directory.",
            template_value__unassigned="A value, or a group of values, was removed from a device or a directory.",
            value_group__created="A group of values was created.",
            value_group__updated="A group of values was changed.",
            value_group__deleted="A group of values was deleted with its assignments.",
        )
