"""`ums superuser`: whoever has the machine gets in again, and whoever was in is out."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from tests.factories.accounts import PASSWORD, UserFactory
from ums.accounts.models import User
from ums.accounts.services import superuser_set
from ums.audit.models import Event
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.project import superuser as command

NEW = "staple battery horse correct"


@pytest.fixture
def ums(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run the command with a standard input; exit code and what it said."""
    monkeypatch.setattr(command, "require_installation", lambda: None)

    def run(said: str = "", *, name: str = "", current: str = "", file: Path | None = None) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        code = command.superuser(current=current, name=name, password_file=file)
        captured = capsys.readouterr()
        assert NEW not in captured.out + captured.err
        return code, captured.out + captured.err

    return run


@pytest.fixture
def root(db: None) -> User:
    return UserFactory(username="admin", is_superuser=True)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/webapp/", follow=True).status_code == 200
    return client


def test_name_and_password_change_and_sessions_end(root: User, ums: Callable[..., tuple[int, str]]) -> None:
    other = UserFactory()
    first, second, stays = signed_in(root), signed_in(root), signed_in(other)
    code, words = ums(f"{NEW}\n", name="chief")
    assert code == 0 and "“chief”" in words and "have ended: 2" in words
    root.refresh_from_db()
    assert (root.username, root.check_password(NEW)) == ("chief", True)
    assert all("_auth_user_id" not in client.session for client in (first, second))
    assert "_auth_user_id" in stays.session
    actions = set(Event.objects.filter(object_id=str(root.pk)).values_list("action", flat=True))
    assert {"user.updated", "user.password_changed"} <= actions
    assert not any(NEW in str(event.after) for event in Event.objects.all())


def test_a_name_alone_leaves_the_password(root: User, ums: Callable[..., tuple[int, str]]) -> None:
    assert ums(name="chief")[0] == 0
    root.refresh_from_db()
    assert (root.username, root.check_password(PASSWORD)) == ("chief", True)
    assert "Nothing to change" in ums()[1]


def test_a_password_file(root: User, ums: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{NEW}\n")
    assert ums(file=file)[0] == 0
    root.refresh_from_db()
    assert root.check_password(NEW)
    file.write_text("\n")
    assert "is empty" in ums(file=file)[1]
    assert "cannot be read" in ums(file=tmp_path / "none")[1]


@pytest.mark.parametrize("password", ["short", "123456789012", "password1234"])
def test_a_password_that_is_no_good(root: User, ums: Callable[..., tuple[int, str]], password: str) -> None:
    assert ums(password)[0] == 1
    root.refresh_from_db()
    assert root.check_password(PASSWORD)


def test_several_superusers_and_none(root: User, ums: Callable[..., tuple[int, str]]) -> None:
    UserFactory(username="second", is_superuser=True)
    assert "“admin”, “second”" in ums(NEW)[1]
    assert "no superuser “nobody”" in ums(NEW, current="nobody")[1]
    assert ums(NEW, current="second", name="admin")[0] == 1
    assert ums(NEW, current="second")[0] == 0
    User.objects.all().delete()
    assert "no superuser yet" in ums(name="first")[1]
    assert ums(NEW, name="first")[0] == 0
    assert User.objects.get().is_superuser


def test_one_who_was_locked_out_or_switched_off_comes_in(root: User, ums: Callable[..., tuple[int, str]]) -> None:
    User.objects.update(is_active=False)
    assert ums(NEW)[0] == 0
    root.refresh_from_db()
    assert root.is_active


def test_only_who_may_administer(root: User) -> None:
    with pytest.raises(NotAllowed):
        superuser_set(actor=Actor.of(UserFactory()), password=NEW)
    with pytest.raises(AppError):
        superuser_set(actor=SYSTEM, current="nobody", password=NEW)
    UserFactory(is_superuser=True)
    with pytest.raises(Conflict):
        superuser_set(actor=SYSTEM, password=NEW)
