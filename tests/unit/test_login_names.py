"""Names that users log in with, and the domain that they are of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from swp.names import LoginName, directory_of, parse


@pytest.mark.parametrize(
    ("text", "domain", "account", "found"),
    [
        ("joe", "", "joe", ""),
        (" joe ", " Corp.Test. ", "joe", "corp.test"),
        ("CORP\\joe", "", "joe", "corp"),
        ("corp/Joe", "", "Joe", "corp"),
        ("CORP\\joe", "lab.test", "joe", "corp"),
        ("joe@Corp.Test", "", "joe@Corp.Test", "corp.test"),
        ("joe@corp.test", "lab.test", "joe@corp.test", "corp.test"),
        ("a@b@alias.test", "", "a@b@alias.test", "alias.test"),
        ("joe@", "corp.test", "joe@", "corp.test"),
        ("\\joe", "", "\\joe", ""),
        ("CORP\\", "", "CORP\\", ""),
        ("", "", "", ""),
        ("CORP\\a\\b", "", "a\\b", "corp"),
        ("x" * 10_000, "", "x" * 10_000, ""),
    ],
)
def test_forms_of_names(text: str, domain: str, account: str, found: str) -> None:
    assert parse(text, domain) == LoginName(account, found)


def row(domain: str, netbios: str = "", suffixes: tuple[str, ...] = ()) -> Any:
    return SimpleNamespace(domain_name=domain, netbios_name=netbios, upn_suffixes=list(suffixes))


CORP, LAB = row("corp.test", "COMPANY", ("Alias.Test",)), row("lab.test")


@pytest.mark.parametrize(
    ("text", "domain", "expected"),
    [
        ("joe", "CORP.TEST", CORP),
        ("company\\joe", "", CORP),
        ("joe@ALIAS.test", "", CORP),
        ("joe@lab.test", "", LAB),
        ("LAB\\joe", "", LAB),
        ("joe", "", None),
        ("CORP\\joe", "", None),
        ("joe@elsewhere.test", "", None),
    ],
)
def test_the_directory_of_a_name(text: str, domain: str, expected: Any) -> None:
    assert directory_of(parse(text, domain), [LAB, CORP]) is expected


def test_the_only_directory_needs_no_domain() -> None:
    assert directory_of(parse("joe"), [LAB]) is LAB
    assert directory_of(parse("joe"), []) is None
