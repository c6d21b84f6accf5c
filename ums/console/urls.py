"""Routes of the console's frame, below /webapp/."""

from django.urls import path

from ums.console import tokens, views

app_name = "console"
urlpatterns = [
    path("", views.home, name="home"),
    path("search", views.search_results, name="search"),
    path("counters", views.counters, name="counters"),
    path("drop", views.drop, name="drop"),
    path("api-tokens/", tokens.token_page, name="tokens"),
    path("api-tokens/new", tokens.token_create, name="token_create"),
    path("api-tokens/<int:pk>/revoke", tokens.token_revoke, name="token_revoke"),
    path("live-poll", views.live_poll, name="live_poll"),
    path("tree/", views.tree_items, name="tree"),
    path("tree/<int:pk>/", views.tree_children, name="tree_children"),
    path("tree/users/<int:pk>/<slug:at>/", views.users_children, name="users_children"),
]
