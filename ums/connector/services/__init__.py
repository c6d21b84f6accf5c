"""All writes to authorities, first-authentication keys and device certificates."""

from ums.connector.services.authorities import SigningPair, authority_ensure, authority_pair
from ums.connector.services.certificates import certificate_revoke, certificates_supersede, device_reenrol
from ums.connector.services.enrolment import device_enrol
from ums.connector.services.keys import (
    MadeKey,
    enrolment_key_delete,
    enrolment_key_disable,
    enrolment_key_enable,
    enrolment_key_reveal,
    enrolment_key_update,
    enrolment_keys_create,
)

__all__ = [
    "MadeKey",
    "SigningPair",
    "authority_ensure",
    "authority_pair",
    "certificate_revoke",
    "certificates_supersede",
    "device_enrol",
    "device_reenrol",
    "enrolment_key_delete",
    "enrolment_key_disable",
    "enrolment_key_enable",
    "enrolment_key_reveal",
    "enrolment_key_update",
    "enrolment_keys_create",
]
