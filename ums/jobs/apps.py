from django.apps import AppConfig

from ums.audit.catalogue import declare


class JobsConfig(AppConfig):
    name = "ums.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ums.devices.history import add_source
        from ums.jobs.history import command_entries

        add_source(command_entries)
        declare(
            command__given="A command was given to one or many devices.",
            command__cancelled="Commands that had not been sent yet were cancelled.",
        )
