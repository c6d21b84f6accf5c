"""Parameters of a firmware, their catalogue, and settings made of them (domain/profiles.md §2)."""

from ums.domain.parameters.catalogue import Catalogue, CatalogueError, InstanceClass, Page, digest_of
from ums.domain.parameters.expression import (
    Adapter,
    Expression,
    KeyTypeName,
    StaticKey,
    UnsetKey,
    check_expression,
    clean_key_name,
    clean_key_value,
    evaluate,
    static_keys,
)
from ums.domain.parameters.fileformat import parse_catalogue
from ums.domain.parameters.moving import Moved, is_kept, move_settings
from ums.domain.parameters.parameter import Parameter, ParameterError, ParameterType, Value
from ums.domain.parameters.secrecy import looks_secret
from ums.domain.parameters.settings import (
    Given,
    Instance,
    Settings,
    SettingsError,
    clean_settings,
    flat,
    keys_used,
    new_serial,
    settings_from_json,
    settings_to_json,
    unknown_to,
)

__all__ = [
    "Adapter",
    "Catalogue",
    "CatalogueError",
    "Expression",
    "Given",
    "Instance",
    "InstanceClass",
    "KeyTypeName",
    "Moved",
    "Page",
    "Parameter",
    "ParameterError",
    "ParameterType",
    "Settings",
    "SettingsError",
    "StaticKey",
    "UnsetKey",
    "Value",
    "check_expression",
    "clean_key_name",
    "clean_key_value",
    "clean_settings",
    "digest_of",
    "evaluate",
    "flat",
    "is_kept",
    "keys_used",
    "looks_secret",
    "move_settings",
    "new_serial",
    "parse_catalogue",
    "settings_from_json",
    "settings_to_json",
    "static_keys",
    "unknown_to",
]
