"""Services say who acts and leave a trace: keyword-only, `actor` first and typed, an audit event for each write."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.meta.source import Function, called, functions, modules, name_of, tree

RECORDS = {"record", "record_each"}
"""The functions of ums.audit.services that write events."""

REPORT = "what a device reports about itself: nobody's decision, and thousands a minute; the row is the record"

PROCESS = "what a process says of itself, each second; what people want to know of it is a row of NetworkEvent"

COPIES = "what a server says of its own disk; who put the content there was recorded"

WITHOUT_ACTOR: dict[str, str] = {
    "answer_claim": "what is done is recorded by the service that does it; the row only keeps it from being done twice",
    "answer_keep": "what is done is recorded by the service that does it; the row only keeps its answer",
    "answers_prune": "time passes by itself: what is older than it is kept goes, whoever looks first",
    "additions_watch": "what rules notice by themselves; who made the rule was recorded",
    "assets_prune": "time passes by itself: what is older than it is kept goes, whoever looks first",
    "assets_watch": "what rules notice by themselves; who made the rule was recorded",
    "authority_pair": "opens a sealed key for the server itself and writes nothing",
    "boots_write": REPORT,
    "certificates_supersede": "the renewal that made the newer certificate is recorded; this only ends the older ones",
    "command_finish": REPORT,
    "deliveries_reported": REPORT,
    "deliveries_sent": "what the connector sent because of a change that was recorded; the row is the record",
    "assets_report": REPORT,
    "inventory_write": REPORT,
    "last_users_write": REPORT,
    "local_settings_report": REPORT,
    "local_settings_write": REPORT,
    "presence_lost": REPORT,
    "presence_regained": REPORT,
    "presence_write": REPORT,
    "settings_applied": REPORT,
    "api_token_touch": "the time of the last use: an event for each request of a program would bury all others",
    "commands_claim": "delivery of what was recorded when an administrator ordered it",
    "commands_expire": "time passes by itself; the order was recorded, its end stands in the row",
    "commands_reclaim": "delivery of what was recorded when an administrator ordered it",
    "copies_completed": COPIES,
    "copies_in_state": COPIES,
    "network_ensure": "the first server's start makes the row; who installed it stands in the system's own log",
    "node_ensure": PROCESS,
    "process_beat": PROCESS,
    "process_ended": PROCESS,
    "process_register": PROCESS,
    "process_reported": PROCESS,
    "clock_event": PROCESS,
    "process_sample": PROCESS,
    "processes_lost": PROCESS,
    "history_prune": "time passes by itself: what is older than it is kept goes, whoever looks first",
    "deliveries_claim": "work that is due: an event happened, which was recorded, and somebody made the webhook",
    "deliveries_prune": "time passes by itself: what is older than it is kept goes, whoever looks first",
    "events_prune": "time passes by itself: what is older than it is kept goes, whoever looks first",
    "events_spread": "what happened was recorded; who is to be told was decided when the webhook was made",
    "devices_locked": "changes nothing: it only makes those who write about the same devices wait for each other",
    "notices_post": "what the network noticed by itself; the row is the record",
    "notices_prune": "time passes by itself: what is older than it is kept goes, whoever looks first",
    "objects_seen": "what a directory says of its objects; who asked it for what is recorded where that is done",
    "logins_prune": "time passes by itself: what is older than it is kept goes, whoever looks first",
    "session_used": "the time of the last use: an event for each request of a program would bury all others",
    "sessions_prune": "time passes by itself: what is older than it is kept goes, whoever looks first",
    "sessions_claim": "work that is due by the settings, which an administrator changed and that was recorded",
    "sessions_refreshed": "what a directory says of its users; who changed the groups stands in its own log",
    "sessions_unclaim": "gives back what was claimed, unchanged",
    "structure_locked": "changes nothing: it only makes the services that call it wait for each other",
}
"""Services that nobody calls on an administrator's behalf: they need no actor and no event."""

WITHOUT_EVENT: dict[str, str] = {
    **WITHOUT_ACTOR,
    "sessions_end": "a consequence: who logs out, or is logged out, and why stands in the row of the login",
    "settings_changed": "a consequence: the service that changed something calls it, and records that change",
    "entry_describe": "what WebDAV clients note for themselves with each upload; no person and no device sees it",
}
"""Services that write no audit event, each with the reason."""


def exported(path: Path) -> set[str] | None:
    """What the package `services` of this file offers as services, by its `__all__`; None for a single module."""
    if path.stem == "services":
        return None
    for node in tree(path.with_name("__init__.py")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"{name_of(path.parent)}/__init__.py needs __all__: it says what the services are")


def public_services() -> list[tuple[Path, str, Function]]:
    """Each function of a services module without an underscore in front, and of a package those that it exports."""
    return [
        (path, name, node)
        for path in modules("services")
        for name, node in functions(path)
        if "." not in name and not name.startswith("_") and name in (exported(path) or {name})
        if name_of(path) != "ums/audit/services.py"
    ]


SERVICES = public_services()
IDS = [name for _, name, _ in SERVICES]


def reaching(names: set[str]) -> set[str]:
    """Names of functions in services modules that call one of `names`, directly or through each other."""
    calls: dict[str, set[str]] = {}
    for path in modules("services"):
        for name, node in functions(path):
            calls.setdefault(name.rpartition(".")[2], set()).update(called(node))
    found = set(names)
    while more := {name for name, used in calls.items() if name not in found and used & found}:
        found |= more
    return found


@pytest.mark.parametrize(("path", "name", "node"), SERVICES, ids=IDS)
def test_is_keyword_only_and_typed(path: Path, name: str, node: Function) -> None:
    where = f"{name_of(path)}:{node.lineno} {name}"
    assert not node.args.args and not node.args.posonlyargs and not node.args.vararg, f"{where}: keyword-only, please"
    assert node.returns is not None, f"{where}: say what it returns"
    if name in WITHOUT_ACTOR:
        assert "actor" not in [one.arg for one in node.args.kwonlyargs], f"{where}: is in WITHOUT_ACTOR, but has one"
        return
    first = node.args.kwonlyargs[0] if node.args.kwonlyargs else None
    assert first is not None and first.arg == "actor", f"{where}: the first argument is `actor`"
    assert first.annotation is not None and ast.unparse(first.annotation) == "Actor", f"{where}: actor: Actor"


@pytest.mark.parametrize(("path", "name", "node"), SERVICES, ids=IDS)
def test_records_an_event(path: Path, name: str, node: Function) -> None:
    if name in WITHOUT_EVENT:
        return
    assert name in reaching(RECORDS), (
        f"{name_of(path)}:{node.lineno} {name} writes no audit event: call ums.audit.services.record, or say in "
        "WITHOUT_EVENT why none is needed"
    )


def test_exemptions_are_needed_and_explained() -> None:
    for name, reason in WITHOUT_EVENT.items():
        assert name in IDS, f"{name}: no such service"
        assert len(reason) > 20, f"{name}: give the reason in words"
    recorded = reaching(RECORDS).intersection(WITHOUT_EVENT)
    assert not recorded, f"these do write an event: {recorded}"
