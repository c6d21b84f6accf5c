"""Routes of /api/v1/."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import path, re_path

from ums.api.bulk import BulkViewSet
from ums.api.router import (
    asset_settings_view,
    device_licence,
    effective_settings,
    network,
    profile_effect,
    profile_for_users,
    router,
    workplace_settings_view,
)
from ums.api.views import DocsView, SchemaView, UnknownView

app_name = "api"
urlpatterns = [
    *router.urls,
    re_path(r"^devices/(?P<device_id>[0-9]{1,18})/effective-settings/$", effective_settings, name="effective-settings"),
    re_path(r"^devices/(?P<device_id>[0-9]{1,18})/licence/$", device_licence, name="device-licence"),
    re_path(r"^profiles/(?P<profile_id>[0-9]{1,18})/effect/$", profile_effect, name="profile-effect"),
    re_path(r"^profiles/(?P<profile_id>[0-9]{1,18})/for-users/$", profile_for_users, name="profile-for-users"),
    path("bulk/", BulkViewSet.as_view({"post": "create"}, basename="bulk"), name="bulk"),
    path("asset-settings/", asset_settings_view, name="asset-settings"),
    path("network/", network, name="network"),
    path("shared-workplace/settings/", workplace_settings_view, name="shared-workplace-settings"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", login_required(DocsView.as_view()), name="docs"),
    re_path(r"^[\s\S]*$", UnknownView.as_view(), name="unknown"),
]
