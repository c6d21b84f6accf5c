"""All routes. Each app brings its own; this file only says where they hang."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(url="/webapp/", permanent=False)),
]
