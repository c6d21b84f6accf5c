from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "ums.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ums.api.idempotency import once
        from ums.api.preconditions import matched
        from ums.core.guards import guard_writes

        guard_writes(inner=[matched], outer=[once])
