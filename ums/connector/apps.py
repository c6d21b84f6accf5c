from django.apps import AppConfig


class ConnectorConfig(AppConfig):
    name = "ums.connector"
    label = "connector"
    default_auto_field = "django.db.models.BigAutoField"
