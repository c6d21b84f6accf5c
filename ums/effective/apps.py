from django.apps import AppConfig


class EffectiveConfig(AppConfig):
    name = "ums.effective"
    label = "effective"
    default_auto_field = "django.db.models.BigAutoField"
