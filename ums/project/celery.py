"""The task queue. Beat runs on every node; each task claims the rows that are due, so that doubles are harmless."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")

app = Celery("ums")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Threads of the embedded worker must see this application, not Celery's default one.
app.set_default()
app.autodiscover_tasks()
app.autodiscover_tasks(["ums.project"])
app.conf.beat_schedule = {
    "answers-given": {"task": "ums.api.tasks.prune", "schedule": 3600.0},
    "assets": {"task": "ums.assets.tasks.prune", "schedule": 3600.0},
    "assets-gone": {"task": "ums.assets.tasks.watch", "schedule": 60.0},
    "canary": {"task": "ums.project.tasks.canary", "schedule": 60.0},
    "commands-expire": {"task": "ums.jobs.tasks.expire", "schedule": 60.0},
    "events": {"task": "ums.feeds.tasks.prune", "schedule": 3600.0},
    "webhooks": {"task": "ums.feeds.tasks.deliver", "schedule": 2.0},
    "directory-objects": {"task": "swp.tasks.follow_objects", "schedule": 24 * 3600.0},
    "groups-of-users": {"task": "swp.tasks.refresh", "schedule": 60.0},
    "imi-sessions": {"task": "ums.imi.tasks.prune", "schedule": 600.0},
    "login-history": {"task": "swp.tasks.prune", "schedule": 3600.0},
    "network-history": {"task": "ha.tasks.prune", "schedule": 3600.0},
    "notices": {"task": "ums.notices.tasks.prune", "schedule": 3600.0},
    "presence-lost": {"task": "ums.devices.tasks.presence_lost", "schedule": 30.0},
}
