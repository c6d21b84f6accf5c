"""What the connector counts (Prometheus). Label values are bounded: none comes from a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram

from ums.domain.protocol import Close

if TYPE_CHECKING:
    from msgspec import Struct

    from ums.domain.protocol import LoginOutcome

CONNECTIONS = Gauge("ums_device_connections", "Devices connected to this process.")
LOGINS = Counter("ums_device_logins_total", "Devices that proved who they are.")
LOGIN_SECONDS = Histogram(
    "ums_device_login_seconds",
    "From a device's hello to the answer.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SETTINGS_SENT = Counter("ums_settings_sent_total", "Complete settings sent to devices.")
TRANSFER_SECONDS = Histogram(
    "ums_settings_transfer_seconds",
    "From a change of a device's settings to its report that it applied them.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 3600),
)
USER_LOGINS = Counter("ums_user_logins_total", "Logins of users at devices by their outcome.", ["outcome"])
USER_LOGIN_SECONDS = Histogram(
    "ums_user_login_seconds",
    "From a user's login to the answer, with the time that the directory took.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
ENROLMENTS = Counter("ums_enrolments_total", "Requests for device certificates by their end.", ["result"])
_MESSAGES = Counter("ums_device_messages_total", "Messages of devices.", ["type"])
_REJECTED = Counter("ums_device_rejected_total", "Connections of devices that were refused or cut.", ["reason"])

MESSAGE_TYPES = (
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
    "unknown",
)

CLOSE_OF_REASON = {
    "restart": Close.RESTART,
    "failure": Close.RESTART,
    "full": Close.RESTART,
    "silent": Close.RESTART,
    "slow": Close.RESTART,
    "text_frame": Close.BAD_MESSAGE,
    "bad_message": Close.BAD_MESSAGE,
    "wrong_order": Close.BAD_MESSAGE,
    "proof_invalid": Close.NOT_PROVEN,
    "certificate_unknown": Close.REFUSED,
    "certificate_revoked": Close.REFUSED,
    "certificate_expired": Close.REFUSED,
    "certificate_of_other": Close.REFUSED,
    "cut_off": Close.REFUSED,
    "too_late": Close.TOO_LATE,
    "replaced": Close.REPLACED,
    "too_big": Close.TOO_BIG,
    "unsupported": Close.UNSUPPORTED,
    "too_many": Close.TOO_MANY,
}
"""Why a connection is ended, and the code that tells the device."""

ENROLMENT_RESULTS = frozenset(
    {
        "enrolled",
        "renewed",
        "throttled",
        "request_invalid",
        "proof_invalid",
        "unit_id_invalid",
        "key_unknown",
        "key_disabled",
        "key_expired",
        "key_used",
        "key_other_device",
        "csr_invalid",
        "csr_other_name",
        "csr_weak_key",
        "device_known",
        "enrolment_busy",
    }
)

_by_type = {name: _MESSAGES.labels(name) for name in MESSAGE_TYPES}
_by_reason = {reason: _REJECTED.labels(reason) for reason in CLOSE_OF_REASON}


def message_counted(message: Struct | None) -> None:
    """One message of a device arrived; None: of a type that this version does not know."""
    _by_type[str(message.__struct_config__.tag) if message is not None else "unknown"].inc()


def user_login_counted(outcome: LoginOutcome, seconds: float) -> None:
    """A login of a user was answered."""
    USER_LOGINS.labels(outcome.name).inc()
    USER_LOGIN_SECONDS.observe(seconds)


def rejection_counted(reason: str) -> None:
    """A connection was refused or cut for a reason of CLOSE_OF_REASON."""
    _by_reason[reason].inc()


def enrolment_counted(result: str) -> None:
    """A request for a certificate ended."""
    ENROLMENTS.labels(result if result in ENROLMENT_RESULTS else "other").inc()
