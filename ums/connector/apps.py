from django.apps import AppConfig

from ha.registry import declare_hand_over, declare_issuer
from ums.audit.catalogue import declare


class ConnectorConfig(AppConfig):
    name = "ums.connector"
    label = "connector"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ums.connector.issuer import WebIssuer
        from ums.devices.services import presence_lost

        declare_hand_over(lambda life: presence_lost(server=life))
        declare_issuer(WebIssuer())
        declare(
            authority__created="A certificate authority of this installation was made.",
            enrolment_key__created="A first-authentication key was made.",
            enrolment_key__updated="Name, directory or expiry of a first-authentication key was changed.",
            enrolment_key__enabled="A first-authentication key was enabled.",
            enrolment_key__disabled="A first-authentication key was disabled.",
            enrolment_key__deleted="A first-authentication key was deleted.",
            enrolment_key__revealed="The text of a first-authentication key was shown.",
            device__enrolled="A device got a certificate with a first-authentication key.",
            device__renewed="A device renewed its certificate.",
            certificate__revoked="A device certificate was revoked; the device is cut off.",
        )
