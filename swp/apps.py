from django.apps import AppConfig

from ums.audit.catalogue import declare
from ums.events.kinds import declare_kinds


class SwpConfig(AppConfig):
    name = "swp"
    label = "swp"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from swp.feature import FEATURE
        from swp.reached import devices_of_users_of
        from ums.features.registry import declare as declare_feature
        from ums.profiles.selectors import WAYS

        WAYS.append(devices_of_users_of)
        declare_feature(FEATURE)
        declare(
            linked_directory__added="A directory service was linked.",
            linked_directory__changed="A linked directory service was changed.",
            linked_directory__removed="A directory service is not linked any more.",
            shared_workplace__settings_changed="What holds for all linked directories was changed.",
            shared_workplace__switched="Logging in at a device was switched on or off there.",
            session__ended="An administrator logged out a user at a device.",
            directory_administrator__imported="A user or a group of a linked directory was made an administrator.",
            directory_administrator__came="A user of a linked directory came in for the first time, by a group.",
            directory_administrator__groups_read="A directory says an administrator has other groups than before.",
            directory_administrator__removed="A user or a group of a linked directory is no administrator any more.",
            directory_object__gone="An object that profiles are assigned to is not in its directory any more.",
            directory_object__cleaned="An object that is not in its directory any more was cleaned up.",
            profile__user_assigned="A profile was assigned to a user, a group or an organizational unit.",
            profile__user_unassigned="A profile was removed from a user, a group or an organizational unit.",
        )
        declare_kinds(
            user__logged_in="A user of a linked directory logged in at a device.",
            user__logged_out="A user's session at a device ended.",
        )
