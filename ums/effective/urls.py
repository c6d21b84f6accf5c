"""Routes of effective settings, below /webapp/."""

from __future__ import annotations

from django.urls import path

from ums.effective import effect_views, views

app_name = "effective"
urlpatterns = [
    path("profiles/<int:pk>/template-check/", views.template_check, name="template_check"),
    path("devices/<int:pk>/settings/", views.device_settings, name="device_settings"),
    path("devices/<int:pk>/compare/", views.device_compare, name="device_compare"),
    path("profiles/<int:pk>/effect/", effect_views.effect, name="profile_effect"),
    path("devices/<int:pk>/settings/explained/", views.parameter_explained, name="parameter_explained"),
]
