"""Users at a device: the commands of `ums agent`, their socket, and what a broken connection leaves."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.unit.peer import KEY, UNIT, Peer, until
from tests.unit.test_agent_process import RUN, start
from ums.agent.control import CLIENTS, ControlError, Told, Wish, ask
from ums.agent.users import Busy, OpenLogin, Users, new_id
from ums.domain import protocol as p

PASSWORD = '  sälly\'s "pass"\t\N{GRINNING FACE}' + "x" * 127


@asynccontextmanager
async def running(peer: Peer, state: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """An agent that is connected."""
    key = state.parent / "key"
    key.write_text(KEY)
    logins = peer.logins
    arguments = ("--server", peer.url, "--key-file", key, "--ca", peer.ca_file, "--unit-id", UNIT, "--verbose")
    process = await start("agent", *arguments, "--state", state)
    try:
        await until(lambda: peer.logins > logins and peer.connected(UNIT) and (state / "control.sock").exists(), 20)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        _, errors = await process.communicate()
        with (state.parent / "agent.log").open("ab") as log:
            log.write(errors)


async def user(state: Path, *arguments: str, stdin: str = "") -> tuple[int | None, str]:
    """One command of a user: its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUN, "agent", *arguments, "--state", str(state), stdin=-1, stdout=-1, stderr=-1
    )
    out, errors = await process.communicate(stdin.encode())
    return process.returncode, (out + errors).decode().strip()


async def log_in(state: Path, name: str, password: str) -> tuple[int | None, str]:
    return await user(state, "login", "--user", name, stdin=password + "\n")


async def test_in_and_out(peer: Peer, tmp_path: Path) -> None:
    peer.save({"a": 1})
    peer.users = {"ada": PASSWORD}
    state = tmp_path / "state"
    async with running(peer, state) as process:
        assert await user(state, "whoami") == (1, "Nobody is logged in.")
        assert await log_in(state, "ada", "wrong") == (13, "INVALID_PASSWORD: Wrong.")
        assert await log_in(state, "ada", PASSWORD) == (0, "Logged in as ada.")
        assert await user(state, "whoami") == (0, "ada")
        code, text = await user(state, "whoami", "--json")
        assert (code, json.loads(text)["user"], json.loads(text)["domains"]) == (0, "ada", ["CORP"])
        assert await user(state, "logout") == (0, "Logged out.")
        assert await user(state, "logout") == (1, "Nobody is logged in.")
        await until(lambda: peer.session == ("", ""))
        assert json.loads((state / "login.json").read_text())["last_user"] == "ada"
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes() + Path(f"/proc/{process.pid}/environ").read_bytes()
        assert PASSWORD.encode() not in command
    for path in [*state.rglob("*"), tmp_path / "agent.log"]:
        if path.is_file():
            assert "sälly" not in path.read_bytes().decode(errors="replace")


async def test_change_of_a_password_and_of_the_user(peer: Peer, tmp_path: Path) -> None:
    peer.users = {"ada": "old", "bob": "bob's"}
    state = tmp_path / "state"
    async with running(peer, state):
        assert await user(state, "passwd", "--user", "ada", stdin="old\nnew word\n") == (0, "Logged in as ada.")
        assert peer.users["ada"] == "new word"
        assert await log_in(state, "bob", "wrong") == (13, "INVALID_PASSWORD: Wrong.")
        assert await user(state, "whoami") == (0, "ada")
        assert await log_in(state, "bob", "bob's") == (0, "Logged in as bob.")
        assert await user(state, "whoami") == (0, "bob")
        assert await user(state, "login", "--user", "bob") == (
            1,
            "The name or the password is missing, or is not text.",
        )


async def test_the_agent_starts_again_and_the_user_is_still_there(peer: Peer, tmp_path: Path) -> None:
    peer.users = {"ada": "word"}
    state = tmp_path / "state"
    async with running(peer, state):
        await log_in(state, "ada", "word")
        login = peer.session[0]
    async with running(peer, state):
        assert peer.hellos[-1].login == login
        assert await user(state, "whoami") == (0, "ada")
    stored = json.loads((state / "login.json").read_text())
    (state / "login.json").write_text(json.dumps({**stored, "boot_id": "another"}))
    async with running(peer, state):
        assert peer.hellos[-1].login == ""
        assert await user(state, "whoami") == (1, "Nobody is logged in.")


async def test_what_the_server_ended_is_over(peer: Peer, tmp_path: Path) -> None:
    peer.users = {"ada": "word"}
    state = tmp_path / "state"
    async with running(peer, state):
        await log_in(state, "ada", "word")
        peer.session = ("", "")
        logins = peer.logins
        await peer.close(UNIT, 1000)
        await until(lambda: peer.logins > logins, 20)
        await until(lambda: json.loads((state / "login.json").read_text())["login"] is None)


