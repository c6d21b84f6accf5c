from django.apps import AppConfig

from ums.audit.catalogue import declare
from ums.events.kinds import declare_kinds


class HaConfig(AppConfig):
    name = "ha"
    label = "ha"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        declare(
            installation__saved="A backup was begun: who has it has all keys and secrets.",
            installation__restored="The installation was brought back from a backup.",
            network_token__created="A network token was made, by which hosts join the network.",
            network_token__revoked="A network token was revoked: nobody joins by it any more.",
            node__joined="A host joined the network by its token.",
            node__ports_changed="The ports of a node were changed: it uses them from its next start.",
            node__refused="A host that has a network token was not taken in.",
            network__updated="The cluster address was changed.",
            process__deleted="The entry of a process that is gone was removed.",
            service__started="A server or load balancer was started.",
            service__stopped="A server or load balancer was stopped.",
        )
        declare_kinds(
            process__started="A process of the network has started.",
            process__stopped="A process of the network has stopped.",
            process__failed="A process of the network has failed, or does not run.",
            process__lost="A process of the network does not answer; its work was handed over.",
            process__back="A process of the network that was lost is back.",
            process__clock="The clock of a process differs from the database's, or does so no more.",
        )
