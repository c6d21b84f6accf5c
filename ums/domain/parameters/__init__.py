"""Parameters of a firmware, their catalogue, and settings made of them (domain/profiles.md §2)."""

from ums.domain.parameters.catalogue import Catalogue, CatalogueError, InstanceClass, Page
from ums.domain.parameters.expression import (
    Expression,
    StaticKey,
    UnsetKey,
    check_expression,
    clean_key_name,
    evaluate,
)
from ums.domain.parameters.fileformat import parse_catalogue
from ums.domain.parameters.parameter import Parameter, ParameterError, ParameterType, Value
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
    "Catalogue",
    "CatalogueError",
    "Expression",
    "Given",
    "Instance",
    "InstanceClass",
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
    "clean_settings",
    "evaluate",
    "flat",
    "keys_used",
    "new_serial",
    "parse_catalogue",
    "settings_from_json",
    "settings_to_json",
    "unknown_to",
]
