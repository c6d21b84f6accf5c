"""Parameters of a firmware, their catalogue, and settings made of them (domain/profiles.md §2)."""

from ums.domain.parameters.catalogue import Catalogue, CatalogueError, InstanceClass, Page
from ums.domain.parameters.fileformat import parse_catalogue
from ums.domain.parameters.parameter import Parameter, ParameterError, ParameterType, Value
from ums.domain.parameters.settings import (
    Instance,
    Settings,
    SettingsError,
    clean_settings,
    new_serial,
    settings_from_json,
    settings_to_json,
)

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Instance",
    "InstanceClass",
    "Page",
    "Parameter",
    "ParameterError",
    "ParameterType",
    "Settings",
    "SettingsError",
    "Value",
    "clean_settings",
    "new_serial",
    "parse_catalogue",
    "settings_from_json",
    "settings_to_json",
]
