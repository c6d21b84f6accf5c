from django.apps import AppConfig


class HaConfig(AppConfig):
    name = "ha"
    label = "ha"
    default_auto_field = "django.db.models.BigAutoField"
