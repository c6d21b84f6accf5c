"""Routes of commands, below /webapp/."""

from __future__ import annotations

from django.urls import path

from ums.jobs import views

app_name = "jobs"
urlpatterns = [
    path("commands/", views.batch_list, name="batch_list"),
    path("commands/give", views.command_dialog, name="command_dialog"),
    path("commands/preview", views.message_preview, name="message_preview"),
    path("commands/messages", views.messages, name="messages"),
    path("commands/<int:pk>/", views.batch_detail, name="batch_detail"),
    path("commands/<int:pk>/cancel", views.batch_cancel, name="batch_cancel"),
]
