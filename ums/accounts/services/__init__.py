"""All writes to administrators, groups, grants, API tokens, and the record of sign-ins."""

from ums.accounts.services.grants import grant_create, grant_delete
from ums.accounts.services.groups import group_create, group_delete, group_members_set, group_rename
from ums.accounts.services.signin import sign_in_failed, sign_in_locked_out, signed_in, signed_out
from ums.accounts.services.superuser import superuser_set
from ums.accounts.services.tokens import api_token_create, api_token_revoke, api_token_touch
from ums.accounts.services.users import user_create, user_delete, user_set_password, user_update

__all__ = [
    "api_token_create",
    "api_token_revoke",
    "api_token_touch",
    "grant_create",
    "grant_delete",
    "group_create",
    "group_delete",
    "group_members_set",
    "group_rename",
    "sign_in_failed",
    "sign_in_locked_out",
    "signed_in",
    "signed_out",
    "superuser_set",
    "user_create",
    "user_delete",
    "user_set_password",
    "user_update",
]
