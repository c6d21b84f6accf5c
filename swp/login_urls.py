"""Routes of logins: the history, who is logged in, Shared Workplace on one device; below /webapp/."""

from __future__ import annotations

from django.urls import path

from swp.views import logins, on_device

app_name = "logins"
urlpatterns = [
    path("logins/", logins.login_list, name="login_list"),
    path("logins/export/", logins.login_export, name="login_export"),
    path("logins/now/", logins.session_list, name="session_list"),
    path("logins/now/<int:pk>/end/", logins.session_end, name="session_end"),
    path("logins/users/<int:pk>/", logins.user_logins, name="user_logins"),
    path("devices/<int:pk>/logins/", on_device.device_logins, name="device_logins"),
    path("devices/<int:pk>/shared-workplace/", on_device.device_section, name="device_section"),
    path("devices/<int:pk>/shared-workplace/switch/", on_device.device_switch, name="device_switch"),
]
