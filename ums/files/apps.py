from django.apps import AppConfig

from ums.audit.catalogue import declare


class FilesConfig(AppConfig):
    name = "ums.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        declare(
            file__created="A file was uploaded.",
            file__updated="Name, description, kind, path, permissions or owner of a file were changed.",
            file__replaced="A file got a new content.",
            file__moved="A file was moved to another directory.",
            file__deleted="A file was deleted with its assignments.",
            file__assigned="A file was assigned to a device or a directory.",
            content_copy__retried="A server was told to fetch the content of a file again.",
            file__unassigned="A file was removed from a device or a directory.",
            transfer__put="A file was put into the transfer directory, or got a new content there.",
            transfer__made="A directory was made in the transfer directory.",
            transfer__moved="A file or directory of the transfer directory was moved or renamed.",
            transfer__copied="A file or directory of the transfer directory was copied.",
            transfer__deleted="A file or directory of the transfer directory was deleted.",
        )
