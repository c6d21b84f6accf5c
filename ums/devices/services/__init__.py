"""All writes to directories, devices, presence and settings states."""

from ums.devices.services.bulk import devices_delete, devices_move_back
from ums.devices.services.deliveries import Sent, deliveries_reported, deliveries_sent
from ums.devices.services.devices import (
    device_allow_reenrolment,
    device_create,
    device_delete,
    device_register,
    device_update,
    devices_move,
)
from ums.devices.services.directories import (
    directory_create,
    directory_delete,
    directory_delete_refusal,
    directory_move,
    directory_update,
)
from ums.devices.services.locks import devices_locked
from ums.devices.services.presence import Contact, presence_lost, presence_regained, presence_write
from ums.devices.services.reports import (
    Applied,
    boots_write,
    inventory_write,
    last_users_write,
    local_settings_write,
    settings_applied,
)
from ums.devices.services.saved_views import saved_view_create, saved_view_delete
from ums.devices.services.settings import When, settings_changed, structure_locked

__all__ = [
    "Applied",
    "Contact",
    "Sent",
    "When",
    "boots_write",
    "deliveries_reported",
    "deliveries_sent",
    "device_allow_reenrolment",
    "device_create",
    "device_delete",
    "device_register",
    "device_update",
    "devices_delete",
    "devices_locked",
    "devices_move",
    "devices_move_back",
    "directory_create",
    "directory_delete",
    "directory_delete_refusal",
    "directory_move",
    "directory_update",
    "inventory_write",
    "last_users_write",
    "local_settings_write",
    "presence_lost",
    "presence_regained",
    "presence_write",
    "saved_view_create",
    "saved_view_delete",
    "settings_applied",
    "settings_changed",
    "structure_locked",
]
