"""Template keys and groups in files: exported, compared and applied with the profiles that use them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cast import Cast
from tests.factories import DeviceFactory, DirectoryFactory, ProfileFactory, UserFactory, root
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, NotAllowed
from ums.devices.models import DirectoryKind, SettingsState
from ums.domain.formats.tree import read_tree, write_tree
from ums.profiles.models import Profile, TemplateAssignment, TemplateKey, TemplateValue, ValueGroup
from ums.profiles.services import (
    group_create,
    key_create,
    profile_save,
    profiles_apply,
    profiles_difference,
    profiles_tree,
    templates_assign,
    value_create,
)

pytestmark = pytest.mark.django_db

X = "system.timezone"


class World:
    """Two keys of which a group bundles values, assigned to a directory and a device, and a profile that uses one."""

    def __init__(self, files: Path) -> None:
        self.files = files
        self.actor = Actor.of(UserFactory(is_superuser=True))
        self.bremen = DirectoryFactory(name="Bremen")
        self.device = DeviceFactory(directory=self.bremen, unit_id="00E0C5000001", name="Desk")
        templates = root(DirectoryKind.TEMPLATE)
        sites = DirectoryFactory(kind=DirectoryKind.TEMPLATE, name="Sites", parent=templates)
        self.site = key_create(actor=SYSTEM, name="SITE", directory=sites, description="The house")
        self.floor = key_create(actor=SYSTEM, name="FLOOR", directory=templates, type="integer")
        self.share = key_create(actor=SYSTEM, name="SHARE", directory=templates, type="float")
        self.town = value_create(actor=SYSTEM, key=self.site, value="Bremen", description="With the harbour")
        second = value_create(actor=SYSTEM, key=self.floor, value=2)
        value_create(actor=SYSTEM, key=self.share, value=1)
        self.group = group_create(
            actor=SYSTEM, name="Second floor", directory=templates, values=[second], description="Upstairs"
        )
        templates_assign(actor=SYSTEM, values=[self.town], targets=[self.bremen])
        templates_assign(actor=SYSTEM, groups=[self.group], targets=[self.device])
        self.profile = ProfileFactory(name="Ward")
        settings = {"values": {X: {"expression": "${SITE} ${FLOOR}"}}, "instances": {}}
        profile_save(actor=SYSTEM, profile=self.profile, settings=settings, overwrite_sessions=False, base=1)

    def export(self, to: Path | None = None, names: tuple[str, ...] = ()) -> str:
        """Write the files; returns that of the keys."""
        where = to or self.files
        write_tree(where, *profiles_tree(actor=self.actor, names=names))
        file = where / "template-keys.toml"
        return file.read_text() if file.exists() else ""

    def change(self, old: str, new: str) -> None:
        """Another text in the file of the keys."""
        file = self.files / "template-keys.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def diff(self, **options: Any) -> list[str]:
        """What applying would change; nothing is stored by asking."""
        found = profiles_difference(actor=self.actor, tree=read_tree(self.files), **options)
        return [f"{one.sign} {one.words}" for one in found]

    def apply(self, **options: Any) -> None:
        """Make what the files say; afterwards nothing differs."""
        profiles_apply(actor=self.actor, tree=read_tree(self.files), **options)
        assert self.diff(**options) == []


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "files")


def emptied() -> None:
    Profile.objects.update(head=None)
    for model in (Profile, ValueGroup, TemplateKey):
        model._default_manager.all().delete()
    assert not TemplateAssignment.objects.exists()


def test_what_is_exported_comes_back_unchanged(world: World, tmp_path: Path) -> None:
    text = world.export()
    assert "[[key.value]]\nvalue = 1.0\n" in text, "floating point stays floating point"
    assert world.diff() == world.diff(prune=True) == []
    emptied()
    assert [line for line in world.diff() if "SITE" in line] == [
        "+ template key SITE (string)",
        '+ value SITE = "Bremen"',
        '+ assignment: SITE = "Bremen" → “Bremen”',
    ]
    world.apply()
    assert world.export(tmp_path / "again") == text
    assert SettingsState.objects.get(pk=world.device.pk).pending
    assert Profile.objects.get(name="Ward").head.template_keys == ["FLOOR", "SITE"]  # type: ignore[union-attr]


def test_changes_are_told_and_made(world: World) -> None:
    world.export()
    world.change('description = "The house"', 'description = "House"')
    world.change('value = "Bremen"', 'value = "Bremerhaven"')
    world.change("FLOOR = 2", "FLOOR = 3")
    world.change("value = 2", "value = 3")
    assert world.diff() == [
        "+ value FLOOR = 3",
        "~ template key SITE",
        '+ value SITE = "Bremerhaven"',
        '- assignment: SITE = "Bremen" → “Bremen”',
        '+ assignment: SITE = "Bremerhaven" → “Bremen”',
        "~ value group “Second floor”",
    ]
    world.apply()
    assert TemplateValue.objects.filter(value="Bremen").exists(), "what is not named stays"
    assert world.diff(prune=True) == [
        "- value FLOOR = 2: not in the files",
        '- value SITE = "Bremen": not in the files',
    ]


def test_nothing_is_deleted_unless_asked_for(world: World) -> None:
    world.export()
    other = key_create(actor=SYSTEM, name="OTHER", directory=root(DirectoryKind.TEMPLATE))
    templates_assign(actor=SYSTEM, values=[world.town], targets=[world.device])
    templates_assign(actor=SYSTEM, groups=[world.group], targets=[world.bremen])
    group_create(actor=SYSTEM, name="None", directory=root(DirectoryKind.TEMPLATE))
    assert world.diff() == []
    assert sorted(world.diff(prune=True)) == [
        '- assignment: SITE = "Bremen" → device Desk (00E0C5000001)',
        "- assignment: “Second floor” → “Bremen”",
        "- template key OTHER: not in the files",
        "- value group “None”: not in the files",
    ]
    world.apply(prune=True)
    assert not TemplateKey.objects.filter(pk=other.pk).exists()
    (world.files / "template-keys.toml").unlink()
    assert world.diff(prune=True) == [], "without the file no key is touched"


def test_a_key_that_profiles_use_is_not_pruned(world: World) -> None:
    world.export()
    file = world.files / "template-keys.toml"
    file.write_text('format = "ums-template-keys/1"\n')
    with pytest.raises(AppError, match="is used by “Ward”"):
        world.apply(prune=True)
    assert TemplateKey.objects.filter(name="SITE").exists()


def test_of_single_profiles_the_keys_that_they_use(world: World) -> None:
    ProfileFactory(name="Plain")
    text = world.export(names=("Ward",))
    assert 'name = "SITE"' in text and 'name = "FLOOR"' in text and 'name = "SHARE"' not in text
    assert 'name = "Second floor"' in text
    (world.files / "template-keys.toml").unlink()
    assert world.export(names=("Plain",)) == ""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('value = "Bremen"', 'value = ""', "is no value of SITE"),
        ("value = 2", 'value = "two"', "is no value of FLOOR"),
        ('type = "integer"', 'type = "string"', "FLOOR has values"),
        ("FLOOR = 2", "FLOOR = 7", "FLOOR has no value 7"),
        ("FLOOR = 2", "NOWHERE = 7", "There is no template key NOWHERE"),
        ("00E0C5000001", "00E0C5000009", "no device with the unit ID 00E0C5000009"),
        ('"Bremen",\n', '"Bonn",\n', "no directory of devices “Bonn”"),
        ('name = "SHARE"', 'name = "FLOOR"', "stands here twice"),
        ('name = "SHARE"', 'name = "share x"', "letter"),
        (
            '[[key.value]]\nvalue = "Bremen"',
            '[[key.value]]\nvalue = "B"\ndirectories = [["Bremen"]]\n[[key.value]]\nvalue = "Bremen"',
            "gets two values of SITE",
        ),
    ],
)
def test_what_is_wrong_is_told_by_line(world: World, old: str, new: str, told: str) -> None:
    world.export()
    world.change(old, new)
    with pytest.raises(AppError) as refused:
        world.apply()
    assert refused.value.code == "tree_invalid"
    (where,) = [where for where, messages in refused.value.fields.items() if told in " ".join(messages)]
    file, _, line = where.rpartition(":")
    assert file == str(world.files / "template-keys.toml")
    assert (world.files / "template-keys.toml").read_text().split("\n")[int(line) - 1].startswith("[[")


def test_permissions_are_those_of_the_services(cast: Cast, tmp_path: Path) -> None:
    write_tree(tmp_path, *profiles_tree(actor=cast.actor("reader")))
    text = (tmp_path / "template-keys.toml").read_text()
    assert "OWN_KEY" in text
    assert "own value" in text
    (tmp_path / "template-keys.toml").write_text(text.replace("own value", "another value"))
    with pytest.raises(NotAllowed):
        profiles_apply(actor=cast.actor("reader"), tree=read_tree(tmp_path))
    nothing = profiles_tree(actor=cast.actor("stranger"))[2]
    assert nothing is not None
    assert (nothing.keys, nothing.groups) == ((), ())
