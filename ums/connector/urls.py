"""Below /device-connector/. The device socket is not here: `ums.connector.socket.device_socket` is plain ASGI."""

from __future__ import annotations

from django.urls import path, re_path

from ums.connector import views

app_name = "device_connector"

EST = "device/.well-known/est"

urlpatterns = [
    path(f"{EST}/cacerts", views.cacerts, name="est_cacerts"),
    path(f"{EST}/simpleenroll", views.simpleenroll, name="est_simpleenroll"),
    path(f"{EST}/simplereenroll", views.simplereenroll, name="est_simplereenroll"),
    re_path(r"^device/files/(?P<sha256>[0-9a-f]{64})$", views.device_file, name="device_file"),
]
