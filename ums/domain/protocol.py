"""The typed messages of the device socket (`/device-connector/device/ws-connect`).

One msgpack map per WebSocket frame; the key `type` tells which message it is. Described with a sequence diagram in
`docs/device-protocol.md`. Rules that keep old and new agents talking to each other:

* unknown keys are ignored, missing ones have defaults: a field may be added at any time;
* unknown types are ignored (`decode_*` answers None): a message may be added at any time;
* anything else that does not fit is a `ProtocolError`, which closes the connection with `Close.BAD_MESSAGE`.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

PROTOCOL = 1
"""Version that this code speaks. The server accepts PROTOCOL and PROTOCOL - 1."""

MAX_DEVICE_FRAME = 256 * 1024
"""Largest frame that a device may send, in bytes."""

MAX_SERVER_FRAME = 16 * 1024 * 1024
"""Largest frame that an agent accepts, in bytes (the complete settings of a large firmware)."""

PROOF_LIFETIME = 60
"""Seconds that a proof is valid, counted on the server's clock, which `Welcome.time` tells."""

PROOF_AUDIENCE = "ums-device-connector"

MAX_PASSWORD = 1024
"""Characters of a user's password; Active Directory takes 256."""

Name = Annotated[str, Meta(max_length=255)]
Text = Annotated[str, Meta(max_length=4096)]
Token = Annotated[str, Meta(max_length=128)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
RequestId = Annotated[str, Meta(min_length=16, max_length=128)]
"""A random name that a device gives to a login, never used twice."""

Password = Annotated[str, Meta(max_length=MAX_PASSWORD)]
UserName = Annotated[str, Meta(min_length=1, max_length=512)]
"""As it was typed: `name`, `DOMAIN\\name` or `name@suffix`."""

FILE_PATH = "/device-connector/device/files/"
"""Where devices fetch the content of files: with its SHA-256 behind."""

MAX_FILE = 64 * 1024 * 1024
"""Largest file, in bytes."""

MAX_DEVICE_PATH = 1000
"""Characters of the path of a file on a device."""

MAX_ASSET_EVENTS, MAX_ASSETS = 100, 300
"""Events in one message, and peripherals of one device."""


class ProtocolError(ValueError):
    """A frame that is not a message of this protocol."""


class Close(IntEnum):
    """Close codes of the socket. An agent retries after all of them, but not sooner than `retry_after`."""

    RESTART = 1012
    BAD_MESSAGE = 4400
    NOT_PROVEN = 4401
    REFUSED = 4403
    TOO_LATE = 4408
    REPLACED = 4409
    TOO_BIG = 4413
    UNSUPPORTED = 4426
    TOO_MANY = 4429

    @property
    def reason(self) -> str:
        """One sentence for the agent's log (at most 123 bytes, as WebSocket close frames demand)."""
        return _REASONS[self]

    @property
    def retry_after(self) -> int:
        """Least seconds until an agent tries again, before its back-off."""
        return _RETRY_AFTER.get(self, 0)


_RETRY_AFTER = {Close.REFUSED: 60, Close.REPLACED: 60, Close.UNSUPPORTED: 300, Close.TOO_MANY: 30}

_REASONS = {
    Close.RESTART: "The server restarts. Reconnect after a random delay.",
    Close.BAD_MESSAGE: "A frame was not a valid message, or came in the wrong order.",
    Close.NOT_PROVEN: "The proof of identity was wrong, expired or made for another connection.",
    Close.REFUSED: "This device or its certificate is unknown, expired or revoked. Enrol again.",
    Close.TOO_LATE: "No hello arrived in time.",
    Close.REPLACED: "The device opened a newer connection.",
    Close.TOO_BIG: "A frame was larger than allowed.",
    Close.UNSUPPORTED: "The protocol version is not supported by this server.",
    Close.TOO_MANY: "Too many messages in a short time.",
}


class CommandKind(StrEnum):
    """What a server may ask of a device (domain/console.md §4)."""

    REBOOT = "reboot"
    SHUTDOWN = "shutdown"
    MESSAGE = "message"
    FACTORY_RESET = "factory_reset"
    SETTINGS = "settings"


class LoginOutcome(IntEnum):
    """What came of a user's login at a device (domain/swp.md §4, with the numbers of the original)."""

    AUTH_OK = 0
    LOGON_FAILED = 1
    USER_NOT_FOUND = 2
    INVALID_PASSWORD = 3
    PASSWORD_EXPIRED = 4
    NO_USER_LICENSE = 5
    TC_UNKNOWN = 6


# ---------------------------------------------------------------- device → server


class Hello(Struct, tag="hello", frozen=True):
    """First message of a device. `tag` and `seq` name the settings that it has applied ("" and 0: none)."""

    unit_id: Annotated[str, Meta(min_length=1, max_length=64)]
    proof: Annotated[str, Meta(max_length=2048)] = ""
    protocol: Count = PROTOCOL
    tag: Token = ""
    boot_id: Token = ""
    firmware: Name = ""
    firmware_version: Name = ""
    agent_version: Name = ""
    login: Token = ""
    """Id of the login that is open at the device; "": nobody is logged in."""
    trying: Token = ""
    """Id of a login that the device has had no answer to yet."""


class Ask(Struct, tag="ask", frozen=True):
    """The device wants its settings; it has those named by `tag`."""

    tag: Token = ""


class Applied(Struct, tag="applied", frozen=True):
    """The device applied the settings `seq`/`tag`, or could not, and `error` says why."""

    seq: Count
    tag: Token
    error: Text = ""


class Heartbeat(Struct, tag="heartbeat", frozen=True):
    """The device lives. Sent every `Ready.heartbeat` seconds."""


class Adapter(Struct, frozen=True):
    """A network adapter of the device."""

    name: Name
    mac: Annotated[str, Meta(max_length=32)] = ""
    addresses: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=32)] = []


