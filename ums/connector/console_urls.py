"""Routes of first-authentication keys, below /webapp/."""

from django.urls import path

from ums.connector import console_views as views

app_name = "connector"
urlpatterns = [
    path("keys/", views.key_list, name="key_list"),
    path("keys/create/", views.key_create, name="key_create"),
    path("keys/enable/", views.key_enable, name="key_enable"),
    path("keys/disable/", views.key_disable, name="key_disable"),
    path("keys/delete/", views.key_delete, name="key_delete"),
    path("keys/export/", views.key_export, name="key_export"),
    path("keys/<int:pk>/edit/", views.key_edit, name="key_edit"),
    path("keys/<int:pk>/reveal/", views.key_reveal, name="key_reveal"),
    path("keys/<int:pk>/menu/", views.key_menu, name="key_menu"),
]
