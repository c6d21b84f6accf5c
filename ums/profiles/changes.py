"""What changed between two revisions: for the list of revisions, and for an editor whose base is no longer the head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ums.domain.parameters import flat, settings_from_json
from ums.profiles.content import MASK, unsealed

if TYPE_CHECKING:
    from ums.domain.parameters import Catalogue, Given, Parameter, Settings
    from ums.profiles.models import Revision


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter that differs. `key` is its path, or "serial:name" in a free instance; None means not set.

    Secrets are masked; `secret_changed` tells two different ones apart, which look the same.
    """

    key: str
    parameter: Parameter | None
    instance: str
    page: str
    before: Given | None
    after: Given | None
    secret_changed: bool = False


@dataclass(frozen=True, slots=True)
class InstanceChange:
    """A free instance that only one of the revisions has."""

    serial: str
    label: str
    name: str
    added: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs, in the order of the catalogue."""

    overwrite_sessions: tuple[bool, bool] | None
    instances: tuple[InstanceChange, ...]
    changes: tuple[Change, ...]

    @property
    def count(self) -> int:
        """How many things differ."""
        return len(self.changes) + len(self.instances) + (self.overwrite_sessions is not None)


def revision_difference(catalogue: Catalogue, old: Revision, new: Revision) -> Difference:
    """From `old` to `new`, which are of the same profile."""
    before, after = unsealed(catalogue, old.content), unsealed(catalogue, new.content)
    order = {path: number for number, path in enumerate(catalogue.parameters)}
    changes = [_change(catalogue, key, before, after) for key in changed_keys(before, after)]
    changes.sort(key=lambda one: (order.get(one.parameter.path, -1) if one.parameter else -1, one.key))
    overwrite = (old.overwrite_sessions, new.overwrite_sessions)
    return Difference(
        overwrite if overwrite[0] != overwrite[1] else None,
        tuple(
            InstanceChange(serial, _class_label(catalogue, side, serial), _name(catalogue, side, serial), added)
            for side, other, added in ((before, after, False), (after, before, True))
            for serial in side.instances
            if serial not in other.instances
        ),
        tuple(changes),
    )


def keys_changed_since(catalogue: Catalogue, base: Revision | None, head: Revision) -> list[str]:
    """The keys in which `head` differs from `base`, secrets compared as they are; all set ones without a base."""
    old = unsealed(catalogue, base.content) if base else settings_from_json({})
    return sorted(changed_keys(old, unsealed(catalogue, head.content)))


def changed_keys(old: Settings, new: Settings) -> set[str]:
    """Paths and "serial:name" whose values differ."""
    before, after = flat(old), flat(new)
    return {key for key in before.keys() | after.keys() if not _same(before.get(key), after.get(key))}


def _same(one: Given | None, other: Given | None) -> bool:
    """True and 1 are different values."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _change(catalogue: Catalogue, key: str, old: Settings, new: Settings) -> Change:
    serial, _, name = key.rpartition(":")
    instance = new.instances.get(serial) or old.instances.get(serial)
    parameter = catalogue.find(f"{instance.cls}.{name}" if instance else key)
    label = _name(catalogue, new if serial in new.instances else old, serial) if instance else _fixed(catalogue, key)
    before, after = flat(old).get(key), flat(new).get(key)
    page = " › ".join(step.title for step in catalogue.trail(parameter.page)) if parameter else ""
    if parameter is None or not parameter.secret:
        return Change(key, parameter, label, page, before, after)
    both = before is not None and after is not None
    return Change(key, parameter, label, page, _mask(before), _mask(after), secret_changed=both)


def _mask(value: Given | None) -> Given | None:
    return MASK if value else value


def _fixed(catalogue: Catalogue, path: str) -> str:
    """ "Display 1" for a parameter of a fixed instance, "" for a plain one."""
    cls = catalogue.class_of(path)
    if cls is None:
        return ""
    index = next((index for index in cls.indices if path.startswith(f"{cls.concrete(index)}.")), None)
    return cls.label if index is None else f"{cls.label} {index}"


def _class_label(catalogue: Catalogue, settings: Settings, serial: str) -> str:
    cls = catalogue.classes.get(settings.instances[serial].cls)
    return cls.label if cls else settings.instances[serial].cls


def _name(catalogue: Catalogue, settings: Settings, serial: str) -> str:
    """What the administrator called an instance, else the label of its class."""
    instance = settings.instances[serial]
    cls = catalogue.classes.get(instance.cls)
    name = instance.values.get(cls.name_parameter) if cls else None
    return str(name) if name else _class_label(catalogue, settings, serial)
