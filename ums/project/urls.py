"""All routes. Each app brings its own; this file only says where they hang."""

from __future__ import annotations

from django.urls import include, path, re_path
from django.views.generic import RedirectView

from ha.join_views import join
from ums.files.views import content_for_server
from ums.project import status

handler500 = "ums.console.views.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="console:home")),
    path("webapp/", include("ums.console.urls")),
    path("webapp/", include("ums.accounts.urls")),
    path("webapp/", include("ums.features.urls")),
    path("webapp/", include("ha.urls")),
    path("webapp/", include("ums.feeds.urls")),
    path("webapp/", include("ums.devices.urls")),
    path("webapp/", include("ums.notices.urls")),
    path("webapp/", include("ums.assets.urls")),
    path("webapp/", include("ums.files.urls")),
    path("webapp/", include("ums.licences.urls")),
    path("webapp/", include("ums.profiles.urls")),
    path("webapp/", include("swp.login_urls")),
    path("webapp/", include("swp.urls")),
    path("webapp/", include("ums.effective.urls")),
    path("webapp/", include("ums.jobs.urls")),
    path("webapp/", include("ums.audit.urls")),
    path("webapp/", include("ums.connector.console_urls")),
    path("device-connector/", include("ums.connector.urls")),
    path("api/v1/", include("ums.api.urls")),
    path("", include("ums.imi.urls")),
    path("ha/join", join, name="ha_join"),
    re_path(r"^ums_filetransfer/\.contents/(?P<sha256>[0-9a-f]{64})$", content_for_server, name="content_for_server"),
    path("ums/check-status", status.check_status, name="check_status"),
    path("metrics", status.metrics, name="metrics"),
]
