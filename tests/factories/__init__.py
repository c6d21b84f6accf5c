"""Rows for tests, one factory a model. What a service makes beside its row is made here too."""

from tests.factories.accounts import PASSWORD, GrantFactory, GroupFactory, UserFactory
from tests.factories.connector import EnrolmentKeyFactory
from tests.factories.devices import DeviceFactory, DirectoryFactory, root
from tests.factories.files import FileAssignmentFactory, FileFactory
from tests.factories.ha import NodeFactory, ProcessFactory
from tests.factories.jobs import BatchFactory, CommandFactory
from tests.factories.profiles import (
    AssignmentFactory,
    CatalogueFactory,
    ProfileFactory,
    RevisionFactory,
    TemplateAssignmentFactory,
    TemplateKeyFactory,
    TemplateValueFactory,
    ValueGroupFactory,
)

__all__ = [
    "PASSWORD",
    "AssignmentFactory",
    "BatchFactory",
    "CatalogueFactory",
    "CommandFactory",
    "DeviceFactory",
    "DirectoryFactory",
    "EnrolmentKeyFactory",
    "FileAssignmentFactory",
    "FileFactory",
    "GrantFactory",
    "GroupFactory",
    "NodeFactory",
    "ProcessFactory",
    "ProfileFactory",
    "RevisionFactory",
    "TemplateAssignmentFactory",
    "TemplateKeyFactory",
    "TemplateValueFactory",
    "UserFactory",
    "ValueGroupFactory",
    "root",
]
