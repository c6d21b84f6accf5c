"""The wire messages: round trips, what is ignored, what is refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ums.domain import protocol as p

DEVICE = [
    p.Hello(unit_id="00E0C5000001", proof="x.y.z", tag="t", boot_id="b", firmware="UMS Linux", firmware_version="1"),
    p.Ask(tag="t"),
    p.Applied(seq=3, tag="t", error="hook failed"),
    p.Heartbeat(),
    p.Inventory(
        hostname="tc", adapters=[p.Adapter(name="eth0", mac="02:00", addresses=["10.0.0.1"])], extra={"a": "b"}
    ),
    p.LocalSettings(values={"a": True, "b": 1, "c": 1.5, "d": "x"}, instances={"1": p.LocalInstance(cls="s%")}),
    p.CommandResult(id=7, ok=False, text="no"),
    p.Login(
        id="0123456789abcdef", user="CORP\\ada", password="pässword \N{GRINNING FACE}", domain="corp.test", tag="t"
    ),
    p.ChangePassword(id="0123456789abcdef", user="ada@corp.test", password="old", new_password="new"),
    p.Logout(id="0123456789abcdef", shutdown=True, tag="t"),
    p.LoginEvent(id="0123456789abcdef", user="ada", kind="citrix", ended=True),
    p.AssetEvents("j", 4, [p.AssetChange(4, "add", 1.5, p.Peripheral("usb", "1-1", classes=["03:01:01"]))], [], 2.5),
]
SERVER = [
    p.Welcome(nonce="n", time=1.5),
    p.Ready(unchanged=True, heartbeat=60.0, name="tc", inventory=True, servers=("https://a:8443",)),
    p.Ready(unchanged=True, heartbeat=60.0, login=p.LoginOptions(enabled=True, domains=("corp.test",), current="x")),
    p.Unchanged(seq=4),
    p.Settings(seq=4, tag="t", body=msgspec.Raw(msgspec.msgpack.encode({"values": {}, "instances": {}, "locked": []}))),
    p.Nudge(),
    p.Command(id=1, kind="message", arguments={"text": "hi"}),
    p.Confirmed(id=1),
    p.Reconnect(within=5.0),
    p.LoginResult(id="0123456789abcdef", outcome=0, text="Welcome.", user="Ada"),
    p.LoggedOut(id="0123456789abcdef"),
    p.TellAssets(wanted=False),
    p.AssetsStored("j", 4),
]
pack = msgspec.msgpack.encode


@pytest.mark.parametrize("message", DEVICE, ids=lambda m: type(m).__name__)
def test_device_messages_survive_the_wire(message: p.DeviceMessage) -> None:
    assert p.decode_device(p.encode(message)) == message


@pytest.mark.parametrize("message", SERVER, ids=lambda m: type(m).__name__)
def test_server_messages_survive_the_wire(message: p.ServerMessage) -> None:
    decoded = p.decode_server(p.encode(message))
    assert type(decoded) is type(message)
    assert p.encode(decoded) == p.encode(message)


def test_body_of_settings() -> None:
    body = {"values": {"a": 1}, "instances": {"17": {"class": "s%", "values": {"x": "y"}}}, "locked": ["a"]}
    settings = p.Settings(seq=1, tag="t", body=msgspec.Raw(pack(body)))
    decoded = p.decode_server(p.encode(settings))
    assert isinstance(decoded, p.Settings)
    assert p.decode_body(decoded.body) == p.SettingsBody({"a": 1}, {"17": p.BodyInstance("s%", {"x": "y"})}, ["a"])
    with pytest.raises(p.ProtocolError):
        p.decode_body(pack({"values": 3}))


@pytest.mark.parametrize("decode", [p.decode_device, p.decode_server])
def test_unknown_types_are_ignored(decode: object) -> None:
    assert decode(pack({"type": "of-tomorrow", "field": [1, {"deep": None}]})) is None  # type: ignore[operator]


def test_unknown_fields_are_ignored() -> None:
    assert p.decode_device(pack({"type": "ask", "tag": "t", "of": "tomorrow"})) == p.Ask(tag="t")
    assert p.decode_server(pack({"type": "nudge", "why": 1})) == p.Nudge()


def test_missing_fields_have_defaults() -> None:
    assert p.decode_device(pack({"type": "hello", "unit_id": "a"})) == p.Hello(unit_id="a")


@pytest.mark.parametrize(
    "message",
    [
        p.Login(id="0123456789abcdef", user="ada", password="hunter2-old"),
        p.ChangePassword(id="0123456789abcdef", user="ada", password="hunter2-old", new_password="hunter2-new"),
    ],
    ids=lambda m: type(m).__name__,
)
def test_passwords_show_in_no_text(message: p.DeviceMessage) -> None:
    assert "hunter2" not in repr(message) + str(message) + f"{message!r:>10}" + repr([message])
    for broken in ({"password": 7}, {"id": "short"}, {"user": ""}):
        with pytest.raises(p.ProtocolError) as caught:
            p.decode_device(pack({**msgspec.to_builtins(message), **broken}))
        assert "hunter2" not in repr(caught.value) + repr(caught.value.__cause__)


def test_agents_and_servers_older_than_logins() -> None:
    hello = {"type": "hello", "unit_id": "a"}
    assert p.decode_device(pack(hello)) == p.Hello(unit_id="a", login="", trying="")
    ready = p.decode_server(pack({"type": "ready", "unchanged": True, "heartbeat": 60.0}))
    assert isinstance(ready, p.Ready)
    assert ready.login is None


def test_messages_of_the_other_side_do_not_count() -> None:
    assert p.decode_device(p.encode(p.Nudge())) is None
    assert p.decode_server(p.encode(p.Heartbeat())) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "hello", "unit_id": ""},
        {"type": "hello", "unit_id": "x" * 65},
        {"type": "hello", "unit_id": "a", "proof": "x" * 2049},
        {"type": "hello", "unit_id": "a", "tag": "x" * 129},
        {"type": "hello"},
        {"type": "applied", "seq": -1, "tag": ""},
        {"type": "applied", "seq": 2**53 + 1, "tag": ""},
        {"type": "applied", "seq": 1, "tag": "", "error": "x" * 4097},
        {"type": "inventory", "adapters": [{"name": "e"}] * 65},
        {"type": "inventory", "adapters": [{"name": "e", "addresses": ["1"] * 33}]},
        {"type": "inventory", "extra": {str(n): "" for n in range(101)}},
        {"type": "local", "values": {"a": [1]}},
        {"type": "local", "values": {"a": None}},
        {"type": "result", "id": "1", "ok": True},
        {"kind": "ask"},
        {"type": 3},
        [],
        None,
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(fields: object) -> None:
    with pytest.raises(p.ProtocolError):
        p.decode_device(pack(fields))


def test_large_frames_are_refused_unread() -> None:
    with pytest.raises(p.ProtocolError, match="too large"):
        p.decode_device(b"\x00" * (p.MAX_DEVICE_FRAME + 1))
    with pytest.raises(p.ProtocolError, match="too large"):
        p.decode_server(b"\x00" * (p.MAX_SERVER_FRAME + 1))


def test_close_codes() -> None:
    for code in p.Close:
        assert 0 < len(code.reason.encode()) <= 123
        assert code == 1012 or 4000 <= code <= 4999
    assert p.Close.REFUSED.retry_after > p.Close.BAD_MESSAGE.retry_after


DEEP = b"\x81\xa1a" * 20_000
UNHASHABLE = b"\x83\xa4type\xa7command\xa2id\x01\xa4kind\xa1x\xa9arguments\x81\xa1a\x81\x81\xa1b\xa1c\x01"
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20) | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
known = st.sampled_from([struct.__struct_config__.tag for struct in map(type, [*DEVICE, *SERVER])])
fields = st.sampled_from(sorted({name for message in [*DEVICE, *SERVER] for name in message.__struct_fields__}))
almost = st.builds(
    lambda tag, content: pack({"type": tag, **content}), known, st.dictionaries(fields, anything, max_size=6)
)


@given(st.binary(max_size=300) | anything.map(pack) | almost)
@example(DEEP)
@example(pack({"type": "local"})[:-1] + DEEP)
@example(b"\x84" + UNHASHABLE[1:])
@example(UNHASHABLE)
@example(pack({"type": "x"}) + b"\x00")
@example(b"\xd7\xff" + b"\xff" * 8)
@example(b"\xc7\x0c\xff" + b"\xff" * 12)
def test_decoding_raises_nothing_else(frame: bytes) -> None:
    for decode in (p.decode_device, p.decode_server, p.decode_body):
        try:
            decode(frame)
        except p.ProtocolError:
            pass