class Inventory(Struct, tag="inventory", frozen=True):
    """What the device is: facts of DMI, CPU, memory, operating system and network."""

    hostname: Name = ""
    vendor: Name = ""
    product: Name = ""
    serial_number: Name = ""
    bios: Name = ""
    cpu: Name = ""
    cores: Count = 0
    memory_mb: Count = 0
    storage_mb: Count = 0
    os_name: Name = ""
    os_version: Name = ""
    kernel: Name = ""
    structure_tag: Name = ""
    adapters: Annotated[list[Adapter], Meta(max_length=64)] = []
    extra: Annotated[dict[Name, Text], Meta(max_length=100)] = {}


class LocalSettings(Struct, tag="local", frozen=True):
    """The device's own configuration: what was set at the device itself, by path."""

    values: Annotated[dict[Name, bool | int | float | Text], Meta(max_length=10_000)] = {}
    instances: Annotated[dict[Name, LocalInstance], Meta(max_length=1_000)] = {}


class LocalInstance(Struct, frozen=True):
    """A free instance that was made at the device itself."""

    cls: Annotated[str, Meta(max_length=255)] = msgspec.field(name="class")
    values: Annotated[dict[Name, bool | int | float | Text], Meta(max_length=1_000)] = {}


class CommandResult(Struct, tag="result", frozen=True):
    """The end of a command. Sent again after a reconnect until the server has confirmed it."""

    id: Count
    ok: bool
    text: Text = ""


class Login(Struct, tag="login", frozen=True):
    """A user wants to log in. `domain`: beside the name, "" without. `tag`: of the settings that the device has.

    The answer is a `LoginResult`, and after a good one the settings of device and user, as to an ask. The same `id`
    again is answered again, and the directory is not asked a second time.
    """

    id: RequestId
    user: UserName
    password: Password
    domain: Name = ""
    tag: Token = ""

    def __repr__(self) -> str:
        return f"Login({self.id!r}, user={self.user!r}, domain={self.domain!r})"


class ChangePassword(Struct, tag="password", frozen=True):
    """A user's password has expired: set another one, and log in with it. Answered as `Login`."""

    id: RequestId
    user: UserName
    password: Password
    new_password: Password
    domain: Name = ""
    tag: Token = ""

    def __repr__(self) -> str:
        return f"ChangePassword({self.id!r}, user={self.user!r}, domain={self.domain!r})"


class Logout(Struct, tag="logout", frozen=True):
    """The user logged out. `id`: of the login. The answer is `LoggedOut`, and the settings of the device."""

    id: Token
    shutdown: bool = False
    tag: Token = ""


class LoginEvent(Struct, tag="login_event", frozen=True):
    """Somebody logged in, or `ended` a login, without the server: for the history only. Not answered.

    `kind`: `kerberos` or `citrix`; others are written down as unknown.
    """

    id: RequestId
    user: UserName
    kind: Token = "unknown"
    domain: Name = ""
    failed: bool = False
    ended: bool = False


