from django.apps import AppConfig


class ImiConfig(AppConfig):
    name = "ums.imi"
    label = "imi"
    default_auto_field = "django.db.models.BigAutoField"
