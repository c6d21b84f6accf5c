"""Routes of effective settings, below /webapp/."""

from __future__ import annotations

from django.urls import path

from ums.effective import views

app_name = "effective"
urlpatterns = [
    path("devices/<int:pk>/settings/", views.device_settings, name="device_settings"),
    path("devices/<int:pk>/compare/", views.device_compare, name="device_compare"),
    path("devices/<int:pk>/settings/explained/", views.parameter_explained, name="parameter_explained"),
]
