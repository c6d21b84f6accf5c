from django.apps import AppConfig


class EffectiveConfig(AppConfig):
    name = "ums.effective"
    label = "effective"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ums.core.tryout import answer_tryouts
        from ums.effective.comparison import device_side
        from ums.effective.tryout import answer_page, answer_program
        from ums.profiles.starting import answer_for_devices

        answer_tryouts(page=answer_page, program=answer_program)
        answer_for_devices(device_side)
