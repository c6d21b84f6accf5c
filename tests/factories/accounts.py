"""Administrators and grants."""

from __future__ import annotations

from functools import cache

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from ums.accounts.models import Grant, User
from ums.core.access import Action

PASSWORD = "correct horse battery staple"


@cache
def password_hash() -> str:
    """The stored form of PASSWORD: slow to make, so made once."""
    return make_password(PASSWORD)


class UserFactory(factory.django.DjangoModelFactory):
    """An administrator without any permission; signs in with PASSWORD."""

    class Meta:
        model = User

    username = factory.Sequence("admin-{}".format)
    password = factory.LazyFunction(password_hash)


class GroupFactory(factory.django.DjangoModelFactory):
    """A group of administrators."""

    class Meta:
        model = Group

    name = factory.Sequence("group-{}".format)


class GrantFactory(factory.django.DjangoModelFactory):
    """`read` everywhere, to a user of its own."""

    class Meta:
        model = Grant

    user = factory.SubFactory(UserFactory)
    action = Action.READ
