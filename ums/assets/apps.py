from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "ums.assets"
    label = "assets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ums.assets.feature import FEATURE
        from ums.features.registry import declare as declare_feature

        declare_feature(FEATURE)
