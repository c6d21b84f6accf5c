"""Who may do what where: grants of actions on directory subtrees, turned into querysets.

1. A grant allows or denies one action to a user or a group, on one directory and all below it, or everywhere.
2. An allowed action brings those that it needs along (`write` brings `read` and `browse`).
3. A denied action takes away all that need it; a deny always wins (domain/console.md §8).
4. Nothing granted is nothing allowed. Superusers may do everything.
5. Who comes with a token has what its user may do, within the limits of the token (`limit_rights`).

A model takes part by naming the path to its directory: `access_directory = "directory"` (`"pk"` for the
directory itself, `None` for things of the whole network).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.db.models.expressions import RawSQL

from ums.core.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterable


class Action(models.TextChoices):
    """What can be granted. The last five have no directory: they are about the whole network."""

    BROWSE = "browse", "Browse"
    READ = "read", "Read"
    WRITE = "write", "Write"
    ASSIGN = "assign", "Assign profiles"
    COMMAND = "command", "Send commands"
    ENROL = "enrol", "Manage first-authentication keys"
    AUDIT = "audit", "Read the audit log"
    ADMINISTER = "administer", "Manage administrators"
    TRANSFER = "transfer", "Use the transfer directory"
    USERS = "users", "Browse and assign Shared Workplace users"


NETWORK_ACTIONS = frozenset({Action.ENROL, Action.AUDIT, Action.ADMINISTER, Action.TRANSFER, Action.USERS})

NEEDS: dict[str, frozenset[str]] = {
    Action.BROWSE: frozenset({Action.BROWSE}),
    Action.READ: frozenset({Action.BROWSE, Action.READ}),
    Action.WRITE: frozenset({Action.BROWSE, Action.READ, Action.WRITE}),
    Action.ASSIGN: frozenset({Action.BROWSE, Action.READ, Action.ASSIGN}),
    Action.COMMAND: frozenset({Action.BROWSE, Action.READ, Action.COMMAND}),
    Action.ENROL: frozenset({Action.ENROL}),
    Action.AUDIT: frozenset({Action.AUDIT}),
    Action.ADMINISTER: frozenset({Action.ADMINISTER}),
    Action.TRANSFER: frozenset({Action.TRANSFER}),
    Action.USERS: frozenset({Action.USERS}),
}

CHANGING = frozenset({Action.WRITE, Action.ASSIGN, Action.COMMAND})
"""Actions that nobody needs to read something."""

EVERYWHERE = None
"""The directory of a grant that holds for all directories of all kinds."""

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a token leaves of the rights of its user: never more than these, and nothing that they do not have.

    directories: roots of the subtrees that it reaches (None: no limit); then it has no rights on the whole network.
    read_only: it changes nothing. lends: whether it may make tokens, which would have what it lacks itself.
    token: its key in the database.
    """

    directories: frozenset[int] | None = None
    read_only: bool = False
    lends: bool = True
    token: int = 0


class Scope:
    """Where one user may do one action: roots of allowed and of denied subtrees, and of those that a token reaches."""

    def __init__(self, grants: Iterable[tuple[str, bool, int | None]], action: str, limit: Limit | None = None) -> None:
        """`grants`: (action, allow, directory id or EVERYWHERE) of the user and all its groups."""
        grants = tuple(grants)
        allowed = [where for name, allow, where in grants if allow and action in NEEDS[name]]
        denied = [where for name, allow, where in grants if not allow and name in NEEDS[action]]
        reach = limit.directories if limit else None
        kept = limit is None or not (limit.read_only and action in CHANGING)
        kept = kept and (reach is None or (bool(reach) and action not in NETWORK_ACTIONS))
        self.nowhere = not allowed or EVERYWHERE in denied or not kept
        self.everywhere = not self.nowhere and EVERYWHERE in allowed and not denied and reach is None
        self.allowed = None if EVERYWHERE in allowed else sorted({w for w in allowed if w is not None})
        self.denied = sorted({w for w in denied if w is not None})
        self.reach = None if reach is None else sorted(reach)


