from django.apps import AppConfig

from ums.audit.catalogue import declare


class AccountsConfig(AppConfig):
    name = "ums.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        declare(
            user__created="An administrator account was created.",
            user__updated="Properties of an administrator account were changed.",
            user__deleted="An administrator account was deleted with its tokens and grants.",
            user__password_changed="The password of an administrator was set.",
            user__signed_in="An administrator signed in.",
            user__signed_out="An administrator signed out.",
            user__sign_in_failed="Somebody gave a wrong name or password.",
            user__locked_out="Too many wrong sign-ins: the name is locked for this address for a while.",
            group__created="A group of administrators was created.",
            group__renamed="A group of administrators was renamed.",
            group__members_changed="Administrators were added to a group or removed from it.",
            group__deleted="A group of administrators was deleted with its grants.",
            grant__created="An action was allowed or denied to an administrator or a group.",
            grant__deleted="An allowed or denied action was taken back.",
            api_token__created="A token for the API was created.",
            api_token__revoked="A token for the API was revoked.",
        )
