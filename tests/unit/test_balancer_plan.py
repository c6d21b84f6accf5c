"""What HAProxy is told, from what the network has and what HAProxy has."""

from __future__ import annotations

import pytest

from ha.balancer.plan import Actual, Admin, Command, Do, Server, Want, Wanted, plan, serving


def server(id: str, port: int = 30001) -> Server:
    return Server(id, "localhost", "10.0.0.1", port)


def wanted(**states: Want) -> list[Wanted]:
    return [Wanted(server(id), want) for id, want in states.items()]


def had(id: str, admin: Admin = Admin.READY, *, answers: bool = True, sessions: int = 0, port: int = 30001) -> Actual:
    return Actual(id, "10.0.0.1", port, admin, answers, sessions)


def words(commands: list[Command]) -> list[str]:
    return [f"{command.do} {command.id}" for command in commands]


@pytest.mark.parametrize(
    ("want", "have", "expected"),
    [
        ({}, [], []),
        # A new server is added without work, and gets work when a check was good.
        ({"a": Want.READY}, [], ["add a"]),
        ({"a": Want.READY}, [had("a", Admin.DRAIN, answers=False)], []),
        ({"a": Want.READY}, [had("a", Admin.DRAIN)], ["ready a"]),
        ({"a": Want.READY}, [had("a")], []),
        # One that is down stays in its place: HAProxy knows, and takes it again when it answers.
        ({"a": Want.READY}, [had("a", answers=False)], []),
        # Stopping: no new work, what is open goes on, and it stays until it is gone.
        ({"a": Want.READY, "b": Want.DRAIN}, [had("a"), had("b", sessions=7)], ["drain b"]),
        ({"a": Want.READY, "b": Want.DRAIN}, [had("a"), had("b", Admin.DRAIN)], []),
        ({"a": Want.READY, "b": Want.DRAIN}, [had("a")], []),
        # Gone: forgotten when nothing is open any more.
        ({"a": Want.READY}, [had("a"), had("b")], ["drain b"]),
        ({"a": Want.READY}, [had("a"), had("b", Admin.DRAIN, sessions=1)], []),
        ({"a": Want.READY}, [had("a"), had("b", Admin.DRAIN)], ["remove b"]),
        ({"a": Want.READY}, [had("a"), had("b", Admin.MAINT)], ["remove b"]),
        # Back before it was forgotten: checked first.
        ({"a": Want.READY}, [had("a", Admin.MAINT, answers=False)], ["drain a"]),
        # Silent: nothing new for it; given up: its devices have to move.
        ({"a": Want.READY, "b": Want.SUSPECT}, [had("a"), had("b", sessions=9)], ["drain b"]),
        ({"a": Want.READY, "b": Want.SUSPECT}, [had("a"), had("b", Admin.DRAIN, sessions=9)], []),
        ({"a": Want.READY, "b": Want.SUSPECT}, [had("a")], []),
        ({"a": Want.READY, "b": Want.LOST}, [had("a"), had("b", Admin.DRAIN, sessions=9)], ["cut b"]),
        ({"a": Want.READY, "b": Want.LOST}, [had("a"), had("b")], ["cut b"]),
        ({"a": Want.READY, "b": Want.LOST}, [had("a"), had("b", Admin.MAINT)], ["remove b"]),
        ({"a": Want.READY, "b": Want.LOST}, [had("a")], []),
        # Nobody is better: those that may be gone go on, and HAProxy's checks decide.
        ({"a": Want.SUSPECT, "b": Want.SUSPECT}, [had("a"), had("b")], []),
        ({"a": Want.LOST, "b": Want.LOST}, [had("a"), had("b")], []),
        ({"a": Want.SUSPECT, "b": Want.LOST}, [had("a"), had("b", sessions=1)], ["cut b"]),
        ({"a": Want.DRAIN}, [had("a")], ["drain a"]),
        ({}, [had("a")], ["drain a"]),
        # Started elsewhere: the old place is left first.
        ({"a": Want.READY}, [had("a", port=1, sessions=3)], ["cut a"]),
        ({"a": Want.READY}, [had("a", Admin.MAINT, port=1)], ["remove a"]),
    ],
)
def test_plan(want: dict[str, Want], have: list[Actual], expected: list[str]) -> None:
    assert words(plan(wanted(**want), have)) == expected


def test_what_is_added_comes_with_its_address() -> None:
    assert plan(wanted(a=Want.READY), []) == [Command(Do.ADD, "a", server("a"))]


def test_new_work_is_for_the_best_that_there_are() -> None:
    assert [one.id for one in serving(wanted(a=Want.DRAIN, b=Want.LOST, c=Want.SUSPECT, d=Want.READY))] == ["d"]
    assert [one.id for one in serving(wanted(a=Want.DRAIN, b=Want.LOST, c=Want.SUSPECT))] == ["c"]
    assert [one.id for one in serving(wanted(a=Want.DRAIN, b=Want.LOST))] == ["b"]
    assert serving(wanted(a=Want.DRAIN)) == []


@pytest.mark.parametrize("want", list(Want))
@pytest.mark.parametrize("admin", list(Admin))
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with another"])
def test_carrying_plans_out_comes_to_an_end(want: Want, admin: Admin, alone: bool) -> None:
    """Each command changes what the next plan sees, until nothing is left to do."""
    wish = wanted(a=want) if alone else wanted(a=want, b=Want.READY)
    state = {"a": had("a", admin, sessions=1)} | ({} if alone else {"b": had("b")})
    for _ in range(6):
        commands = plan(wish, state.values())
        if not commands:
            return
        for command in commands:
            before = state.pop(command.id, None)
            match command.do:
                case Do.ADD:
                    state[command.id] = had(command.id, Admin.DRAIN)
                case Do.READY | Do.DRAIN:
                    assert before is not None
                    state[command.id] = had(command.id, Admin(command.do), sessions=before.sessions)
                case Do.CUT:
                    state[command.id] = had(command.id, Admin.MAINT)
    pytest.fail(f"it goes on for ever: {commands}")
