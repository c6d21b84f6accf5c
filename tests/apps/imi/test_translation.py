"""The room translates and holds no rule: it writes no rows but those of its own sessions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.meta.source import ROOT, name_of, tree
from tests.meta.test_thin_entrances import writes
from ums.imi.endpoints import TABLE

MODULES = sorted(path for path in (ROOT / "ums" / "imi").glob("*.py") if path.stem != "services")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_writes_no_rows(path: Path) -> None:
    calls = [ast.unparse(node) for node in ast.walk(tree(path)) if writes(node)]
    assert not calls, f"{name_of(path)} writes rows, which is a service's work: {calls}"


def test_each_path_and_verb_has_one_handler() -> None:
    shapes = [(one.method, tuple("{}" if part[0] in "{<" else part for part in one.path.split("/"))) for one in TABLE]
    assert len(shapes) == len(set(shapes))


WHOLE = """
GET serverstatus
POST login
POST logout
GET thinclients
GET thinclients/{}
PUT thinclients
PUT thinclients/{}
DELETE thinclients/{}
DELETE thinclients/{}/deletetcoffline
POST thinclients
GET thinclients/{}/assignments/profiles
PUT thinclients/{}/assignments/profiles
GET thinclientview/{}
GET P
GET P/{}
PUT P/{}
DELETE P/{}
GET P/{}/assignments/thinclients
PUT P/{}/assignments/thinclients
DELETE P/{}/assignments/thinclients/{}
GET P/{}/assignments/tcdirectories
PUT P/{}/assignments/tcdirectories
DELETE P/{}/assignments/tcdirectories/{}
GET directories/D
GET directories/D/{}
PUT directories/D
PUT directories/D/{}
DELETE directories/D/{}
GET directories/tcdirectories/{}/assignments/profiles
PUT directories/tcdirectories/{}/assignments/profiles
GET firmwares
GET firmwares/{}
GET assetinfo
GET assetinfo/assets/{}
GET assetinfo/thinclients/{}
GET assethistory
GET assethistory/assets/{}
GET assethistory/thinclients/{}
PUT template
PUT template/{}/value
GET template/{}/read
PUT template/assign/tc
PUT template/assign/dir
"""
"""What domain/imi-api.md §6 lists; P and D stand for the kinds of profiles and of directories."""


def test_the_table_is_that_of_the_reference() -> None:
    kinds = {"P": ("profiles", "masterprofiles")}
    kinds["D"] = ("tcdirectories", "profiledirectories", "masterprofiledirectories")
    wanted = set()
    for line in WHOLE.split("\n")[1:-1]:
        parts = line.replace(" ", "/").split("/")
        letter = next((part for part in parts if part in kinds), "")
        for word in kinds.get(letter, ("",)):
            wanted.add("/".join(word if part == letter else part for part in parts))
    there = {
        "/".join([one.method, *("{}" if part[0] in "{<" else part for part in one.path.split("/"))]) for one in TABLE
    }
    assert there == wanted
