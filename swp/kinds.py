"""The kinds of objects of a directory as people see them."""

from __future__ import annotations

from swp.ldap.types import ObjectKind

ICONS = {
    ObjectKind.USER.value: "user",
    ObjectKind.GROUP.value: "users",
    ObjectKind.OU.value: "folder",
    ObjectKind.CONTAINER.value: "folder-closed",
    ObjectKind.DOMAIN.value: "building-2",
}

LABELS = {
    ObjectKind.USER.value: "User",
    ObjectKind.GROUP.value: "Group",
    ObjectKind.OU.value: "Organizational unit",
    ObjectKind.CONTAINER.value: "Container",
    ObjectKind.DOMAIN.value: "Domain",
}
CHOICES = list(LABELS.items())

CONTAINERS = (ObjectKind.OU, ObjectKind.CONTAINER, ObjectKind.DOMAIN)
"""What holds other objects."""

TARGETS = (ObjectKind.USER, ObjectKind.GROUP, ObjectKind.OU, ObjectKind.DOMAIN)
"""What profiles can be assigned to; the root of a domain counts as the outermost OU."""
