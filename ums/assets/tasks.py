"""Started by beat."""

from __future__ import annotations

from celery import shared_task

from ums.assets.services import assets_prune, assets_watch


@shared_task
def watch() -> None:
    """Assets that have disappeared, where a rule asks for it."""
    assets_watch()


@shared_task
def prune() -> None:
    """Assets and their history that have become too old."""
    assets_prune()