def limit_rights(user: Any, limit: Limit) -> None:
    """From now on this object of a user has less rights, wherever they are asked for. A superuser is none any more.

    Call it before anything was asked; the object must not be saved.
    """
    if limit.directories is not None or limit.read_only:
        if user.is_superuser:
            user.__dict__["_grants"] = tuple((action, True, EVERYWHERE) for action in Action.values)
        user.is_superuser = False
    user.__dict__["_limit"] = limit
    user.__dict__.pop("_scopes", None)


def limit_of(user: Any) -> Limit | None:
    """How the rights of this object of a user are limited."""
    found: Limit | None = user.__dict__.get("_limit")
    return found


def owns(user: Any, pk: int | None) -> bool:
    """Whether what belongs to the account `pk` is this user's own. With less rights than that account, it is not."""
    limit = limit_of(user)
    return bool(user.pk == pk and (limit is None or limit.directories is None))


def scope_of(user: Any, action: str) -> Scope:
    """The scope of a user, read once per user object (a request) and action."""
    cache: dict[str, Scope] = user.__dict__.setdefault("_scopes", {})
    if action not in cache:
        if not user.is_authenticated or not user.is_active:
            cache[action] = Scope((), action)
        elif user.is_superuser:
            cache[action] = Scope([(action, True, EVERYWHERE)], action)
        else:
            if "_grants" not in user.__dict__:
                user.__dict__["_grants"] = tuple(user.effective_grants())
            cache[action] = Scope(user.__dict__["_grants"], action, limit_of(user))
    return cache[action]


def subtree(roots: Iterable[int]) -> RawSQL:
    """The ids of the given directories and of all below them, as a subquery for `…__in`."""
    ids = [int(root) for root in roots]
    marks = ", ".join(["%s"] * len(ids)) or "NULL"
    return RawSQL(
        "WITH RECURSIVE subtree(id) AS ("  # noqa: S608 - only place holders are put together here
        f"SELECT id FROM devices_directory WHERE id IN ({marks}) "
        "UNION SELECT d.id FROM devices_directory d JOIN subtree s ON d.parent_id = s.id) "
        "SELECT id FROM subtree",
        ids,
    )


def restrict(queryset: models.QuerySet[M], user: Any, action: str) -> models.QuerySet[M]:
    """Only the rows that `user` may do `action` with: one query, whatever the number of grants."""
    scope = scope_of(user, action)
    if scope.nowhere:
        return queryset.none()
    if scope.everywhere:
        return queryset
    path: str | None = queryset.model.access_directory  # type: ignore[attr-defined]
    if path is None:
        return queryset
    if scope.allowed is not None:
        queryset = queryset.filter(**{f"{path}__in": subtree(scope.allowed)})
    if scope.denied:
        queryset = queryset.exclude(**{f"{path}__in": subtree(scope.denied)})
    if scope.reach is not None:
        queryset = queryset.filter(**{f"{path}__in": subtree(scope.reach)})
    return queryset


def may(user: Any, action: str, target: models.Model | None = None) -> bool:
    """Whether `user` may do `action` with `target` (None: with the network as a whole)."""
    scope = scope_of(user, action)
    if scope.nowhere or scope.everywhere:
        return scope.everywhere
    if target is None:
        return action in NETWORK_ACTIONS
    return restrict(type(target)._default_manager.filter(pk=target.pk), user, action).exists()


def may_somewhere(user: Any, action: str) -> bool:
    """Whether it makes sense to offer the action at all."""
    return not scope_of(user, action).nowhere


def require(user: Any, action: str, target: models.Model | None = None) -> None:
    """Raises NotAllowed unless `user` may do `action` with `target`. `user` None is the system, which may."""
    if user is not None and not may(user, action, target):
        name = f" “{target}”" if target is not None else ""
        raise NotAllowed(f"You lack the permission “{Action(action).label}”{' on' + name if name else ''}.")


class AccessQuerySet(models.QuerySet[M]):
    """Gives querysets `restrict(user, action)`."""

    def restrict(self, user: Any, action: str) -> models.QuerySet[M]:
        """See `restrict`."""
        return restrict(self, user, action)
