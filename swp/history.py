"""Reading who logged in where, and who is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q

from swp.models import Login, Session
from ums.core.access import Action, restrict
from ums.core.filters import like
from ums.domain.criteria import Criteria, Field, Kind, Pattern, Span, Term
from ums.domain.protocol import LoginOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Exists, OuterRef, QuerySet

AT_ONCE = 1000

WORDS = {
    LoginOutcome.AUTH_OK: "Logged in",
    LoginOutcome.LOGON_FAILED: "Login failed",
    LoginOutcome.USER_NOT_FOUND: "User not found",
    LoginOutcome.INVALID_PASSWORD: "Wrong password",
    LoginOutcome.PASSWORD_EXPIRED: "Password expired",
    LoginOutcome.NO_USER_LICENSE: "No licence",
    LoginOutcome.TC_UNKNOWN: "Device unknown",
}
"""The outcomes for people."""

RESULTS = tuple((one.name.lower(), word) for one, word in WORDS.items())
RECENT = (("<1h", "Last hour"), ("<24h", "Last 24 hours"), ("<7d", "Last 7 days"))
FIELDS = (
    Field("user", Kind.TEXT, "Name of the user"),
    Field("device", Kind.TEXT, "Name of the device"),
    Field("domain", Kind.TEXT, "Domain"),
    Field("result", Kind.CHOICE, "What came of it", (*RESULTS, ("refused", "Anything but logged in"))),
    Field("kind", Kind.CHOICE, "How the user logged in", tuple(Login.Kind.choices)),
    Field("open", Kind.FLAG, "Still logged in", (("yes", "Yes"), ("no", "No"))),
    Field("time", Kind.MOMENT, "When the user logged in: <2h, 2027-01-31", RECENT),
)
"""What the filter bar of the login history offers."""

COLUMNS = {"user": "user_name", "device": "device_name", "domain": "domain", "kind": "kind"}


def login_list(*, user: Any) -> QuerySet[Login]:
    """The logins at devices that `user` may read, with `is_open`; those at deleted devices for who may read all."""
    opened = Exists(Session.objects.filter(login=OuterRef("pk")).order_by())
    return restrict(Login.objects.select_related("device").annotate(is_open=opened), user, Action.READ)


def session_list(*, user: Any) -> QuerySet[Session]:
    """Who is logged in at devices that `user` may read."""
    rows = Session.objects.select_related("device", "device__directory", "login", "user", "user__directory")
    return restrict(rows, user, Action.READ)


def apply_criteria(logins: QuerySet[Login], criteria: Criteria) -> QuerySet[Login]:
    """The logins that a filter means: terms of the same key widen, all else narrows."""
    for (_, excluded), terms in criteria.by_key().items():
        wanted = Q()
        for term in terms:
            wanted |= _condition(term)
        logins = logins.exclude(wanted) if excluded else logins.filter(wanted)
    for word in criteria.words:
        logins = logins.filter(Q(user_name__icontains=word) | Q(device_name__icontains=word))
    return logins


def _condition(term: Term) -> Q:
    wanted = term.wanted
    if isinstance(wanted, Span):
        if wanted.never:
            return Q(pk__in=[])
        since = Q(login_at__gte=wanted.start) if wanted.start is not None else Q()
        return since & (Q(login_at__lt=wanted.end) if wanted.end is not None else Q())
    if term.field.key == "open":
        return Q(is_open=wanted)
    if term.field.key == "result":
        if wanted == "refused":
            return ~Q(outcome=LoginOutcome.AUTH_OK.value)
        return Q(outcome=LoginOutcome[str(wanted).upper()].value)
    column = COLUMNS[term.field.key]
    return like(column, wanted) if isinstance(wanted, Pattern) else Q(**{column: wanted})


def login_stream(*, logins: QuerySet[Login]) -> Iterator[Login]:
    """All of `logins`, newest first, read in pieces: a million of them hold neither memory nor a transaction."""
    last: Login | None = None
    while True:
        rows = logins
        if last is not None:
            rows = rows.filter(Q(login_at__lt=last.login_at) | Q(login_at=last.login_at, pk__lt=last.pk))
        page = list(rows.order_by("-login_at", "-pk")[:AT_ONCE])
        yield from page
        if len(page) < AT_ONCE:
            return
        last = page[-1]