async def test_nobody_answers(peer: Peer, tmp_path: Path) -> None:
    peer.users, peer.deaf = {"ada": "word"}, True
    waiting = {"auth.login.swp.timeout": 1}
    peer.save(waiting)
    state = tmp_path / "state"
    async with running(peer, state):
        await until(lambda: _values(state) == waiting)
        code, text = await log_in(state, "ada", "word")
        assert (code, text.split(":")[0]) == (11, "LOGON_FAILED")
        await until(lambda: peer.of(p.Logout))
        assert peer.of(p.Logout)[0].id == peer.of(p.Login)[0].id
        peer.save({**waiting, "auth.login.swp.skip_when_unavailable": True})
        await peer.send(UNIT, p.Nudge())
        await until(lambda: len(_values(state)) == 2)
        code, text = await log_in(state, "ada", "word")
        assert (code, "goes on with its own settings" in text) == (4, True)
    assert await user(state, "whoami") == (1, f"No agent runs with the state directory {state}.")


async def test_the_socket_is_its_owners(peer: Peer, tmp_path: Path) -> None:
    state = tmp_path / ("long" * 30) / "state"
    state.parent.mkdir()
    async with running(peer, state):
        status = (state / "control.sock").stat()
        assert stat.S_ISSOCK(status.st_mode)
        assert stat.S_IMODE(status.st_mode) == 0o600
        asked = lambda wish: asyncio.to_thread(ask, state, wish, 5.0)  # noqa: E731
        assert (await asked(Wish("dance"))).text == "The agent does not know this request."
        assert (await asked(Wish("login", "ada", password="x" * 1025))).outcome == "INVALID_PASSWORD"
        assert (await asked(Wish("login", "", password="x"))).outcome == "USER_NOT_FOUND"
        assert (await asked(Wish("event", "ada"))).text.startswith("The device does not report logins")
        for garbage in (b"\n", b"[]\n", b'{"do": 1}\n', b"\xff\n", b'{"do": "login", "password": 7}\n'):
            assert await asyncio.to_thread(_raw, state, garbage) == "The agent does not understand this request."
        assert await asyncio.to_thread(_raw, state, b"x" * 70_000) == ""
        assert (await asked(Wish("whoami"))).text == "Nobody is logged in."
    with pytest.raises(ControlError, match="No agent runs"):
        ask(state, Wish("whoami"), 1.0)
    assert CLIENTS > 1


def _values(state: Path) -> Any:
    path = state / "settings.json"
    return json.loads(path.read_text())["values"] if path.exists() else {}


def _raw(state: Path, frame: bytes) -> str:
    descriptor = os.open(state, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(f"/proc/self/fd/{descriptor}/control.sock")
            try:
                connection.sendall(frame)
                answer = connection.recv(65536)
            except ConnectionError:
                return ""
    finally:
        os.close(descriptor)
    return str(json.loads(answer)["text"]) if answer else ""


# ---------------------------------------------------------------- the state machine alone


class Line:
    """What was sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.users = Users(self.sent.append)
        self.users.ready(p.LoginOptions(enabled=True), "t")


def a_login(name: str = "ada") -> p.Login:
    return p.Login(new_id(), name, "word")


async def test_a_login_is_sent_again_with_the_same_id() -> None:
    line = Line()
    answer = line.users.begin(message := a_login())
    with pytest.raises(Busy):
        line.users.begin(a_login("bob"))
    line.users.ready(p.LoginOptions(enabled=True), "t2")
    assert [(one.id, one.tag) for one in line.sent] == [(message.id, ""), (message.id, "t2")]
    line.users.answered(p.LoginResult("of another", 0))
    assert not answer.done()
    line.users.answered(p.LoginResult(message.id, 0, user="Ada"))
    assert (await answer).user == "Ada"
    assert line.users.current == OpenLogin(message.id, "Ada")
    assert line.users.trying == ""


async def test_the_server_says_by_itself_that_it_went_well() -> None:
    line = Line()
    answer = line.users.begin(message := a_login())
    line.users.ready(p.LoginOptions(enabled=True, current=message.id, user="Ada"), "t")
    assert (await answer).outcome == p.LoginOutcome.AUTH_OK
    assert len(line.sent) == 1
    assert line.users.login == message.id


async def test_a_logout_without_a_connection_is_told_later() -> None:
    sent: list[Any] = []
    users = Users(sent.append, open_login=OpenLogin("login-of-yesterday", "Ada"))
    assert users.log_out("t", shutdown=True)
    assert not users.log_out("t")
    assert users.current is None
    assert users.login == "login-of-yesterday"
    users.ready(p.LoginOptions(enabled=True, current="login-of-yesterday"), "t")
    assert sent == [p.Logout("login-of-yesterday", True, "t")] * 2
    users.logged_out(p.LoggedOut("login-of-yesterday"))
    assert users.login == ""


async def test_a_server_older_than_logins() -> None:
    sent: list[Any] = []
    users = Users(sent.append, open_login=OpenLogin("login-of-yesterday", "Ada"))
    users.ready(None, "t")
    answer = users.begin(a_login())
    assert not sent
    assert users.current is not None
    users.give_up()
    assert not answer.done()


def test_no_password_in_a_text() -> None:
    assert "word" not in repr(Wish("login", "ada", password="word", new_password="words")) + repr(Told())
