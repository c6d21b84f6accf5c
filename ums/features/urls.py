"""Routes of the page “UMS Features”, below /webapp/."""

from django.urls import path

from ums.features import views

app_name = "features"
urlpatterns = [
    path("features/", views.feature_list, name="feature_list"),
    path("features/<slug:name>/switch/", views.feature_switch, name="feature_switch"),
]
