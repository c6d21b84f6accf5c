"""Routes of the UMS Network pages, below /webapp/."""

from django.urls import path, re_path

from ha import views

ID = r"(?P<pk>[A-Za-z0-9-]{1,64})"

app_name = "ha"
urlpatterns = [
    path("network/<slug:kind>/", views.process_list, name="process_list"),
    path("network-events/", views.event_list, name="event_list"),
    path("network-settings/", views.network_settings, name="network_settings"),
    re_path(rf"^network-processes/{ID}/$", views.process_detail, name="process_detail"),
    re_path(rf"^network-processes/{ID}/start$", views.process_start, name="process_start"),
    re_path(rf"^network-processes/{ID}/stop$", views.process_stop, name="process_stop"),
    re_path(rf"^network-processes/{ID}/ping$", views.process_ping, name="process_ping"),
    re_path(rf"^network-processes/{ID}/delete$", views.process_delete, name="process_delete"),
]
