"""Files with a content in one part."""

from __future__ import annotations

import hashlib
from typing import Any

import factory

from tests.factories.devices import DeviceFactory, root
from ums.devices.models import DirectoryKind
from ums.files.models import File, FileAssignment, FileChunk, FileContent


class FileFactory(factory.django.DjangoModelFactory):
    """A file in the root of files. `data=b"…"` is its content."""

    class Meta:
        model = File

    class Params:
        data = b"content"

    name = factory.Sequence("File {}".format)
    device_path = factory.Sequence("/etc/ums/file{}".format)
    directory = factory.LazyFunction(lambda: root(DirectoryKind.FILE))
    size = factory.LazyAttribute(lambda made: len(made.data))

    @factory.lazy_attribute
    def content(self) -> FileContent:
        data: Any = self.data
        sha256 = hashlib.sha256(data).hexdigest()
        content, new = FileContent.objects.get_or_create(sha256=sha256, defaults={"size": len(data)})
        if new:
            FileChunk.objects.create(content=content, number=0, data=data)
        return content


class FileAssignmentFactory(factory.django.DjangoModelFactory):
    """A file on a device; give `device=None, directory=…` for one on a directory."""

    class Meta:
        model = FileAssignment

    file = factory.SubFactory(FileFactory)
    device = factory.SubFactory(DeviceFactory)
    author_name = "tests"
