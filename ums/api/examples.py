"""Examples of bodies, for the page of the API and for whoever reads its description.

By the name of the operation. A test holds each one to the schema of its operation, and each body to having one.
"""

from __future__ import annotations

from typing import Any

_SETTINGS = {"values": {"system.volume": 70}, "instances": {}}
_REF = {"id": 7, "name": "Ward 3"}
_GUID = "5a1c3c1e-0c6a-4f7e-9f57-6f2b8a1d2e3f"
_ON_TARGETS = {"devices": [12, 13], "directories": [7], "when": "now"}

REQUESTS: dict[str, Any] = {
    "api_tokens_create": {
        "name": "inventory",
        "read_only": True,
        "directories": [7],
        "networks": ["10.1.0.0/16"],
        "expires_at": "2027-01-31T00:00:00Z",
    },
    "asset_rules_create": {"name": "No storage", "kind": "not_allowed", "filter": "category:storage", "directory": 7},
    "asset_rules_partial_update": {"enabled": False},
    "asset_settings_partial_update": {"history_days": 180},
    "assignments_create": {"profiles": [3], **_ON_TARGETS},
    "bulk": {
        "operations": [
            {"method": "PATCH", "path": "devices/12/", "body": {"site": "Bremen"}, "if_match": '"q1GwJ8v0c2Zt"'},
            {"method": "DELETE", "path": "devices/13/?dry_run=true"},
        ]
    },
    "catalogues_create": {"definition": {"format": "ums-catalogue-1", "name": "Own apps", "version": "1.0"}},
    "commands_create": {"kind": "reboot", "filter": {"filter": "site:Bremen last-contact:<1d"}, "expect": 4210},
    "device_views_create": {"name": "Late in Bremen", "filter": "site:Bremen status:late", "shared": True},
    "devices_move": {"devices": [12, 13], "directory": 7, "when": "next_boot"},
    "devices_partial_update": {"name": "TC-0471", "site": "Bremen", "in_service_date": "2026-01-31"},
    "directories_create": {"parent": 7, "name": "Ward 3", "comment": "Second floor"},
    "directories_move": {"parent": 9, "when": "now"},
    "directories_partial_update": {"name": "Ward 3a"},
    "directory_administrators_create": {"directory": 1, "guids": [_GUID], "permissions": ["read"]},
    "directory_administrators_partial_update": {"permissions": ["read", "command"]},
    "directory_objects_clean": {"objects": [31]},
    "enrolment_keys_create": {"kind": "one_time", "name": "Delivery of May", "count": 20, "directory": 7},
    "enrolment_keys_partial_update": {"name": "Delivery of June", "expires_at": "2026-07-01T00:00:00Z"},
    "events_kept_partial_update": {"days": 30},
    "features_partial_update": {"enabled": True},
    "file_assignments_create": {"files": [5], **_ON_TARGETS},
    "files_move": {"directory": 7},
    "files_partial_update": {"device_path": "/etc/ssl/certs/ward.pem", "permissions": "644", "owner": "root"},
    "licences_give": {"devices": [12, 13]},
    "licences_import": {
        "format": "ums-licences/1",
        "licences": [{"number": "EMP-1", "kind": "emp", "quantity": 500, "expires": "2027-12-31T00:00:00Z"}],
    },
    "linked_directories_create": {
        "domain_name": "corp.example.org",
        "controllers": ["dc1.corp.example.org:636"],
        "browse_user": "ums@corp.example.org",
        "browse_password": "…",
    },
    "linked_directories_partial_update": {"page_size": 500},
    "linked_directories_resolve": {"domain_name": "corp.example.org"},
    "network_partial_update": {"cluster_host": "ums.example.org", "cluster_port": 8443},
    "network_processes_stop": {"confirmed": False},
    "profile_files_create": {"profiles": [3], "files": [5], "when": "now"},
    "profiles_copy": {"name": "Kiosk, a copy", "directory": 8, "with_assignments": False},
    "profiles_create": {"name": "Kiosk", "directory": 8, "settings": _SETTINGS},
    "profiles_export": {"profiles": [3, 4], "secrets": True},
    "profiles_move": {"directory": 8},
    "profiles_partial_update": {"name": "Kiosk", "description": "Screens in the lobby"},
    "profiles_rebase": {"catalogue": 2, "base": 4},
    "profiles_restore": {"when": "now"},
    "profiles_revisions_roll_back": {"when": "now"},
    "profiles_settings_update": {"base": 4, "comment": "Louder", "when": "now", "settings": _SETTINGS},
    "shared_workplace_settings_partial_update": {"refresh_minutes": 60, "history_days": 90},
    "template_assignments_create": {"values": [6], **_ON_TARGETS},
    "template_keys_create": {"name": "SITE", "directory": 10, "type": "string", "description": "Where it stands"},
    "template_keys_partial_update": {"description": "Where the device stands"},
    "template_keys_values_create": {"value": "Bremen"},
    "template_keys_values_partial_update": {"value": "Hamburg", "when": "now"},
    "user_assignments_create": {"directory": 1, "profiles": [3], "objects": [_GUID], "when": "now"},
    "webhooks_create": {"name": "Tickets", "url": "https://tickets.example.org/ums", "kinds": ["device.enrolled"]},
    "webhooks_partial_update": {"enabled": False},
    "value_groups_create": {"name": "Bremen", "directory": 10, "values": [6, 8]},
    "value_groups_partial_update": {"values": [6, 8, 9], "when": "now"},
}

_DEVICE = {
    "id": 12,
    "unit_id": "00e0c5000471",
    "name": "TC-0471",
    "directory": _REF,
    "status": "online",
    "last_contact": "2026-05-04T07:12:31Z",
    "pending": False,
    "deferred": False,
    "site": "Bremen",
    "department": "Cardiology",
    "cost_centre": "4711",
    "asset_id": "A-000471",
    "in_service_date": "2026-01-31",
    "serial_number": "SN004711",
    "comment": "",
    "structure_tag": "",
    "network_name": "tc-0471",
    "ip_address": "10.1.4.71",
    "vendor": "Example",
    "product": "Model 3",
    "firmware": "UMS Linux",
    "firmware_version": "1.0.0",
    "last_user": "",
    "registered_at": "2026-01-31T09:00:00Z",
}

ANSWERS: dict[str, Any] = {
    "bulk": {
        "succeeded": 1,
        "failed": 1,
        "results": [
            {"status": 204, "etag": "", "body": None},
            {
                "status": 404,
                "etag": "",
                "body": {
                    "type": "urn:ums:problem:not_found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "There is no such device, or none that you may see.",
                    "code": "not_found",
                    "fields": {},
                    "request_id": "106b0834-bbd3-45a5-9ab2-bba0183713a1",
                },
            },
        ],
    },
    "commands_create": {
        "id": 17,
        "kind": "reboot",
        "arguments": {},
        "target": "filter=site:Bremen last-contact:<1d",
        "total": 4210,
        "open": 4210,
        "succeeded": 0,
        "failed": 0,
        "author_name": "root",
        "created_at": "2026-05-04T07:12:31Z",
    },
    "devices_list": _DEVICE,
    "devices_move": {"moved": [12, 13]},
    "directories_create": {"id": 7, "kind": "device", "parent": 2, "name": "Ward 3", "comment": "Second floor"},
}
