"""Routes of effective settings, below /webapp/."""

from __future__ import annotations

from django.urls import path

from ums.effective import effect_views, user_views, views

app_name = "effective"
urlpatterns = [
    path("profiles/<int:pk>/template-check/", views.template_check, name="template_check"),
    path("devices/<int:pk>/settings/", views.device_settings, name="device_settings"),
    path("devices/<int:pk>/settings/user/", user_views.user_pick, name="user_pick"),
    path("devices/<int:pk>/settings/users/", user_views.user_candidates, name="user_candidates"),
    path("shared-workplace/<str:key>/device/", user_views.device_pick, name="device_pick"),
    path("shared-workplace/<str:key>/devices/", user_views.device_candidates, name="device_candidates"),
    path("profiles/for-users/", effect_views.for_users, name="for_users"),
    path("devices/<int:pk>/compare/", views.device_compare, name="device_compare"),
    path("profiles/<int:pk>/effect/", effect_views.effect, name="profile_effect"),
    path("devices/<int:pk>/settings/explained/", views.parameter_explained, name="parameter_explained"),
]