class Peripheral(Struct, frozen=True):
    """Something that is plugged in at the device, or connected by radio.

    `bus`: `usb`, `bluetooth` or `monitor`; others are not kept. `port`: where at the device, the same for the same
    place. `vendor_id`, `product_id`: four hex digits on USB and Bluetooth; of monitors the three letters and the code
    of the EDID. `classes`: of USB, `class:subclass:protocol` in hex, of the device and all its interfaces.
    """

    bus: Token
    port: Annotated[str, Meta(max_length=64)] = ""
    vendor_id: Annotated[str, Meta(max_length=16)] = ""
    product_id: Annotated[str, Meta(max_length=16)] = ""
    serial: Name = ""
    name: Name = ""
    vendor: Name = ""
    classes: Annotated[list[Annotated[str, Meta(max_length=8)]], Meta(max_length=64)] = []
    details: Annotated[dict[Annotated[str, Meta(max_length=64)], Name], Meta(max_length=20)] = {}


class AssetChange(Struct, frozen=True):
    """Something happened to a peripheral: `add`, `remove`, `add_on_boot` or `remove_on_boot`.

    `sequence` counts what the device notes in one journal, from 1. `time`: Unix seconds of the server's clock.
    """

    sequence: Count
    kind: Token
    time: float
    asset: Peripheral


class AssetEvents(Struct, tag="asset_events", frozen=True):
    """What happened to the peripherals, oldest first, and perhaps all that there are afterwards (`present`).

    `journal`: a random name of the device's notes; with another one the count begins anew. `sequence`: the last that
    the device has noted up to here. Answered with `AssetsStored`, and sent again until it is.
    """

    journal: Annotated[str, Meta(min_length=1, max_length=128)]
    sequence: Count
    events: Annotated[list[AssetChange], Meta(max_length=MAX_ASSET_EVENTS)] = []
    present: Annotated[list[Peripheral], Meta(max_length=MAX_ASSETS)] | None = None
    time: float = 0.0


DeviceMessage = (
    Hello
    | Ask
    | Applied
    | Heartbeat
    | Inventory
    | LocalSettings
    | CommandResult
    | Login
    | ChangePassword
    | Logout
    | LoginEvent
    | AssetEvents
)


# ---------------------------------------------------------------- server → device


class Welcome(Struct, tag="welcome", frozen=True):
    """First frame of a server: `nonce` goes into the proof, `time` (Unix seconds) is the clock that counts."""

    nonce: str
    time: float
    protocol: int = PROTOCOL


class Ready(Struct, tag="ready", frozen=True):
    """The answer to a good hello. `unchanged`: the settings that the device has are the ones it should have."""

    unchanged: bool
    heartbeat: float
    name: str = ""
    inventory: bool = False
    servers: tuple[str, ...] = ()
    login: LoginOptions | None = None
    """None: this server knows nothing of users."""


class LoginOptions(Struct, frozen=True):
    """Whether users may log in at the device, and who is logged in there as the server knows it.

    `domains`: what users can choose from. `current`: id of the login, "" without; `user`: its user's name.
    """

    enabled: bool = False
    domains: tuple[str, ...] = ()
    current: str = ""
    user: str = ""


class Unchanged(Struct, tag="unchanged", frozen=True):
    """The answer to an ask: the device has what it should have."""

    seq: int


class SettingsBody(Struct, frozen=True):
    """Complete effective settings. `locked`: what a profile decides, so that nobody changes it at the device.

    `files`: all that the device should have; agents older than files do not look at it.
    """

    values: dict[str, bool | int | float | str]
    instances: dict[str, BodyInstance]
    locked: list[str]
    files: list[FileEntry] = []


class FileEntry(Struct, frozen=True):
    """A file that the device should have at `path`. Its content is fetched by `sha256` (64 lower-case hex digits).

    `mode`: permission bits. `owner`: `root` or `user`. `name`: what administrators call it.
    """

    path: str
    sha256: str
    size: int
    mode: int = 0o644
    owner: str = "root"
    name: str = ""


class BodyInstance(Struct, frozen=True):
    """A free instance with the values that were set for it."""

    cls: str = msgspec.field(name="class")
    values: dict[str, bool | int | float | str]


class Settings(Struct, tag="settings", frozen=True):
    """The settings that the device should have. `body` holds a `SettingsBody`, encoded once for all who share it."""

    seq: int
    tag: str
    body: msgspec.Raw


class Nudge(Struct, tag="nudge", frozen=True):
    """Something waits for the device: it asks for its settings."""


class Command(Struct, tag="command", frozen=True):
    """Do something. The same `id` may come twice (after a reconnect): it is carried out once."""

    id: int
    kind: str
    arguments: dict[str, Any] = {}


class Confirmed(Struct, tag="confirmed", frozen=True):
    """The result of a command is stored; the device may forget it."""

    id: int


