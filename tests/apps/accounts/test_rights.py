"""Administrators, groups and grants: nobody gives away more than they have, and no password is told."""

from __future__ import annotations

import pytest

from tests.cast import Cast
from tests.factories import PASSWORD, GrantFactory, GroupFactory, UserFactory
from ums.accounts import services
from ums.accounts.models import Grant, User
from ums.audit.models import Event
from ums.core.access import Action, may
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import DirectoryKind


@pytest.fixture
def manager(cast: Cast) -> Actor:
    """The admin of one subtree, who manages administrators as well."""
    GrantFactory(user=cast.admin, action=Action.ADMINISTER)
    return cast.actor("admin")


def test_only_those_who_may_manage_administrators_do(cast: Cast) -> None:
    actor, user = cast.actor("admin"), cast.stranger
    with pytest.raises(NotAllowed):
        services.user_create(actor=actor, username="new", password=PASSWORD)
    with pytest.raises(NotAllowed):
        services.user_update(actor=actor, user=user, first_name="x")
    with pytest.raises(NotAllowed):
        services.user_set_password(actor=actor, user=user, password=PASSWORD)
    with pytest.raises(NotAllowed):
        services.group_create(actor=actor, name="Group")
    with pytest.raises(NotAllowed):
        services.grant_create(actor=actor, user=user, action=Action.READ, directory=cast.own[DirectoryKind.DEVICE])
    with pytest.raises(NotAllowed):
        services.api_token_create(actor=actor, user=user, name="x")


def test_gives_what_they_have_and_no_more(cast: Cast, manager: Actor) -> None:
    own, other = cast.own[DirectoryKind.DEVICE], cast.other[DirectoryKind.DEVICE]
    services.grant_create(actor=manager, user=cast.stranger, action=Action.COMMAND, directory=own)
    assert may(User.objects.get(pk=cast.stranger.pk), Action.COMMAND, cast.things["device"])
    for action, directory in ((Action.READ, other), (Action.READ, None), (Action.AUDIT, None)):
        with pytest.raises(NotAllowed):
            services.grant_create(actor=manager, user=cast.stranger, action=action, directory=directory)
    services.grant_create(actor=manager, user=cast.stranger, action=Action.READ, allow=False, directory=other)
    services.grant_create(actor=cast.actor("root"), user=cast.stranger, action=Action.AUDIT)


def test_a_deny_inside_the_subtree_counts(cast: Cast, manager: Actor) -> None:
    own = cast.own[DirectoryKind.DEVICE]
    deny = GrantFactory(user=cast.admin, action=Action.COMMAND, allow=False, directory=cast.things["directory"])
    with pytest.raises(NotAllowed):
        services.grant_create(actor=manager, user=cast.stranger, action=Action.COMMAND, directory=own)
    with pytest.raises(NotAllowed):
        services.grant_delete(actor=manager, grant=deny)
    services.grant_delete(actor=cast.actor("root"), grant=deny)


def test_the_same_grant_twice_is_one(cast: Cast) -> None:
    root = cast.actor("root")
    first = services.grant_create(actor=root, user=cast.stranger, action=Action.AUDIT)
    assert services.grant_create(actor=root, user=cast.stranger, action=Action.AUDIT) == first
    assert Event.objects.filter(action="grant.created").count() == 1
    with pytest.raises(AppError):
        services.grant_create(actor=root, user=cast.stranger, group=GroupFactory(), action=Action.AUDIT)
    with pytest.raises(AppError):
        services.grant_create(actor=root, user=cast.stranger, action="fly")
    with pytest.raises(AppError):
        services.grant_create(
            actor=root, user=cast.stranger, action=Action.AUDIT, directory=cast.own[DirectoryKind.DEVICE]
        )


def test_a_group_is_no_way_around(cast: Cast, manager: Actor) -> None:
    group = GroupFactory()
    GrantFactory(user=None, group=group, action=Action.AUDIT)
    with pytest.raises(NotAllowed):
        services.group_members_set(actor=manager, group=group, users=[cast.admin])
    services.group_members_set(actor=cast.actor("root"), group=group, users=[cast.reader])
    assert may(User.objects.get(pk=cast.reader.pk), Action.AUDIT)
    denied = GroupFactory()
    services.group_members_set(actor=cast.actor("root"), group=denied, users=[cast.admin])
    GrantFactory(user=None, group=denied, action=Action.WRITE, allow=False)
    with pytest.raises(NotAllowed):
        services.group_delete(actor=manager, group=denied)


@pytest.mark.parametrize("victim", ["root", "stronger"])
def test_nobody_becomes_somebody_stronger(cast: Cast, manager: Actor, victim: str) -> None:
    user = cast.root if victim == "root" else UserFactory()
    if victim != "root":
        Grant.objects.create(user=user, action=Action.AUDIT)
    with pytest.raises(NotAllowed):
        services.user_set_password(actor=manager, user=user, password="a new long password")
    with pytest.raises(NotAllowed):
        services.api_token_create(actor=manager, user=user, name="x")
    with pytest.raises(NotAllowed):
        services.user_update(actor=manager, user=user, is_active=False)
    with pytest.raises(NotAllowed):
        services.user_update(actor=manager, user=cast.admin, is_superuser=True)
    with pytest.raises(NotAllowed):
        services.user_delete(actor=manager, user=user)


def test_the_last_superuser_stays(cast: Cast) -> None:
    root = cast.actor("root")
    for changes in ({"is_superuser": False}, {"is_active": False}):
        with pytest.raises(Conflict, match="last superuser"):
            services.user_update(actor=root, user=cast.root, **changes)
        cast.root.refresh_from_db()
    with pytest.raises(Conflict):
        services.user_delete(actor=SYSTEM, user=cast.root)


def test_passwords_are_checked_and_never_told(cast: Cast) -> None:
    root = cast.actor("root")
    with pytest.raises(AppError) as refused:
        services.user_create(actor=root, username="new", password="short")
    assert list(refused.value.fields) == ["password"]
    user = services.user_create(actor=root, username="new", password="tangerine lighthouse 9")
    services.user_set_password(actor=Actor.of(user), user=user, password="another lighthouse 9")
    user.refresh_from_db()
    assert user.check_password("another lighthouse 9")
    assert user.password.startswith("argon2")
    told = str(list(Event.objects.values()))
    assert "lighthouse" not in told
    assert "argon2" not in told
