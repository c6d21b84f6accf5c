"""Routes of webhooks, below /webapp/."""

from __future__ import annotations

from django.urls import path

from ums.feeds import views

app_name = "feeds"
urlpatterns = [
    path("webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/new", views.webhook_create, name="webhook_create"),
    path("webhooks/<int:pk>/", views.webhook, name="webhook"),
    path("webhooks/<int:pk>/edit", views.webhook_edit, name="webhook_edit"),
    path("webhooks/<int:pk>/delete", views.webhook_delete, name="webhook_delete"),
    path("webhooks/<int:pk>/secret", views.webhook_renew, name="webhook_renew"),
    path("webhooks/<int:pk>/test", views.webhook_test, name="webhook_test"),
    path("webhooks/<int:pk>/resume", views.webhook_resume, name="webhook_resume"),
    path("webhooks/deliveries/<int:pk>/redeliver", views.delivery_redeliver, name="delivery_redeliver"),
]
