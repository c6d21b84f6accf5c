"""Routes of notices, below /webapp/."""

from django.urls import path

from ums.notices import views

app_name = "notices"
urlpatterns = [
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/settle/", views.notices_settle, name="notices_settle"),
    path("notices/reopen/", views.notices_reopen, name="notices_reopen"),
]
