"""Nobody gives away more than they have: the checks behind grants, groups, passwords and tokens.

1. Who manages administrators (`administer`) may allow only what they may do themselves, in the whole subtree.
2. Taking a deny away is the same as allowing.
3. Whoever can sign in as somebody else has that one's rights: passwords, accounts and tokens of others are in reach
   only for those who may do all that the other may.
Superusers and the system are beyond all this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.accounts.models import Grant, User
from ums.core.access import EVERYWHERE, NEEDS, NETWORK_ACTIONS, Action, may, owns, restrict, scope_of, subtree
from ums.core.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterable

GrantRow = tuple[str, bool, int | None]
"""(action, allow, directory id or EVERYWHERE), as `User.effective_grants` lists them."""


def require_to_hold(user: Any, grants: Iterable[GrantRow]) -> None:
    """Raises NotAllowed unless `user` may do all that the *allowing* ones of `grants` say. None is the system."""
    if user is None or user.is_superuser:
        return
    for action, allow, directory in grants:
        if allow and not all(_holds(user, needed, directory) for needed in NEEDS[action]):
            raise NotAllowed(
                f"You can only give what you have yourself, and you do not have “{Action(action).label}” there."
            )


def require_to_lift(user: Any, grants: Iterable[GrantRow]) -> None:
    """Raises NotAllowed unless `user` may do all that the *denying* ones of `grants` take away."""
    require_to_hold(user, [(action, True, directory) for action, allow, directory in grants if not allow])


def require_over(user: Any, other: User) -> None:
    """Raises NotAllowed unless `user` may act as `other`: oneself, or one with no more rights than oneself."""
    if user is None or user.is_superuser or owns(user, other.pk):
        return
    if other.is_superuser:
        raise NotAllowed("Only superusers may change superusers.")
    require_to_hold(user, other.effective_grants())


def _holds(user: Any, action: str, directory: int | None) -> bool:
    if action in NETWORK_ACTIONS:
        return may(user, action)
    scope = scope_of(user, action)
    if scope.nowhere or scope.everywhere:
        return scope.everywhere
    if directory is EVERYWHERE:
        return False
    # A subtree is theirs when no directory in it is denied to them. Directories stand above accounts: by their field.
    model: Any = Grant._meta.get_field("directory").related_model
    whole = model._default_manager.filter(pk__in=subtree([directory]))
    return bool(restrict(whole, user, action).count() == whole.count())
