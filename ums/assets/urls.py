"""Routes of assets, below /webapp/."""

from django.urls import path

from ums.assets.views import detail, lists, rules

app_name = "assets"
urlpatterns = [
    path("assets/", lists.asset_list, name="asset_list"),
    path("assets/export/", lists.asset_export, name="asset_export"),
    path("assets/history/", lists.event_list, name="event_list"),
    path("assets/history/export/", lists.event_export, name="event_export"),
    path("assets/rules/", rules.rule_list, name="rule_list"),
    path("assets/rules/new/", rules.rule_create, name="rule_create"),
    path("assets/rules/count/", rules.rule_count, name="rule_count"),
    path("assets/rules/<int:pk>/", rules.rule_edit, name="rule_edit"),
    path("assets/rules/<int:pk>/switch/", rules.rule_switch, name="rule_switch"),
    path("assets/rules/<int:pk>/delete/", rules.rule_delete, name="rule_delete"),
    path("assets/settings/", rules.settings_edit, name="settings_edit"),
    path("assets/<int:pk>/", detail.asset_detail, name="asset_detail"),
    path("devices/<int:pk>/assets/", detail.device_assets, name="device_assets"),
]