class Reconnect(Struct, tag="reconnect", frozen=True):
    """The server goes away: reconnect after a random delay of at most `within` seconds."""

    within: float


class LoginResult(Struct, tag="login_result", frozen=True):
    """What came of a login. `outcome`: a `LoginOutcome`. `text`: for the user. `user`: the name in the directory.

    `available` false: neither the user nor the password is the reason, but nobody could be asked, or there is no time.
    """

    id: str
    outcome: int
    text: str = ""
    available: bool = True
    user: str = ""


class LoggedOut(Struct, tag="logged_out", frozen=True):
    """Nobody is logged in by that login any more."""

    id: str


class TellAssets(Struct, tag="tell_assets", frozen=True):
    """Tell what is plugged in: all of it now, what changes later. `wanted` false: tell nothing, and note nothing.

    Comes after the `Ready`, and again when it has been decided otherwise; a server without it does not want to know.
    """

    wanted: bool = True


class AssetsStored(Struct, tag="assets_stored", frozen=True):
    """What the device noted in `journal` up to `sequence` is stored; it may forget that."""

    journal: str
    sequence: int


ServerMessage = (
    Welcome
    | Ready
    | Unchanged
    | Settings
    | Nudge
    | Command
    | Confirmed
    | Reconnect
    | LoginResult
    | LoggedOut
    | TellAssets
    | AssetsStored
)


_encoder = msgspec.msgpack.Encoder()
_device_decoder: msgspec.msgpack.Decoder[DeviceMessage] = msgspec.msgpack.Decoder(DeviceMessage)
_server_decoder: msgspec.msgpack.Decoder[ServerMessage] = msgspec.msgpack.Decoder(ServerMessage)
_body_decoder = msgspec.msgpack.Decoder(SettingsBody)


class _Tagged(Struct):
    type: str


_tag_decoder = msgspec.msgpack.Decoder(_Tagged)
_DEVICE_TAGS = frozenset(
    {
        "hello",
        "ask",
        "applied",
        "heartbeat",
        "inventory",
        "local",
        "result",
        "login",
        "password",
        "logout",
        "login_event",
        "asset_events",
    }
)
_SERVER_TAGS = frozenset(
    {
        "welcome",
        "ready",
        "unchanged",
        "settings",
        "nudge",
        "command",
        "confirmed",
        "reconnect",
        "login_result",
        "logged_out",
        "tell_assets",
        "assets_stored",
    }
)

encode = _encoder.encode
"""Any message → the bytes of its frame."""


def decode_device(frame: bytes) -> DeviceMessage | None:
    """What a device sent; None for a type that this version does not know.

    Raises ProtocolError for anything that is not a message, and for frames above MAX_DEVICE_FRAME.
    """
    if len(frame) > MAX_DEVICE_FRAME:
        raise ProtocolError("frame too large")
    try:
        return _device_decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        _raise_unless_unknown(frame, _DEVICE_TAGS, error)
        return None


def decode_server(frame: bytes) -> ServerMessage | None:
    """What a server sent; None for a type that this version does not know. Raises ProtocolError."""
    if len(frame) > MAX_SERVER_FRAME:
        raise ProtocolError("frame too large")
    try:
        return _server_decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        _raise_unless_unknown(frame, _SERVER_TAGS, error)
        return None


def decode_body(body: msgspec.Raw | bytes) -> SettingsBody:
    """The settings inside a `Settings` message. Raises ProtocolError."""
    try:
        return _body_decoder.decode(bytes(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(str(error)) from error


def device_path(text: str) -> str:
    """The path of a file on a device, checked: absolute, normalised, and it names a file. Both sides refuse others.

    Raises ValueError with a sentence for people.
    """
    if not text.startswith("/"):
        raise ValueError("The path is absolute: it starts with “/”.")
    if len(text) > MAX_DEVICE_PATH:
        raise ValueError(f"The path has at most {MAX_DEVICE_PATH:,} characters.")
    if not text.isprintable():
        raise ValueError("The path holds characters that cannot be printed.")
    parts = text[1:].split("/")
    if any(part in (".", "..") for part in parts):
        raise ValueError("The path must not hold “.” or “..”.")
    if "" in parts:
        raise ValueError("The path ends with the name of the file, and no part of it is empty.")
    if any(len(part.encode()) > 255 for part in parts):
        raise ValueError("Each part of the path has at most 255 bytes.")
    return text


def _raise_unless_unknown(frame: bytes, known: frozenset[str], error: Exception) -> None:
    try:
        tag = _tag_decoder.decode(frame).type
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ProtocolError("not a message") from error
    if tag in known:
        raise ProtocolError(str(error)) from error
