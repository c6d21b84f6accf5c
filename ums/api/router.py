"""All resources of the API. Each app brings its viewsets; this file only says where they hang."""

from __future__ import annotations

from rest_framework.routers import DefaultRouter

from ha.api import NetworkEventViewSet, ProcessViewSet, network
from swp.api.administrators import DirectoryAdministratorViewSet
from swp.api.directories import LinkedDirectoryViewSet, workplace_settings_view
from swp.api.logins import LoginViewSet, SessionViewSet
from swp.api.objects import DirectoryObjectViewSet, UserAssignmentViewSet
from ums.accounts.api import ApiTokenViewSet
from ums.assets.api import AssetEventViewSet, AssetRuleViewSet, AssetViewSet, asset_settings_view
from ums.audit.api import EventViewSet
from ums.connector.api import EnrolmentKeyViewSet
from ums.devices.api import DeliveryViewSet, DeviceViewSet, DirectoryViewSet
from ums.devices.view_api import SavedViewViewSet
from ums.effective.api import EffectiveSettingsViewSet, ProfileEffectViewSet
from ums.effective.compatibility_api import ProfileForUsersViewSet
from ums.features.api import FeatureViewSet
from ums.feeds.api import FeedEventViewSet
from ums.feeds.webhook_api import WebhookDeliveryViewSet, WebhookViewSet
from ums.files.api import FileAssignmentViewSet, FileViewSet
from ums.files.network_api import ContentCopyViewSet, TransferEntryViewSet
from ums.jobs.api import BatchViewSet, CommandViewSet
from ums.licences.api import DeviceLicenceViewSet, LicenceViewSet
from ums.notices.api import NoticeViewSet
from ums.profiles.api import AssignmentViewSet, ProfileViewSet, RevisionViewSet
from ums.profiles.catalogue_api import CatalogueViewSet
from ums.profiles.file_api import ProfileFileViewSet
from ums.profiles.template_api import (
    TemplateAssignmentViewSet,
    TemplateKeyViewSet,
    TemplateValueViewSet,
    ValueGroupViewSet,
)

router = DefaultRouter()
router.include_format_suffixes = False
router.register("devices", DeviceViewSet, "device")
router.register("devices/(?P<device_id>[0-9]{1,18})/deliveries", DeliveryViewSet, "delivery")
router.register("device-views", SavedViewViewSet, "device-view")
router.register("directories", DirectoryViewSet, "directory")
router.register("profiles", ProfileViewSet, "profile")
router.register("profiles/(?P<profile_id>[0-9]{1,18})/revisions", RevisionViewSet, "revision")
router.register("assignments", AssignmentViewSet, "assignment")
router.register("files", FileViewSet, "file")
router.register("file-assignments", FileAssignmentViewSet, "file-assignment")
router.register("content-copies", ContentCopyViewSet, "content-copy")
router.register("transfer-entries", TransferEntryViewSet, "transfer-entry")
router.register("profile-files", ProfileFileViewSet, "profile-file")
router.register("catalogues", CatalogueViewSet, "catalogue")
router.register("template-keys", TemplateKeyViewSet, "template-key")
router.register("template-keys/(?P<key_id>[0-9]{1,18})/values", TemplateValueViewSet, "template-value")
router.register("value-groups", ValueGroupViewSet, "value-group")
router.register("template-assignments", TemplateAssignmentViewSet, "template-assignment")
router.register("commands", CommandViewSet, "command")
router.register("batches", BatchViewSet, "batch")
router.register("enrolment-keys", EnrolmentKeyViewSet, "enrolment-key")
router.register("linked-directories", LinkedDirectoryViewSet, "linked-directory")
router.register("directory-objects", DirectoryObjectViewSet, "directory-object")
router.register("user-assignments", UserAssignmentViewSet, "user-assignment")
router.register("directory-administrators", DirectoryAdministratorViewSet, "directory-administrator")
router.register("licences", LicenceViewSet, "licence")
router.register("logins", LoginViewSet, "login")
router.register("sessions", SessionViewSet, "session")
router.register("assets", AssetViewSet, "asset")
router.register("asset-events", AssetEventViewSet, "asset-event")
router.register("asset-rules", AssetRuleViewSet, "asset-rule")
router.register("notices", NoticeViewSet, "notice")
router.register("audit", EventViewSet, "event")
router.register("events", FeedEventViewSet, "feed-event")
router.register("webhooks", WebhookViewSet, "webhook")
router.register("webhook-deliveries", WebhookDeliveryViewSet, "webhook-delivery")
router.register("api-tokens", ApiTokenViewSet, "api-token")
router.register("features", FeatureViewSet, "feature")
router.register("network/processes", ProcessViewSet, "process")
router.register("network/events", NetworkEventViewSet, "network-event")

__all__ = [
    "asset_settings_view",
    "device_licence",
    "effective_settings",
    "network",
    "profile_effect",
    "profile_for_users",
    "router",
    "workplace_settings_view",
]

device_licence = DeviceLicenceViewSet.as_view({"get": "retrieve"})
effective_settings = EffectiveSettingsViewSet.as_view({"get": "retrieve"})
profile_effect = ProfileEffectViewSet.as_view({"get": "retrieve"})
profile_for_users = ProfileForUsersViewSet.as_view({"get": "retrieve"})
