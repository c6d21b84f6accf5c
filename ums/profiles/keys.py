"""Template keys: which profiles use them, what their values reach, and reading them (docs/template-keys.md)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Prefetch, Q

from ums.core.access import Action, restrict
from ums.devices.models import Device, Directory
from ums.devices.selectors import devices_of_targets
from ums.domain.parameters import Expression, SettingsError, StaticKey, flat
from ums.profiles.models import Profile, TemplateAssignment, TemplateKey, TemplateValue, ValueGroup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from ums.domain.parameters import Settings

STATIC_HELP = {
    StaticKey.MAC: "MAC address of the adapter that the device is connected by",
    StaticKey.HOSTNAME: "Network name",
    StaticKey.UNITID: "Unit ID",
    StaticKey.SERIALNUMBER: "Serial number of the hardware",
    StaticKey.DEVICENAME: "Name of the device in this console",
}
"""What each static key stands for."""


def key_list(*, user: Any, action: str = Action.READ) -> QuerySet[TemplateKey]:
    """The keys that `user` may read, with the number of their values and of the assignments of these."""
    return (
        restrict(TemplateKey.objects.all(), user, action)
        .select_related("directory")
        .annotate(
            value_count=Count("values", distinct=True), assignment_count=Count("values__assignments", distinct=True)
        )
    )


def keys_to_name(*, user: Any) -> list[dict[str, str]]:
    """The keys that an expression may name, for the editor: name, type and help of each."""
    rows = restrict(TemplateKey.objects.order_by("name"), user, Action.READ)
    keys = [{"name": key.name, "type": key.get_type_display(), "help": key.description} for key in rows]
    return [*keys, *({"name": key.value, "type": "Static", "help": STATIC_HELP[key]} for key in StaticKey)]


def value_list(*, user: Any, action: str = Action.READ) -> QuerySet[TemplateValue]:
    """The values that `user` may read, with their keys and the number of their own assignments."""
    rows = restrict(TemplateValue.objects.all(), user, action).select_related("key")
    return rows.annotate(assignment_count=Count("assignments", distinct=True))


def values_shown(*, user: Any) -> Prefetch[str, Any]:
    """For groups: their values as far as `user` may read the keys of these."""
    return Prefetch("values", value_list(user=user).order_by("key__name", "pk"))


def group_list(*, user: Any, action: str = Action.READ) -> QuerySet[ValueGroup]:
    """The groups that `user` may read, with the number of their values and assignments."""
    return (
        restrict(ValueGroup.objects.all(), user, action)
        .select_related("directory")
        .annotate(value_count=Count("values", distinct=True), assignment_count=Count("assignments", distinct=True))
    )


def template_assignment_list(*, user: Any) -> QuerySet[TemplateAssignment]:
    """The assignments of values and groups both sides of which `user` may read."""
    targets = Q(device__in=restrict(Device.objects.order_by(), user, Action.READ).values("pk")) | Q(
        directory__in=restrict(Directory.objects.order_by(), user, Action.READ).values("pk")
    )
    given = Q(value__in=restrict(TemplateValue.objects.order_by(), user, Action.READ).values("pk")) | Q(
        group__in=restrict(ValueGroup.objects.order_by(), user, Action.READ).values("pk")
    )
    return TemplateAssignment.objects.filter(targets, given).select_related(
        "value__key", "group", "device", "directory"
    )


def assignments_of(
    *,
    keys: Iterable[TemplateKey] = (),
    values: Iterable[TemplateValue] = (),
    groups: Iterable[ValueGroup] = (),
) -> QuerySet[TemplateAssignment]:
    """Where these count: assignments of the values themselves, of the values of the keys, and of groups with them."""
    rows = TemplateAssignment.objects.filter(
        Q(value__in=values)
        | Q(value__key__in=keys)
        | Q(group__in=groups)
        | Q(group__values__in=values)
        | Q(group__values__key__in=keys)
    )
    return rows.distinct().select_related("value__key", "group", "device", "directory")


def devices_of_assignments(*, assignments: Iterable[TemplateAssignment]) -> QuerySet[Device]:
    """The devices below the targets."""
    return devices_of_targets(targets={assignment.target for assignment in assignments})


def profiles_by_key(*, profiles: QuerySet[Profile] | None = None) -> dict[str, list[Profile]]:
    """Name of a key -> the profiles in force (heads, not in the recycle bin) that use it, by name. One query."""
    rows = (Profile.objects.all() if profiles is None else profiles).filter(deleted_at=None)
    found: dict[str, list[Profile]] = defaultdict(list)
    rows = rows.exclude(head__template_keys=[]).exclude(head=None).order_by("name", "pk")
    for profile in rows.select_related("head").defer("head__content"):
        assert profile.head is not None, "rows without a head are left out"
        for name in profile.head.template_keys:
            found[name].append(profile)
    return found


def known_keys() -> set[str]:
    """The names that an expression may use."""
    return {*TemplateKey.objects.order_by().values_list("name", flat=True), *StaticKey.__members__}


def refuse_unknown_keys(settings: Settings) -> None:
    """Raises SettingsError with a message for each value that names a key which does not exist."""
    used = {key: given.keys for key, given in flat(settings).items() if isinstance(given, Expression)}
    if not used:
        return
    known = known_keys()
    errors = {}
    for key, names in used.items():
        if unknown := [name for name in names if name not in known]:
            errors[key] = f"There is no template key {' or '.join(unknown)}. Create it first, or check the spelling."
    if errors:
        raise SettingsError(errors)


def static_keys_used() -> bool:
    """Whether some profile takes values from what a device is."""
    used = Profile.objects.filter(deleted_at=None).exclude(head__template_keys=[]).order_by()
    names = {name for names in used.values_list("head__template_keys", flat=True) for name in names or ()}
    return not names.isdisjoint(StaticKey.__members__)
