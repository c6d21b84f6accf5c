"""Routes of devices and directories, below /webapp/."""

from __future__ import annotations

from django.urls import path

from ums.devices.views import actions, devices, directories, lists

app_name = "devices"
urlpatterns = [
    path("devices/", lists.device_list, name="device_list"),
    path("devices/rows", lists.device_rows, name="device_rows"),
    path("devices/added", lists.device_added, name="device_added"),
    path("devices/export.csv", lists.device_export, name="device_export"),
    path("devices/move", actions.devices_move, name="devices_move"),
    path("devices/move-back", actions.devices_move_back, name="devices_move_back"),
    path("devices/assign", actions.devices_assign, name="devices_assign"),
    path("devices/delete", actions.device_delete, name="device_delete"),
    path("devices/<int:pk>/", devices.device_detail, name="device_detail"),
    path("devices/<int:pk>/edit", devices.device_edit, name="device_edit"),
    path("devices/<int:pk>/system/", devices.device_system, name="device_system"),
    path("devices/<int:pk>/history/", devices.device_history, name="device_history"),
    path("devices/<int:pk>/deliveries/", devices.device_deliveries, name="device_deliveries"),
    path("devices/<int:pk>/status", devices.device_status, name="device_status"),
    path("devices/<int:pk>/menu", devices.device_menu, name="device_menu"),
    path("devices/<int:pk>/allow-reenrolment", devices.device_reenrol, name="device_reenrol"),
    path("directories/picker", directories.directory_picker, name="directory_picker"),
    path("directories/<int:pk>/create", directories.directory_create, name="directory_create"),
    path("directories/<int:pk>/rename", directories.directory_rename, name="directory_rename"),
    path("directories/<int:pk>/move", directories.directory_move, name="directory_move"),
    path("directories/<int:pk>/delete", directories.directory_delete, name="directory_delete"),
    path("directories/<int:pk>/menu", directories.directory_menu, name="directory_menu"),
]
