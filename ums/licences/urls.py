"""Routes of the licences, below /webapp/."""

from django.urls import path

from ums.licences import views

app_name = "licences"
urlpatterns = [
    path("licences/", views.licence_list, name="licence_list"),
    path("licences/import/", views.licence_import, name="licence_import"),
    path("licences/test/", views.licence_test, name="licence_test"),
    path("licences/<int:pk>/give/", views.licence_give, name="licence_give"),
    path("licences/devices/<int:pk>/give/", views.device_give, name="device_give"),
]
